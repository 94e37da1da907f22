"""Every row that can change has a history, whoever changed it by whatever way; and nobody can write history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction

from hms.core.models import Department, Facility, SoftwareUpdate, User
from hms.core.models.tracking import Change, change_models
from patients.models import Allergy, ClinicalNote, Encounter, Patient
from patients.services import clinical, notes
from tests.conftest import make_patient

# What belongs to libraries, and why its changes are not kept as rows.
NOT_OURS = {
    "account": "addresses that nobody signs in with; no mail is sent",
    "mfa": "secrets; adding and removing a second step are acts in the audit",
    "socialaccount": "keys of single sign-on; tying one is an act in the audit",
    "admin": "Django's own log of the administration, which the audit replaces",
    "auth": "the roles, written from hms/core/roles.py at every start",
    "contenttypes": "the list of models",
    "django_celery_beat": "the clock's own schedule",
    "guardian": "not used: exceptions stand in a table of our own",
    "pghistory": "not used: who and why is found by the transaction",
}
# Links without a life of their own.
LINKS = {
    "core.User_groups": "gives nothing: roles come from memberships",
    "core.User_user_permissions": "gives nothing: permissions come from roles",
    "laboratory.DiagnosticReport_observations": "what a report was made of, written with it and checked against it",
    "reports.Report": "has no table",
}


def unaccounted(found: list[type[models.Model]]) -> list[str]:
    """Models whose rows can change and of which nobody said why that is not kept."""
    kept = {model.pgh_tracked_model for model in change_models()}
    return sorted(
        model._meta.label
        for model in found
        if model not in kept
        and not getattr(model, "append_only", False)
        and not model.__dict__.get("untracked")
        and model._meta.app_label not in NOT_OURS
        and model._meta.label not in LINKS
    )


def test_every_table_is_tracked_or_only_grows_or_says_why_not() -> None:
    assert unaccounted(apps.get_models(include_auto_created=True)) == []
    assert len(change_models()) > 45


def test_a_table_of_which_nothing_is_said_is_found() -> None:
    class Ledger:
        """As a model looks to the check."""

        _meta = type("Meta", (), {"label": "billing.Ledger", "app_label": "billing"})

    assert unaccounted([Ledger]) == ["billing.Ledger"]


def test_nothing_is_both_tracked_and_excused() -> None:
    for model in change_models():
        assert not model.pgh_tracked_model.__dict__.get("untracked"), model


def changes_of(row: models.Model) -> list[tuple[str, Change]]:
    model = next(model for model in change_models() if model.pgh_tracked_model is type(row))
    return [(change.pgh_label, change) for change in model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")]


def labels(row: models.Model) -> list[str]:
    return [label for label, _change in changes_of(row)]


def test_a_service_a_bulk_update_and_plain_sql_are_all_kept(patient: Patient) -> None:
    patient.city = "Leeds"
    patient.save(update_fields=["city"])
    Patient.objects.filter(pk=patient.pk).update(city="York")
    patient.city = "Hull"
    Patient.objects.bulk_update([patient], ["city"])
    with connection.cursor() as cursor:
        cursor.execute("update patients_patient set city = 'Bath' where id = %s", [patient.pk])
    assert labels(patient) == ["insert"] + ["update"] * 4
    assert [change.city for _label, change in changes_of(patient)] == ["", "Leeds", "York", "Hull", "Bath"]


def test_what_is_added_by_hundreds_is_kept_one_by_one(north: Facility) -> None:
    made = Department.objects.bulk_create([Department(facility=north, code=f"d{n}", name=f"D{n}") for n in range(300)])
    with connection.cursor() as cursor, cursor.copy("copy core_department (id, created_at, facility_id, code, name, active, sees_patients) from stdin") as copy:  # fmt: skip
        copy.write(f"01890000-0000-7000-8000-000000000001\t2026-01-01\t{north.pk}\tcopied\tCopied\tt\tt\n")
    copied = Department.objects.get(code="copied")
    assert [labels(row) for row in [*made, copied]] == [["insert"]] * 301


def test_what_is_removed_is_kept_as_it_was(north: Facility) -> None:
    row = Department.objects.create(facility=north, code="gone", name="Gone")
    with connection.cursor() as cursor:
        cursor.execute("delete from core_department where id = %s", [row.pk])
    assert [(label, change.name) for label, change in changes_of(row)] == [("insert", "Gone"), ("delete", "Gone")]


def test_a_row_that_is_given_another_key_leaves_a_change(north: Facility) -> None:
    row = Department.objects.create(facility=north, code="a", name="A")
    with connection.cursor() as cursor:
        cursor.execute("update core_department set id = gen_random_uuid() where id = %s returning id", [row.pk])
        (moved,) = cursor.fetchone()
    assert labels(Department.objects.get(pk=moved)) == ["update"]


def test_what_changes_nothing_that_is_kept_leaves_no_change(reception: User) -> None:
    before = labels(reception)
    User.objects.filter(pk=reception.pk).update(password="!", last_login=None)
    User.objects.filter(pk=reception.pk).update(first_name=reception.first_name)
    assert labels(reception) == before


def test_neither_secrets_nor_files_are_copied_into_history() -> None:
    columns = {model._meta.label: {field.name for field in model._meta.fields} for model in change_models()}
    assert not {"password", "last_login"} & columns["core.UserChange"]
    assert not {"content", "snapshot", "prints"} & columns["core.DocumentChange"]
    assert "signature" not in columns["doctors.DoctorChange"]


def test_a_draft_is_no_history_until_it_is_signed(person: Callable[..., User], visit: Encounter) -> None:
    doctor = person("doctor")
    for words in ("Cough", "Cough for three days"):
        draft = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], complaint=words)
    assert labels(draft) == []
    notes.sign(doctor, note_id=draft.pk)
    signed = ClinicalNote.objects.get(pk=draft.pk)
    assert [(label, change.complaint) for label, change in changes_of(signed)] == [("update", "Cough for three days")]


def test_a_change_says_its_transaction_and_who_was_signed_in_to_the_database(patient: Patient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_current_xact_id()::text::bigint, session_user::text")
        expected = cursor.fetchone()
    ((_label, change),) = changes_of(patient)
    assert (change.pgh_transaction, change.pgh_user) == expected
    assert change.id == patient.pk and change.birth_date == date(1979, 8, 12)


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


def refused(cursor: object, statement: str) -> bool:
    try:
        with transaction.atomic():
            cursor.execute(statement)
    except DatabaseError as failure:
        return "permission denied" in str(failure) or "must be owner" in str(failure)
    return False


def test_the_application_role_leaves_history_and_cannot_write_it(as_app_role: object, reception: User) -> None:
    patient = make_patient(reception)
    allergy = clinical.record_allergy(reception, patient_id=patient.pk, substance="Latex", reaction="Rash")
    Allergy.objects.filter(pk=allergy.pk).update(reaction="Shock")
    assert labels(allergy) == ["insert", "update"]
    for model in [*change_models(), SoftwareUpdate]:
        table = model._meta.db_table
        column = "pgh_user" if issubclass(model, Change) else "name"
        assert refused(as_app_role, f"insert into {table} ({column}) values ('x')"), table
        assert refused(as_app_role, f"update {table} set {column} = 'x'"), table
        assert refused(as_app_role, f"delete from {table}"), table
        assert refused(as_app_role, f"truncate {table}"), table


def test_and_that_check_sees_a_right_too_many(as_app_role: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("reset role; grant insert on core_departmentchange to hms_app; set local role hms_app")
    statement = "insert into core_departmentchange (pgh_created_at, pgh_label) values (now(), 'insert')"
    assert not refused(as_app_role, statement)


def test_the_application_role_cannot_look_away(as_app_role: object, north: Facility) -> None:
    """Neither the library's own switch nor a temporary table in the way of the real one keeps a change from history."""
    ours = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered()]
    as_app_role.execute("select set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(ours) + "}"])
    as_app_role.execute("create temporary table core_departmentchange (like core_departmentchange) on commit drop")
    row = Department.objects.create(facility=north, code="quiet", name="Quiet")
    as_app_role.execute("select pgh_label from public.core_departmentchange where pgh_obj_id = %s", [row.pk])
    assert as_app_role.fetchall() == [("insert",)]
    as_app_role.execute("drop table pg_temp.core_departmentchange")
    for statement in (
        "alter table core_department disable trigger all",
        f"drop trigger {ours[0]} on {pgtrigger.registered()[0][0]._meta.db_table}",
        "set session_replication_role = replica",
    ):
        assert refused(as_app_role, statement), statement


def test_history_is_not_even_changed_by_the_owner_in_passing(patient: Patient) -> None:
    for statement in ("update patients_patientchange set city = 'x'", "delete from patients_patientchange"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_was_there_before_history_began_is_its_beginning(north: Facility) -> None:
    from hms.core.appendonly import begin_changes

    begin, _guard = begin_changes("core_department", unless="code = 'draft'")
    Department.objects.create(facility=north, code="draft", name="Draft")
    with connection.cursor() as cursor:
        cursor.execute(begin.sql)
        cursor.execute("select code, facility_id from core_departmentchange where pgh_label = 'beginning'")
        assert cursor.fetchall() == [("outpatients", north.pk)]


def test_a_migration_is_known_by_its_transaction(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into django_migrations (app, name, applied) values ('staff', '0099_moved', now())")
        cursor.execute("select pg_current_xact_id()::text::bigint")
        assert SoftwareUpdate.objects.get(transaction=cursor.fetchone()[0]).name == "staff 0099_moved"
