"""A patient of whom every table holds something, and every column of words a marker: what an erasure must find."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from pypdf import PdfReader

from billing.services import payments
from hms.core import approvals, erasures, held
from hms.core.models import Approval, Document, Erasure, Facility, FindingReview, User
from interop.models import SourceRecord, UnresolvedReference
from laboratory.models import ResultRevision
from patients.models import ChartGrant, Immunization, MedicationStatement, Patient, Procedure
from patients.services import erasing, grants, legal_holds
from pharmacy.models import Prescription
from pharmacy.services import prescribing
from tests.conftest import drain, held_on
from tests.project.walked import Walked, walk
from tests.wards.conftest import discharge
from wards.models import Admission

# By these the house counts, or finds its own way. None of them is typed by anybody.
NOT_TYPED = {
    "mrn", "number", "accession", "currency", "code of core.Document", "kind", "action", "object_id", "subject_type",
    "source_type", "object_type", "result_type", "actor_name", "role", "source of core.AuditEvent",
    "counts", "told", "marks", "seals", "pgh_label", "pgh_user",
}  # fmt: skip
BORN = "1931-07-19"
VALUE = "8642.75"


def lived(facility: Facility, person: Callable[..., User], mark: str) -> Walked:
    """A patient who went through every department, and of whom nothing is open any more."""
    walked = walk(facility, person, mark=mark)
    users, patient = walked.users, walked.patient
    erasing.withdraw(users["auditor"], erasure_id=walked.ids["erasure_id"])
    legal_holds.lift(users["auditor"], hold_id=walked.ids["hold_id"], reason=f"Over{mark}")
    for stay in Admission.objects.filter(patient=patient, status="admitted"):
        discharge(users["doctor"], stay)
    for asked in Approval.objects.waiting().filter(patient_id=patient.pk):
        approvals.reject(users["manager"], approval_id=asked.pk, reason=f"No{mark}")
    drain()
    for invoice in patient.invoices.all():
        if invoice.balance:
            payments.take(users["cashier"], invoice_id=invoice.pk, amount=invoice.balance, method="cash")
    for one in Prescription.objects.filter(patient=patient, status__in=["prescribed", "partly_dispensed"]):
        prescribing.end(users["pharmacist"], prescription_id=one.pk, reason=f"Well{mark}")
    drain()
    _more(walked, facility)
    return walked


def _more(walked: Walked, facility: Facility) -> None:
    """What no visit of the walk leaves."""
    users, patient, now = walked.users, walked.patient, timezone.now()
    of_it = {"patient": patient, "recorded_by": users["doctor"]}
    Immunization.objects.create(**of_it, vaccine="BCG", given_at=now)
    Procedure.objects.create(**of_it, code="1", display="Suture", performed_at=now)
    MedicationStatement.objects.create(**of_it, display="Aspirin", status="active")
    result = patient.lab_orders.first().results.first()
    ResultRevision.objects.create(
        result=result, value_text="9.1", verified_by=users["pathologist"], verified_at=now,
        corrected_by=users["lab_technician"], reason="Mistyped",
    )  # fmt: skip
    FindingReview.objects.create(
        facility=facility, kind="own_name", day=now.date(), person=users["nurse"], patient_id=patient.pk,
        verdict="justified", note="Cousin", reviewer=users["auditor"],
    )  # fmt: skip
    for grant in ChartGrant.objects.filter(patient=patient).to_review():
        grants.review(users["auditor"], grant_id=grant.pk, verdict="justified", comment="Called to the bed")
    record = SourceRecord.objects.create(
        facility=facility, source="east", resource_type="Patient", key=f"Patient/{patient.pk}", sha256="",
        object_type="patients.patient", object_id=patient.pk,
    )  # fmt: skip
    UnresolvedReference.objects.create(facility=facility, record=record, field="link", reference="Patient/x")


@contextmanager
def unguarded() -> Iterator[Any]:
    """As whoever owns the server could write: no trigger runs, and no key is asked."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("set session_replication_role = default")


def write_everywhere(patient: Patient, mark: str) -> dict[str, int]:
    """A marker into every column of words, JSON and bytes, of every table and its history; a birth date and a value
    nobody else has. Returns the columns that were written, and how many rows."""
    written: dict[str, int] = {}
    with unguarded() as cursor:
        for model in held.tables():
            keys = list(held.rows(model, patient.pk).values_list("pk", flat=True))
            for column in model._meta.concrete_fields:
                value = _marked(model, column, mark) if keys else ""
                if value and _takes(cursor, model, column, value, keys):
                    written[f"{model._meta.label}.{column.name}"] = len(keys)
        cursor.execute("update core_document set sha256 = encode(sha256(content), 'hex') where patient_id = %s", [patient.pk])  # fmt: skip
    return written


def _takes(cursor: Any, model: type[models.Model], column: models.Field, value: str, keys: list[Any]) -> bool:
    """Write it into these rows, where no rule of the table forbids it."""
    name, pk = f'"{column.column}"', f'"{model._meta.pk.column}"'
    try:
        with transaction.atomic():
            cursor.execute(f'update "{model._meta.db_table}" set {name} = {value} where {pk} = any(%s)', [keys])
    except IntegrityError:
        return False
    return True


