"""What the database itself holds: no pending migration, append-only tables, the application's own role."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from billing.services import payments
from hms.core import audit, documents, roles
from hms.core.appendonly import append_only_models, deletable_models
from hms.core.models import AuditEvent, DocumentKind, Paper, User
from patients.models import ClinicalNote, Encounter, Patient
from patients.paper import identity
from patients.services import notes
from tests.billing.conftest import make_invoice


def test_no_migration_is_pending(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_permission_of_the_role_table_exists(db: None) -> None:
    known = {
        f"{row.content_type.app_label}.{row.codename}" for row in Permission.objects.select_related("content_type")
    }
    wanted = {name for role in roles.ROLES.values() for name in role.permissions}
    assert wanted - known == set()


def test_constraints_are_named_after_their_app(db: None) -> None:
    ours = {
        "core",
        "staff",
        "patients",
        "billing",
        "doctors",
        "pharmacy",
        "laboratory",
        "appointments",
        "wards",
        "interop",
    }
    for model in apps.get_models():
        if model._meta.app_label in ours:
            for constraint in model._meta.constraints:
                assert constraint.name.startswith(model._meta.app_label + "_"), constraint.name


@pytest.mark.parametrize("model", append_only_models(), ids=lambda model: model._meta.label)
def test_an_append_only_table_has_its_guard(model: type, db: None) -> None:
    """The trigger stands on the table for every row, before UPDATE and DELETE."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgtype from pg_trigger where tgrelid = %s::regclass and tgname = 'append_only'",
            [model._meta.db_table],
        )
        (kind,) = cursor.fetchone()
    row, before, delete, update = 1, 2, 8, 16
    assert kind & (row | before | delete | update) == row | before | delete | update


def test_an_audit_row_cannot_be_changed_or_removed(db: None) -> None:
    event = audit.record(None, "test.event")
    for statement in ("update core_auditevent set action = 'x'", "delete from core_auditevent"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"{statement} where id = %s", [event.pk])
    assert AuditEvent.objects.get(pk=event.pk).action == "test.event"


@pytest.fixture
def as_app_role(db: None) -> object:
    """The connection, working as the application's own role."""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = 'hms_app'")
        if cursor.fetchone() is None:
            cursor.execute("create role hms_app")
        call_command("grant_app_role", "hms_app", verbosity=0)
        cursor.execute("set local role hms_app")
        yield cursor
        cursor.execute("reset role")


def test_the_application_role_adds_audit_rows_and_nothing_else(as_app_role: object) -> None:
    audit.record(None, "test.event")
    for statement in (
        "update core_auditevent set action = 'x'",
        "delete from core_auditevent",
        "truncate core_auditevent",
        "alter table core_auditevent disable trigger append_only",
        "drop table core_auditevent",
        "update django_migrations set name = 'x'",
        "delete from django_migrations",
    ):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            as_app_role.execute(statement)


def test_the_application_role_deletes_only_what_says_it_may_go(as_app_role: object) -> None:
    may = {model._meta.db_table for model in deletable_models()}
    assert {"core_session", "doctors_availability", "patients_clinicalnote"} <= may
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        try:
            with transaction.atomic():
                as_app_role.execute(f"delete from {table} where false")
            went = True
        except DatabaseError:
            went = False
        if went != (table in may):
            wrong.append(table)
    assert wrong == []


def test_an_issued_document_never_changes_and_never_goes(reception: User, visit: Encounter) -> None:
    paper = documents.issue(
        reception, kind=DocumentKind.QUEUE_TOKEN, source=visit, number="R-1", title="Token", paper=Paper.RECEIPT,
        template="print/queue_token.html", facility=visit.facility, dated=visit.started_at, patient_id=visit.patient_id,
        snapshot={"patient": identity(visit.patient, at=visit.started_at)},
    )  # fmt: skip
    for change in (
        "update core_document set content = 'x'::bytea",
        "update core_document set sha256 = 'x', snapshot = '{}'",
        "update core_document set number = 'R-2'",
        "update core_document set dated = now()",
        "delete from core_document",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    documents.hand_over(reception, paper)
    paper.refresh_from_db()
    assert (paper.number, paper.prints) == ("R-1", 1)


def test_a_signed_note_is_kept_and_a_draft_may_go(person: Callable[..., User], visit: Encounter) -> None:
    doctor = person("doctor")
    note = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], complaint="Cough")
    notes.sign(doctor, note_id=note.pk)
    with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
        ClinicalNote.objects.filter(pk=note.pk).delete()
    draft = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], complaint="Cough")
    assert ClinicalNote.objects.filter(pk=draft.pk).delete()[0] == 1


def test_an_issued_invoice_never_changes_but_for_what_was_paid_and_credited(reception: User, patient: Patient) -> None:
    invoice = make_invoice(reception, patient)
    for change in (
        "update billing_invoice set total = 1",
        "update billing_invoice set number = 'X'",
        "update billing_invoice set issued_at = now()",
        "delete from billing_invoice",
    ):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    payments.take(reception, invoice_id=invoice.pk, amount=Decimal("1.00"), method="cash")
    invoice.refresh_from_db()
    assert invoice.paid == 1
