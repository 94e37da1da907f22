"""Nobody gets round the two people and the rules of an erasure: not by a stolen role, not by the database's own function."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from hms.core import clock
from hms.core import erasing as machinery
from hms.core.models import AuditEvent, Erasure, LegalHold, User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import erasing, legal_holds
from tests.conftest import make_patient
from tests.project.lived import ask_earlier, unguarded
from tests.weakened import instead, weakened

pytestmark = pytest.mark.django_db


# What the twins take away (tests/weakened.py).
DECIDED = """ or _request.status <> 'approved' or _request.done_at is not null
            or _request.decided_by_id is null or _request.decided_by_id = _request.asked_by_id"""
HELD = "exists (select from core_legalhold where patient_id = _patient and lifted_at is null)"
EARLIER = "\n            and pgh_transaction <> pg_current_xact_id()::text::bigint"
SO_MANY = "(select count(*) from core_auditerasure where made_at > now() - interval '1 day') >= {most}"


@contextmanager
def function_without(words: str, others: str) -> Iterator[None]:
    """The database's function that erases, with one of its own rules away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machinery, "_FUNCTION", instead(machinery._FUNCTION, (words, others)))
        if not machinery.install():
            raise LookupError(words)
        yield


def ask(auditor: User, patient: Patient, ground: str = "ordered") -> Erasure:
    return ask_earlier(auditor, patient, ground=ground)


def held(auditor: User, patient: Patient) -> LegalHold:
    return legal_holds.place(auditor, patient_id=patient.pk, asked_for="court", reason="Trial")


@pytest.fixture
def as_app_role(db: None) -> object:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = 'hms_app'")
        if not cursor.fetchone():
            cursor.execute("create role hms_app")
        call_command("grant_app_role", "hms_app", verbosity=0)
        yield cursor
        cursor.execute("reset role")


def refused(cursor: object, statement: str, *given: object) -> str:
    """What the database says to the application's role; "" if it lets it."""
    try:
        with transaction.atomic():
            cursor.execute("set local role hms_app")
            cursor.execute(statement, given)
            cursor.execute("reset role")
    except DatabaseError as error:
        return str(error)
    return ""


def approved(auditor: User, manager: User, patient: Patient) -> Erasure:
    """As a stolen role could write it."""
    asked = ask(auditor, patient)
    Erasure.objects.filter(pk=asked.pk).update(status="approved", decided_by=manager, decided_at=clock.now())
    return asked


@weakened("without a second person", lambda: function_without(DECIDED, ""))
@weakened("without a look for holds", lambda: function_without(HELD, "false"))
def test_the_application_role_cannot_erase_by_itself(
    as_app_role: object, auditor: User, manager: User, patient: Patient
) -> None:
    call = "select hms_erase(%s)"
    asked = ask(auditor, patient)
    assert "second person" in refused(as_app_role, call, asked.pk)
    assert "second person" in refused(as_app_role, call, patient.pk)
    Erasure.objects.filter(pk=asked.pk).update(status="approved", decided_by=manager, decided_at=clock.now())
    held(auditor, patient)
    assert "legal hold" in refused(as_app_role, call, asked.pk)
    assert Patient.objects.get(pk=patient.pk).family_name == "Raghunathan"
    for statement in (
        "update core_auditerasure set rows = 0",
        "insert into core_auditerasure (made_at, erasure_id, retired, rows, marks, seals) select now(), id, 0, 0, '{}', '{}' from core_erasure",
        "delete from core_legalhold",
        "delete from core_erasure",
        "update core_erasure set status = 'done', done_at = now()",
        "update patients_patient set erased_at = now()",
    ):
        assert refused(as_app_role, statement), statement


@weakened("unless it is", lambda: function_without(EARLIER, ""))
def test_what_was_asked_for_in_the_same_moment_is_not_done(auditor: User, manager: User, patient: Patient) -> None:
    asked = erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason="Order")
    with pytest.raises(DatabaseError, match="in the moment"), transaction.atomic():
        erasing.approve(manager, erasure_id=asked.pk)
    with pytest.raises(IntegrityError), transaction.atomic():  # nor does one begin as approved
        Erasure.objects.create(
            facility=auditor.facility, patient_id=make_patient(auditor, "Other").pk, ground="ordered", reason="x",
            asked_by=auditor, asked_at=clock.now(), status="approved", decided_by=manager, decided_at=clock.now(),
        )  # fmt: skip


@weakened("by the service", machinery, "enough_for_today", lambda: False, by=DatabaseError)
@weakened("by the function", lambda: function_without(SO_MANY, "false"))
def test_no_more_than_so_many_are_erased_in_a_day(
    auditor: User, manager: User, reception: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machinery, "A_DAY", 1)
    machinery.install()
    one, other = (make_patient(reception, name) for name in ("One", "Other"))
    erasing.approve(manager, erasure_id=ask(auditor, one).pk)
    asked = ask(auditor, other)
    with pytest.raises(Refused, match="in a day"):
        erasing.approve(manager, erasure_id=asked.pk)
    monkeypatch.setattr(machinery, "A_DAY", 2)  # nor does the function itself, which was written with one
    with pytest.raises(DatabaseError, match="in a day"), transaction.atomic():
        erasing.approve(manager, erasure_id=asked.pk)
    with unguarded() as cursor:
        cursor.execute("update core_auditerasure set made_at = made_at - interval '25 hours'")
    erasing.approve(manager, erasure_id=asked.pk)


def test_the_session_variable_alone_opens_no_table(
    as_app_role: object, auditor: User, manager: User, patient: Patient, reception: User
) -> None:
    asked = approved(auditor, manager, patient)
    audit_row = AuditEvent.objects.filter(patient_id=patient.pk).first()
    as_app_role.execute("select set_config('hms.erasing', %s, false)", [str(asked.pk)])
    as_app_role.execute("grant update on core_auditevent, core_erasure to hms_app")
    for statement in (
        "update core_auditevent set reason = 'x' where id = %s",
        "update core_erasure set status = 'done', done_at = now() where id <> %s::text::uuid or true",
    ):
        given = audit_row.pk if "auditevent" in statement else str(asked.pk)
        assert "append-only" in refused(as_app_role, statement, given)
    # The owner is let through while such a request stands, and by no other word of the variable.
    as_app_role.execute("select set_config('hms.erasing', %s, false)", [str(patient.pk)])
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        as_app_role.execute("update core_auditevent set reason = 'x' where id = %s", [audit_row.pk])
    as_app_role.execute("select set_config('hms.erasing', '', false)")


def test_the_function_stands_as_it_was_declared() -> None:
    assert machinery.install() is False  # what the migrations wrote