def _marked(model: type[models.Model], column: models.Field, mark: str) -> str:
    """What a column is set to, as SQL; "" for one that takes no words."""
    what = getattr(model, "pgh_tracked_model", model)._meta.label
    if (
        column.name in NOT_TYPED
        or f"{column.name} of {what}" in NOT_TYPED
        or column.generated
        or _chosen(model, column)
    ):
        return ""
    digest = hashlib.md5(f"{what}.{column.name}".encode()).hexdigest()[:5]
    word = f"{mark}{digest}"
    if isinstance(column, ArrayField):
        return f"array['{word}']"
    if isinstance(column, models.JSONField):
        return f"jsonb_build_object('{word}', '{word}')"
    if isinstance(column, models.BinaryField):
        return f"convert_to('{word}', 'UTF8')"
    if isinstance(column, models.CharField | models.TextField):
        return f"left('{word}', {column.max_length or 500})"
    if column.name == "birth_date":
        return f"date '{BORN}'"
    return VALUE if column.name == "value" and isinstance(column, models.DecimalField) else ""


def _chosen(model: type[models.Model], column: models.Field) -> bool:
    """One of a few words, by the table itself or by the one whose changes these are."""
    tracked = getattr(model, "pgh_tracked_model", None)
    if tracked and any(field.name == column.name for field in tracked._meta.concrete_fields):
        return bool(tracked._meta.get_field(column.name).choices)
    return bool(column.choices)


@contextmanager
def unforbidden(words: str) -> Iterator[None]:
    """What stands in the way of an erasure by these words does not."""
    rows = [each for each in erasures._rows if words not in str(each[0])]
    if len(rows) != len(erasures._rows) - 1:
        raise LookupError(words)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(erasures, "_rows", rows)
        yield


def ask_earlier(actor: User, patient: Patient, *, ground: str = "ordered", reason: str = "Order") -> Erasure:
    """A request that was made in an earlier transaction, where a test is one transaction as a whole."""
    erasure = erasing.ask(actor, patient_id=patient.pk, ground=ground, reason=reason)
    with unguarded() as cursor:
        cursor.execute("update core_erasurechange set pgh_transaction = 3 where pgh_obj_id = %s", [erasure.pk])
    return erasure


def all_tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public' order by 1")
        return [name for (name,) in cursor.fetchall()]


def found_in_tables(*words: str) -> list[str]:
    """Every table of the database, row by row as text, bytes in their hexadecimal digits: where one of the words stands."""
    sought = [*words, *(word.encode().hex() for word in words)]
    found = set()
    with connection.cursor() as cursor:
        for table in all_tables():
            cursor.execute(f'select to_jsonb(t)::text from "{table}" t')
            for (row,) in cursor:
                if any(word.lower() in row.lower() for word in sought):
                    found.add(table)
    return sorted(found)


def found_in_papers(*words: str) -> list[str]:
    """The printed words of every stored document."""
    found = []
    for kind, content in Document.objects.exclude(content=b"").values_list("kind", "content"):
        if not bytes(content).startswith(b"%PDF"):
            continue
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes(content))).pages)
        if any(word.lower() in text.lower() for word in words):
            found.append(kind)
    return found


def found_in_files(*words: str) -> list[str]:
    """Every file below the data directory, but the database's own and the stylesheets and scripts of the pages."""
    others = {settings.STATIC_ROOT, *Path(settings.DATA_DIR).glob("pg*")}
    files = [path for path in Path(settings.DATA_DIR).rglob("*") if not others & {*path.parents, path}]
    return _holding(files, words)


def found_in_database_files(*words: str) -> list[str]:
    """The files of this database, byte by byte, when all of it was written anew: none of the log of changes."""
    with connection.cursor() as cursor:
        cursor.execute("vacuum (full, analyze)")
        cursor.execute("checkpoint")
        cursor.execute("select oid from pg_database where datname = current_database()")
        (database,) = cursor.fetchone()
    folder = Path(settings.DATA_DIR) / "pg" / "base" / str(database)
    if not folder.exists():
        pytest.skip("The database's files are not here to be read: it is another server's.")
    return _holding(folder.iterdir(), words)


def _holding(files: Iterable[Path], words: Sequence[str]) -> list[str]:
    sought = [word.encode() for word in words]
    return [str(path) for path in files if path.is_file() and any(word in path.read_bytes() for word in sought)]


def as_text(patient: Patient) -> dict[str, list[str]]:
    """Everything that is held on a patient, row by row."""
    found = {}
    with connection.cursor() as cursor:
        for model, rows in held_on(patient):
            table, pk = model._meta.db_table, model._meta.pk.column
            keys = list(rows.values_list("pk", flat=True))
            cursor.execute(f'select to_jsonb(t)::text from "{table}" t where "{pk}" = any(%s) order by 1', [keys])
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def empty_tables(patient: Patient) -> list[str]:
    """Of what is held, the tables in which nothing stands of this patient."""
    return [model._meta.label for model, rows in held_on(patient) if not rows.exists()]
