"""Everything held on a patient, given out as one file: nothing is missing, nothing is anybody else's, and it is known who has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from hms.core import clock, given, held
from hms.core.models import AuditEvent, Document, Facility, User
from hms.core.models.tracking import Change
from patients.models import ChartGrant, ClinicalNote, Encounter, Observation, Patient
from patients.services import amendments, encounters, grants, legal_holds, notes
from reports import disclosures, services
from reports.record import chapters
from tests.conftest import held_on, make_patient
from tests.project.walked import walk

PASSWORD = "a long pass phrase of mine"
ASKED = {
    "to": "patient", "recipient": "Meera Rao", "address": "14 Canal Road", "purpose": "Own use",
    "identity": "Passport",
}  # fmt: skip


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[tuple[Patient, Patient]]:
    """Two patients with everything a whole visit, a stay and a correction leave behind."""
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person).patient, walk(north, person, mark="Vyxqua").patient


def opened(actor: User, patient: Patient, *, with_documents: bool = True) -> ZipFile:
    _patient, file = services.release(actor, patient_id=patient.pk, with_documents=with_documents, **ASKED)
    with file:
        return ZipFile(BytesIO(file.read()))


def record(archive: ZipFile) -> dict:
    return json.loads(archive.read("record.json"))


def text_of(archive: ZipFile, name: str = "record.pdf") -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(archive.read(name))).pages)


# Every text column of every row


def texts(model: type[models.Model]) -> list[models.Field]:
    """The columns in which somebody may have written something."""
    return [
        column
        for column in model._meta.concrete_fields
        if isinstance(column, models.CharField | models.TextField)
        and not column.choices and not column.generated and not column.is_relation
        and (column.max_length or 99) >= 12 and not column.name.endswith("_type")
        and column.name not in ("record_type", "allergy_check", "pgh_label")
    ]  # fmt: skip


def mark(patient: Patient, letter: str) -> dict[str, tuple[type[models.Model], str]]:
    """Another word into every such column of every row, by the owner of the tables: which it was."""
    made: dict[str, tuple[type[models.Model], str]] = {}
    targets = [(model, list(rows.values_list("pk", flat=True))) for model, rows in held_on(patient)]
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        for model, keys in targets:
            pk = model._meta.pk.column
            for key in keys:
                for column in texts(model):
                    word = f"{letter}q{len(made):05d}x"
                    try:
                        with transaction.atomic():
                            cursor.execute(
                                f'update {model._meta.db_table} set "{column.column}" = %s where "{pk}" = %s',
                                [word, key],
                            )
                    except IntegrityError:  # a rule of the table says what stands there
                        continue
                    made[word] = (model, column.name)
        cursor.execute("set local session_replication_role = origin")
    return made


def missing(words: dict[str, tuple[type[models.Model], str]], text: str) -> list[str]:
    """Columns of which something is not in the text, and of which nobody said that it is left out."""
    found = set()
    for word, (model, column) in words.items():
        of = model.pgh_tracked_model if issubclass(model, Change) else model
        rules = given._kept_back.get(of, [])
        kept = any(column in rule.columns or (not rule.columns and rule.rows is None) for rule in rules)
        if word not in text and not kept and column not in given.OF_CHANGES:
            found.add(f"{model._meta.label}.{column}")
    return sorted(found)


@pytest.mark.printed
def test_every_text_of_a_whole_visit_is_in_it_and_none_of_another_patient(
    walked: tuple[Patient, Patient], auditor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, others = walked
    words, foreign = mark(ours, "Z"), mark(others, "W")
    assert len(words) > 150 and len({model for model, _column in words.values()}) > 50
    archive = opened(auditor, ours)
    text = archive.read("record.json").decode()
    assert missing(words, text) == []
    everything = text + archive.read("README.txt").decode() + text_of(archive)
    assert [foreign[word] for word in foreign if word in everything] == []
    # What people read is in the PDF as well.
    pdf = text_of(archive)
    for label in (
        "patients.Allergy.substance", "patients.Allergy.reaction", "patients.ClinicalNote.complaint",
        "patients.CarePlan.activities", "wards.NursingNote.text", "wards.DischargeSummary.course",
        "pharmacy.PrescriptionLine.dosage", "laboratory.Result.value_text", "billing.InvoiceLine.description",
        "patients.Contact.name", "patients.PatientIdentifier.value", "patients.Encounter.reason",
        "appointments.Appointment.reason", "billing.CreditNote.reason",
    ):  # fmt: skip
        assert any(w in pdf for w, (m, c) in words.items() if f"{m._meta.label}.{c}" == label), label
    # A table that is forgotten is missed.
    tables = held.tables()
    monkeypatch.setattr(held, "tables", lambda: [model for model in tables if model._meta.label != "wards.NursingNote"])
    assert missing(words, opened(auditor, ours).read("record.json").decode()) == ["wards.NursingNote.text"]


def untold(model: type[models.Model], rows: models.QuerySet) -> int:
    """How many rows are left out without a word of how many."""
    of = model.pgh_tracked_model if issubclass(model, Change) else model
    rules = [rule.rows for rule in given._kept_back.get(of, []) if not rule.counted]
    return sum(rows.filter(rule).count() if rule is not None else rows.count() for rule in rules)


@pytest.mark.printed
def test_what_courts_and_auditors_do_is_not_told_nor_that_they_do(
    walked: tuple[Patient, Patient], auditor: User, person: Callable[..., User]
) -> None:
    patient = walked[0]
    legal_holds.place(auditor, patient_id=patient.pk, asked_for="court", reason="Fraud inquiry", reference="7 O 12/26")
    grant = ChartGrant.objects.filter(patient=patient).first()
    grants.review(auditor, grant_id=grant.pk, verdict="not_justified", comment="No reason to look")
    archive = opened(auditor, patient)
    text = archive.read("record.json").decode() + archive.read("README.txt").decode() + text_of(archive)
    for word in ("Fraud inquiry", "7 O 12/26", "No reason to look", "core.legal_hold", "patients.grant.reviewed"):
        assert word not in text, word
    nobodys = make_patient(person("receptionist"), "Amara", "Osei")
    said = [
        [each for each in record(opened(auditor, who))["left_out"] if "legal" in each["table"]]
        for who in (patient, nobodys)
    ]
    assert said[0] == said[1] != []


def test_every_table_with_rows_is_in_it_with_as_many(walked: tuple[Patient, Patient], auditor: User) -> None:
    told = record(opened(auditor, walked[0]))
    counts = {each["table"]: each["count"] for each in told["tables"]}
    whole = {each["table"]: each["rows"] for each in told["left_out"] if each["rows"]}
    for model, rows in held_on(walked[0]):
        label = model._meta.label_lower
        assert counts.get(label, 0) + whole.get(label, 0) == rows.count() - untold(model, rows), label
    for each in told["tables"]:
        assert len(each["rows"]) == each["count"]
        assert all(list(row) == [column["name"] for column in each["columns"]] for row in each["rows"])


@pytest.mark.printed
def test_what_a_row_points_at_is_named_and_what_is_left_out_is_said(
    walked: tuple[Patient, Patient], auditor: User, person: Callable[..., User]
) -> None:
    patient = walked[0]
    visit = encounters.open_encounter(person("receptionist"), patient=patient)
    notes.save_draft(person("doctor"), encounter_id=visit.pk, codes=[], complaint="Unsigned thought")
    archive = opened(auditor, patient)
    told = record(archive)
    tables = {each["table"]: each for each in told["tables"]}
    allergy = tables["patients.allergy"]["rows"][0]
    assert allergy["patient"] == {"id": str(patient.pk)} and allergy["recorded_by"]["name"] == "Dr Ama Weber"
    assert allergy["substance"] == "Latex"
    medicine = tables["pharmacy.prescriptionline"]["rows"][0]["product"]
    assert medicine["name"] and tables["pharmacy.prescriptionchange"]["kind"] == "changes"
    note = next(each for each in told["left_out"] if each["table"] == "patients.clinicalnote")
    assert note["rows"] == 1 and "drafts" in note["why"]
    everything = archive.read("record.json").decode() + text_of(archive)
    assert "Unsigned thought" not in everything and "drafts" in archive.read("README.txt").decode()
    assert "content" not in tables["core.document"]["rows"][0]


def test_a_drawn_signature_is_not_given_out_to_be_used_again() -> None:
    assert given.plain({"signer": {"signature": "data:image/png;base64,AAAA", "name": "Dr Rao"}}) == {
        "signer": {"signature": "(a drawn signature: left out, it is its writer's)", "name": "Dr Rao"}
    }


def test_every_document_is_in_it_as_it_was_issued(walked: tuple[Patient, Patient], auditor: User) -> None:
    archive = opened(auditor, walked[0])
    papers = [archive.read(name) for name in archive.namelist() if name.startswith("documents/")]
    issued = [bytes(row.content) for row in Document.objects.filter(patient_id=walked[0].pk)]
    assert len(issued) > 6 and sorted(papers) == sorted(issued)
    assert Document.objects.filter(patient_id=walked[1].pk).exists()
    without = opened(auditor, walked[0], with_documents=False).namelist()
    assert sorted(without) == ["README.txt", "record.json", "record.pdf"]


# Recorded


@pytest.mark.printed
def test_it_stands_in_the_account_of_disclosures_with_its_recipient(auditor: User, patient: Patient) -> None:
    archive = opened(auditor, patient)
    (row,) = disclosures.of(auditor, patient.pk)
    assert (row.recipient, row.address, row.purpose) == ("Meera Rao", "14 Canal Road", "Own use")
    assert row.what == "The whole record, with its documents" and row.event.kind == "export"
    assert row.event.detail["identity"] == "Passport"
    assert record(archive)["given_out"][0]["to"] == "Meera Rao"
    assert "Meera Rao" in text_of(archive)


def test_without_its_audit_row_there_is_no_file(
    auditor: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(AuditEvent.objects, "create", full)
    with pytest.raises(DatabaseError):
        opened(auditor, patient)


def test_without_the_file_there_is_no_audit_row(
    auditor: User, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the press is broken")

    monkeypatch.setattr(chapters.Reading, "chapters", broken)
    with pytest.raises(RuntimeError):
        opened(auditor, patient)
    assert not AuditEvent.objects.filter(action="patients.record.exported").exists()


def test_whoever_asks_signs_in_again_and_says_for_whom(
    auditor: User, patient: Patient, browser_of: Callable[[User], Client]
) -> None:
    auditor.set_password(PASSWORD)
    auditor.save()
    client, address = browser_of(auditor), f"/reports/record/{patient.pk}"
    for answer in (client.get(address), client.post(address, ASKED)):
        assert answer.headers["Location"].startswith("/accounts/again/")
    assert not AuditEvent.objects.filter(action="patients.record.exported").exists()
    assert client.post(f"/accounts/again/?next={address}", {"password": PASSWORD}).headers["Location"] == address
    assert "Make the file" in client.get(address).content.decode()
    refused = client.post(address, {**ASKED, "identity": " "})
    assert refused.status_code == 422 and "Fill this in" in refused.content.decode()
    answer = client.post(address, ASKED)
    assert answer.headers["Content-Type"] == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    archive = ZipFile(BytesIO(answer.getvalue()))
    assert archive.testzip() is None and record(archive)["patient"]["mrn"] == patient.mrn
    assert AuditEvent.objects.get(action="patients.record.exported").patient_id == patient.pk


def test_nobody_else_gives_it_out(
    patient: Patient, client_as: Callable[..., Client], south: Facility, person: Callable[..., User],
    browser_of: Callable[[User], Client], reception: User,
) -> None:  # fmt: skip
    address = f"/reports/record/{patient.pk}"
    for role in ("administrator", "manager", "receptionist", "doctor", "nurse", "cashier", "hr"):
        assert client_as(role).get(address).status_code == 403, role
        assert client_as(role).post(address, ASKED).status_code == 403, role
    assert browser_of(person("auditor", south)).get(address).status_code == 404
    grants.keep_narrow(reception, patient_id=patient.pk, confidentiality="restricted", reason="Asked for it")
    assert client_as("auditor").get(address).status_code == 302, "the privacy officer knows narrow records"


# What was amended, and how it is printed


@pytest.mark.printed
def test_what_was_amended_stands_with_its_entry_on_paper(
    auditor: User, reception: User, person: Callable[..., User], visit: Encounter
) -> None:
    from patients.services import clinical

    doctor = person("doctor")
    allergy = clinical.record_allergy(doctor, patient_id=visit.patient_id, substance="Latex", reaction="Hives")
    asked = amendments.enter(
        reception, patient_id=visit.patient_id, record_type="patients.allergy", record_id=allergy.pk,
        wanted="It was nickel", why="Patch test", asker="The patient", identity="Passport",
        received_on=clock.today(reception.facility),
    )  # fmt: skip
    amendments.deny(doctor, request_id=asked.pk, ground="accurate", answer="Tested twice.")
    amendments.disagree(reception, request_id=asked.pk, disagreement="Not by me.")
    archive = opened(auditor, visit.patient)
    text = text_of(archive)
    for words in ("Latex", "It was nickel", "Tested twice.", "Not by me."):
        assert text.count(words) >= 1, words
    assert text.count("Tested twice.") == 2, "with the entry, and among the corrections"
    assert "Not by me." in archive.read("record.json").decode()


@pytest.mark.printed
def test_names_in_any_script_stand_on_every_page(auditor: User, reception: User) -> None:
    names = [("محمد عبد الرحمن", "الحسيني"), ("अनुष्का", "राघवन"), ("Maria " * 12, "Wolfeschlegelsteinhausenbergerdorff")]
    for given_name, family_name in names:
        patient = make_patient(reception, given_name.strip(), family_name)
        rows = [
            Observation(patient=patient, recorded_by=reception, code="x", display=f"Measure {n}", value=1,
                        value_text="1", observed_at=clock.now() - timedelta(hours=n))
            for n in range(90)
        ]  # fmt: skip
        Observation.objects.bulk_create(rows)
        pages = PdfReader(BytesIO(opened(auditor, patient).read("record.pdf"))).pages
        assert len(pages) > 1
        for number, page in enumerate(pages, 1):
            text = page.extract_text()
            assert patient.mrn in text and f"Page {number} of {len(pages)}" in text


@pytest.mark.printed
def test_a_chart_of_five_thousand_rows_is_given_out_in_parts(
    auditor: User, reception: User, person: Callable[..., User], visit: Encounter
) -> None:
    doctor, now = person("doctor"), clock.now()
    Observation.objects.bulk_create(
        [
            Observation(patient_id=visit.patient_id, encounter=visit, recorded_by=doctor, code="8867-4", display="Pulse",
                        value=72, value_text="72", unit="/min", observed_at=now - timedelta(minutes=n // 5))
            for n in range(4700)
        ]
    )  # fmt: skip
    ClinicalNote.objects.bulk_create(
        [
            ClinicalNote(patient_id=visit.patient_id, encounter=visit, author=doctor, complaint=f"Cough {n}",
                         status="signed", saved_at=now, signed_at=now)
            for n in range(300)
        ]
    )  # fmt: skip
    with CaptureQueriesContext(connection) as captured:
        archive = opened(auditor, visit.patient)
    tables = {each["table"]: each["count"] for each in record(archive)["tables"]}
    assert tables["patients.observation"] == 4700 and tables["patients.clinicalnote"] == 300
    assert len(captured) < 320, "so many for each table, and not for each row"
    parts = sorted(name for name in archive.namelist() if name.startswith("record-"))
    assert parts[0] == "record-01-of-04.pdf" and len(parts) == 4
    assert "(continued)" in text_of(archive, parts[1]) and "Cough 299" in text_of(archive, parts[0])
