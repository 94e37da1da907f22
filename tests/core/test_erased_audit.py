"""Audit rows that were emptied with a patient's record do not look like tampering, and tampering does not look like them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from hms.core import audit, retention, sealing
from hms.core.models import AuditErasure, AuditEvent, AuditRetirement, AuditSeal, Erasure, User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import erasing
from tests.conftest import make_patient
from tests.core.test_audit import seal
from tests.core.test_retention import months_are_put_back  # noqa: F401  (a fixture of every test here)
from tests.project.lived import unguarded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed(reception: User, patient: Patient) -> AuditSeal:
    """Looks at two patients, each with a reason and details."""
    other = make_patient(reception, "Other")
    for who in (patient, other, patient):
        audit.record(reception, "patients.chart.opened", who, reason="Told me", detail={"route": "x"})
    audit.record(reception, "test.event.of.nobody", reason="Own")
    return seal()


@pytest.fixture
def erased(sealed: AuditSeal, person: Callable[..., User], patient: Patient) -> AuditErasure:
    asked = erasing.ask(person("auditor"), patient_id=patient.pk, ground="ordered", reason="Order")
    erasing.approve(person("manager"), erasure_id=asked.pk)
    return AuditErasure.objects.get()


def of(patient: Patient) -> AuditEvent:
    return AuditEvent.objects.filter(patient_id=patient.pk, action="patients.chart.opened").order_by("id").first()


def owner(*statements: str) -> None:
    with unguarded() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_emptied_rows_are_taken_for_what_they_are(erased: AuditErasure, sealed: AuditSeal, patient: Patient) -> None:
    rows = AuditEvent.objects.filter(patient_id=patient.pk)
    emptied = rows.filter(transaction__lt=sealed.next_transaction)
    assert {(row.reason, str(row.detail)) for row in emptied} == {("", "{}")}
    assert len(erased.marks) == 3 and list(erased.seals) == [str(sealed.pk)]
    assert list(sealing.faults()) == []
    seal()
    assert list(sealing.faults()) == []


@pytest.mark.parametrize(
    "column", ["actor_name = 'Somebody'", "reason = 'Other'", "action = 'x'", "detail = '{\"a\": 1}'"]
)
def test_an_emptied_row_that_is_changed_afterwards_is_named(
    erased: AuditErasure, patient: Patient, column: str
) -> None:
    pk = of(patient).pk
    owner(f"update core_auditevent set {column} where id = {pk}")
    assert any(f"row {pk} was changed" in line for line in sealing.faults())


def test_so_is_any_other_row_of_the_same_seal(erased: AuditErasure, sealed: AuditSeal) -> None:
    pk = AuditEvent.objects.get(action="test.event.of.nobody").pk
    owner(f"update core_auditevent set reason = '', detail = '{{}}' where id = {pk}")
    (line,) = sealing.faults()
    assert line.startswith(f"Audit seal {sealed.pk}: row {pk} was changed")
    owner(f"delete from core_auditevent where id = {pk}")
    assert any(f"row {pk} was" in line for line in sealing.faults())


def test_an_emptying_without_its_erasure_is_named(sealed: AuditSeal, patient: Patient) -> None:
    pk = of(patient).pk
    owner(f"update core_auditevent set reason = '', detail = '{{}}' where id = {pk}")
    (line,) = sealing.faults()
    assert f"row {pk} was changed" in line


def test_an_erasure_covers_no_row_of_another_patient(erased: AuditErasure, patient: Patient) -> None:
    """Not even where the owner writes the mark of it into the list."""
    row = AuditEvent.objects.filter(action="patients.chart.opened").exclude(patient_id=patient.pk).get()
    owner(f"update core_auditevent set reason = '', detail = '{{}}' where id = {row.pk}")
    block = sealing.Block().read(*_range(row), None, None)
    marks = {**erased.marks, str(row.pk): sealing.unpacked(bytes(block.marks))[row.pk].hex()}
    seals = {pk: [rows, block.tops] for pk, (rows, _tops) in erased.seals.items()}
    owner(f"update core_auditerasure set marks = '{json.dumps(marks)}', seals = '{json.dumps(seals)}'")
    found = list(sealing.faults())
    assert any(f"row {row.pk} was changed" in line for line in found)
    assert any("is not told by an audit row" in line for line in found)


def _range(row: AuditEvent) -> tuple[int, int]:
    link = AuditSeal.objects.get(first_transaction__lte=row.transaction, next_transaction__gt=row.transaction)
    return link.first_transaction, link.next_transaction


def test_one_that_nobody_asked_for_is_named(erased: AuditErasure) -> None:
    owner("update core_erasure set status = 'approved', done_at = null")
    assert any("belongs to no erasure that was done" in line for line in sealing.faults())


def test_what_was_tampered_with_is_not_covered_up(
    sealed: AuditSeal, person: Callable[..., User], patient: Patient
) -> None:
    owner(f"update core_auditevent set actor_name = 'Somebody' where id = {of(patient).pk}")
    asked = erasing.ask(person("auditor"), patient_id=patient.pk, ground="ordered", reason="Order")
    with pytest.raises(Refused, match="does not verify"):
        erasing.approve(person("manager"), erasure_id=asked.pk)
    assert Erasure.objects.get(pk=asked.pk).status == "waiting"
    assert any("was changed" in line for line in sealing.faults())


def old_and_new(reception: User, patient: Patient) -> None:
    """A row of 2019 and one of today under one seal, where two years are kept."""
    with time_machine.travel(datetime(2019, 6, 4, tzinfo=UTC), tick=False):
        audit.record(reception, "test.event.old", patient, reason="Then")
    audit.record(reception, "test.event.new", patient, reason="Now")
    audit.record(reception, "test.event.beside", reason="Own")
    seal()
    retention.make_months()


def erase(person: Callable[..., User], patient: Patient) -> None:
    asked = erasing.ask(person("auditor"), patient_id=patient.pk, ground="ordered", reason="Order")
    erasing.approve(person("manager"), erasure_id=asked.pk)


def changes_are_named() -> None:
    """What of the seal is left, emptied or not, is still guarded."""
    assert list(sealing.faults()) == []
    for action in ("test.event.new", "test.event.beside"):
        owner(f"update core_auditevent set actor_name = actor_name || '!' where action = '{action}'")
        row = AuditEvent.objects.get(action=action)
        assert any(f"row {row.pk} was changed" in line for line in sealing.faults()), action
        owner(f"update core_auditevent set actor_name = rtrim(actor_name, '!') where id = {row.pk}")
        assert list(sealing.faults()) == []


def test_what_was_erased_may_be_retired(
    settings: Any, reception: User, person: Callable[..., User], patient: Patient
) -> None:
    settings.AUDIT_YEARS = 2
    old_and_new(reception, patient)
    erase(person, patient)
    seal()
    assert retention.retire().rows == 1
    changes_are_named()


def test_what_is_left_of_what_was_retired_may_be_erased(
    settings: Any, reception: User, person: Callable[..., User], patient: Patient
) -> None:
    settings.AUDIT_YEARS = 2
    old_and_new(reception, patient)
    assert retention.retire().rows == 1
    erase(person, patient)
    assert AuditErasure.objects.get().retired == AuditRetirement.objects.get().pk
    changes_are_named()
    seal()
    changes_are_named()
