"""A patient says that something is wrong in the record: the original stays, and what was said and decided stands with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from threading import Barrier, Thread
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from pypdf import PdfReader

from hms.core import clock
from hms.core.models import AuditEvent, Document, DocumentKind, Facility, Notification, User
from hms.core.refusals import Refused
from patients import amendable, waiting
from patients.models import Allergy, AmendmentRequest, ClinicalNote, Encounter, Patient
from patients.services import amendments, clinical, encounters, grants, notes, registration
from staff.models import Employee
from tests.conftest import employ, make_patient

BrowserOf = Callable[[User], Client]
MakeUser = Callable[..., User]
ASKED = {
    "wanted": "I never smoked", "why": "It was my brother", "asker": "The patient", "identity": "Passport",
}  # fmt: skip


@pytest.fixture
def doctor(person: MakeUser) -> User:
    return person("doctor")


@pytest.fixture
def signed(doctor: User, visit: Encounter) -> ClinicalNote:
    draft = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], complaint="Cough", assessment="Smokes")
    return notes.sign(doctor, note_id=draft.pk)


@pytest.fixture
def allergy(doctor: User, patient: Patient, visit: Encounter) -> Allergy:
    return clinical.record_allergy(doctor, patient_id=patient.pk, substance="Latex", reaction="Hives")


def enter(actor: User, patient: Patient, row: object = None, **changed: object) -> AmendmentRequest:
    about = {"record_type": row._meta.label_lower, "record_id": row.pk} if row is not None else {}
    fields = {**ASKED, "received_on": clock.today(actor.facility), **about, **changed}
    return amendments.enter(actor, patient_id=patient.pk, **fields)


def stored(row: object) -> list[tuple]:
    """The row and its history, as the database has them."""
    table = row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {table} where id = %s", [row.pk])
        found = cursor.fetchall()
        cursor.execute(f"select * from {table}change where pgh_obj_id = %s order by pgh_id", [row.pk])
        return found + cursor.fetchall()


def text_of(document: Document) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(document.content)).pages).split())


# Entered


def test_it_is_due_in_sixty_days_and_the_writer_of_the_entry_is_told(
    reception: User, doctor: User, patient: Patient, allergy: Allergy
) -> None:
    asked = enter(reception, patient, allergy)
    assert asked.due_on - asked.received_on == timedelta(days=60)
    assert (asked.author, asked.status) == (doctor, "open")
    assert asked.about.startswith("Allergy, ") and doctor.name in asked.about
    assert "Latex" not in asked.about
    told = Notification.objects.get(user=doctor)
    assert told.url == f"/patients/amendments/{asked.pk}/" and patient.family_name not in told.text
    row = AuditEvent.objects.get(action="patients.amendment.entered")
    assert row.patient_id == patient.pk and "smoked" not in str(row.detail)


def test_the_reception_chooses_an_entry_without_reading_it(
    reception: User, patient: Patient, signed: ClinicalNote, allergy: Allergy, visit: Encounter, browser_of: BrowserOf
) -> None:
    clinical.record_vitals(signed.author, encounter_id=visit.pk, values={"pulse": 88})
    page = browser_of(reception).get(f"/patients/{patient.pk}/amendments/add").content.decode()
    for kind in ("Allergy", "Note", "Vital sign", "The record in general"):
        assert kind in page, kind
    assert "Pulse" in page and signed.author.name in page
    assert not [
        word for word in ("Latex", "Hives", "Cough", "Smokes", "88.0", "88 /min") if word in page.split("<form")[-1]
    ]


def test_an_entry_of_another_patient_is_refused(reception: User, patient: Patient, allergy: Allergy) -> None:
    other = make_patient(reception, "Omar", "Haddad")
    with pytest.raises(Refused, match="no such entry"):
        enter(reception, other, allergy)
    with pytest.raises(Refused, match="no such entry"):
        enter(reception, patient, reception)


def test_one_open_request_for_an_entry(reception: User, patient: Patient, allergy: Allergy) -> None:
    first = enter(reception, patient, allergy)
    with pytest.raises(Refused, match="asked for already"):
        enter(reception, patient, allergy)
    amendments.withdraw(reception, request_id=first.pk, reason="Entered twice")
    assert enter(reception, patient, allergy).status == "open"


def test_more_time_is_taken_once_with_a_reason(reception: User, patient: Patient) -> None:
    asked = enter(reception, patient)
    amendments.extend(reception, request_id=asked.pk, reason="The doctor is away")
    asked.refresh_from_db()
    assert asked.due_on - asked.received_on == timedelta(days=90)
    with pytest.raises(Refused, match="once already"):
        amendments.extend(reception, request_id=asked.pk, reason="Still away")


# Decided


def test_a_signed_note_gets_an_addendum_and_stays_byte_for_byte(
    reception: User, doctor: User, patient: Patient, signed: ClinicalNote, browser_of: BrowserOf
) -> None:
    before = stored(signed)
    asked = enter(reception, patient, signed)
    amendments.accept(doctor, request_id=asked.pk, answer="Has never smoked.")
    assert stored(signed) == before
    asked.refresh_from_db()
    assert (asked.addendum.amends, asked.addendum.assessment) == (signed, "Has never smoked.")
    page = browser_of(doctor).get(f"/patients/{patient.pk}/notes").content.decode()
    assert "Smokes" in page and "Amended at the patient" in page and page.count("Has never smoked.") == 2


def test_another_entry_stays_byte_for_byte_and_the_amendment_stands_with_it(
    reception: User, doctor: User, patient: Patient, allergy: Allergy, browser_of: BrowserOf
) -> None:
    before = stored(allergy)
    asked = enter(reception, patient, allergy)
    client = browser_of(doctor)
    assert "asks for a correction" in client.get(f"/patients/{patient.pk}/allergies").content.decode()
    amendments.accept(doctor, request_id=asked.pk, answer="It was nickel.")
    assert stored(allergy) == before
    page = client.get(f"/patients/{patient.pk}/allergies").content.decode()
    assert "Latex" in page and "It was nickel." in page and "Amended at the patient" in page


def test_who_the_patient_is_is_corrected_in_the_ordinary_way_before_it_is_accepted(
    reception: User, person: MakeUser, patient: Patient
) -> None:
    other_desk = person("receptionist")
    asked = enter(reception, patient, patient)
    with pytest.raises(Refused, match="Correct what is kept"):
        amendments.accept(other_desk, request_id=asked.pk, answer="Street corrected")
    details = {name: getattr(patient, name) for name in registration.FIELDS}
    with transaction.atomic():
        registration.update(other_desk, patient_id=patient.pk, **{**details, "address": "3 Mill Lane"})
    amendments.accept(other_desk, request_id=asked.pk, answer="Street corrected")
    changes = apps.get_model("patients", "PatientChange").objects.filter(pgh_obj_id=patient.pk).order_by("pgh_id")
    assert [row.address for row in changes] == ["", "3 Mill Lane"]


def test_a_denial_its_disagreement_and_the_answer_stand_with_the_entry(
    reception: User, doctor: User, patient: Patient, allergy: Allergy, browser_of: BrowserOf
) -> None:
    asked = enter(reception, patient, allergy)
    with pytest.raises(Refused, match="no other ground"):
        amendments.deny(doctor, request_id=asked.pk, ground="busy", answer="No")
    amendments.deny(doctor, request_id=asked.pk, ground="accurate", answer="Tested twice.")
    with pytest.raises(Refused, match="has not disagreed"):
        amendments.rebut(doctor, request_id=asked.pk, rebuttal="x")
    amendments.disagree(reception, request_id=asked.pk, disagreement="Not by me.")
    amendments.rebut(doctor, request_id=asked.pk, rebuttal="By us, in May.")
    page = browser_of(doctor).get(f"/patients/{patient.pk}/allergies").content.decode()
    for words in ("I never smoked", "accurate and complete", "Tested twice.", "Not by me.", "By us, in May."):
        assert words in page, words
    for again in (
        lambda: amendments.disagree(reception, request_id=asked.pk, disagreement="y"),
        lambda: amendments.rebut(doctor, request_id=asked.pk, rebuttal="y"),
        lambda: amendments.accept(doctor, request_id=asked.pk, answer="y"),
    ):
        with pytest.raises(Refused):
            again()


def test_without_the_lines_the_panel_would_not_show_them(
    reception: User,
    doctor: User,
    patient: Patient,
    allergy: Allergy,
    browser_of: BrowserOf,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The checks above can fail."""
    enter(reception, patient, allergy)
    monkeypatch.setattr("patients.amended.of", lambda patient_id: {})
    assert "asks for a correction" not in browser_of(doctor).get(f"/patients/{patient.pk}/allergies").content.decode()


def test_who_decides(reception: User, doctor: User, person: MakeUser, patient: Patient, allergy: Allergy) -> None:
    asked = enter(reception, patient, allergy)
    may = {role: amendments.why_not(person(role), asked) for role in ("doctor", "nurse", "pathologist", "receptionist")}
    assert may["doctor"] == may["nurse"] == ""
    assert "may write such an entry" in may["pathologist"] and "may write such an entry" in may["receptionist"]
    assert "does not decide" in amendments.why_not(reception, asked)
    for role in ("auditor", "cashier", "administrator", "manager"):
        assert amendments.why_not(person(role), asked), role
        with pytest.raises(Refused):
            amendments.accept(person(role), request_id=asked.pk, answer="x")


def test_a_clinician_who_does_not_treat_the_patient_decides_only_on_what_they_wrote(
    reception: User, doctor: User, person: MakeUser, patient: Patient, allergy: Allergy
) -> None:
    asked = enter(reception, patient, allergy)
    with time_machine.travel(clock.now() + timedelta(days=900)):
        Encounter.objects.update(status="finished", ended_at=clock.now() - timedelta(days=800))
        writer = User.objects.get(pk=doctor.pk).at(doctor.facility)
        assert amendments.why_not(writer, asked) == ""
        colleague = person("doctor")
        assert "treats the patient" in amendments.why_not(colleague, asked)
        assert list(AmendmentRequest.objects.to_decide(writer)) == [asked]
        assert not AmendmentRequest.objects.to_decide(colleague).exists()
        assert not AmendmentRequest.objects.visible_to(colleague).exists()


def test_the_rail_counts_what_one_decides_and_the_privacy_officer_what_is_due(
    reception: User, doctor: User, person: MakeUser, patient: Patient, allergy: Allergy
) -> None:
    auditor = person("auditor")
    enter(reception, patient, allergy)
    assert (waiting.amendments(doctor), waiting.amendments(reception), waiting.amendments(auditor)) == (1, 0, 0)
    with time_machine.travel(clock.now() + timedelta(days=47)):
        assert waiting.amendments(auditor) == 1 and waiting.has_amendments(auditor)


def test_a_narrow_record_and_another_facility_hide_the_request(
    reception: User, person: MakeUser, south: Facility, patient: Patient, browser_of: BrowserOf
) -> None:
    asked = enter(reception, patient)
    address = f"/patients/amendments/{asked.pk}/"
    pathologist = person("pathologist")
    assert browser_of(person("auditor", south)).get(address).status_code == 404
    assert browser_of(pathologist).get(address).status_code == 404
    assert browser_of(reception).get(address).status_code == 200
    grants.keep_narrow(reception, patient_id=patient.pk, confidentiality="vip", reason="Known")
    assert not AmendmentRequest.objects.visible_to(pathologist).exists()
    assert AmendmentRequest.objects.visible_to(person("auditor")).exists()


def test_what_another_facility_wrote_is_neither_offered_nor_shown_nor_amended_here(
    reception: User, person: MakeUser, south: Facility, patient: Patient, signed: ClinicalNote, browser_of: BrowserOf
) -> None:
    desk, doctor = person("receptionist", south), person("doctor", south)
    registration.bring_over(desk, mrn=patient.mrn, birth_date=patient.birth_date)
    encounters.open_encounter(desk, patient=patient)
    assert [kind.model for kind, _pk, _said in amendable.entries(patient.pk, south)] == [Patient]
    assert "Note" in browser_of(reception).get(f"/patients/{patient.pk}/amendments/add").content.decode()
    assert f":{signed.pk}" not in browser_of(desk).get(f"/patients/{patient.pk}/amendments/add").content.decode()
    with pytest.raises(Refused, match="no such entry"):
        enter(desk, patient, signed)
    forced = enter(desk, patient)
    assert "Cough" not in browser_of(doctor).get(f"/patients/amendments/{forced.pk}/").content.decode()


def test_nobody_decides_what_they_entered_by_another_account(
    reception: User, doctor: User, person: MakeUser, patient: Patient, allergy: Allergy
) -> None:
    for user in (reception, doctor):
        employee = Employee.objects.filter(user=user).first() or employ(user, "nurse", reception.facility)
        Employee.objects.filter(pk=employee.pk).update(given_name="Ama", family_name="Weber", phone="+44 20 7946 0777")
    asked = enter(reception, patient, allergy)
    with pytest.raises(Refused, match="enters a request"):
        amendments.deny(doctor, request_id=asked.pk, ground="accurate", answer="No")


# What the database holds


@pytest.mark.parametrize(
    "change",
    [
        "wanted = 'something else'",
        "received_on = received_on - 9",
        "patient_id = gen_random_uuid()",
        "status = 'accepted'",
        "status = 'denied', decided_at = now(), answer = 'x'",
        "disagreement = 'x', disagreed_on = now()",
        "rebuttal = 'x'",
        "due_on = received_on - 1",
        "status = 'accepted', decided_at = now(), answer = 'x', decided_by_id = entered_by_id",
    ],
)
def test_the_database_keeps_the_request_whole(reception: User, patient: Patient, change: str) -> None:
    enter(reception, patient)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update patients_amendmentrequest set {change}")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("delete from patients_amendmentrequest")


def test_the_database_lets_a_whole_decision_through(reception: User, doctor: User, patient: Patient) -> None:
    """The check above can fail."""
    enter(reception, patient)
    with connection.cursor() as cursor:
        cursor.execute(
            "update patients_amendmentrequest set status = 'accepted', decided_at = now(), answer = 'x', decided_by_id = %s",
            [doctor.pk],
        )
        assert cursor.rowcount == 1


# In the browser, and on paper


def test_the_whole_way_in_the_browser(
    reception: User, doctor: User, patient: Patient, allergy: Allergy, browser_of: BrowserOf
) -> None:
    desk, desk_address = browser_of(reception), f"/patients/{patient.pk}/amendments/add"
    fields = {**ASKED, "entry": f"patients.allergy:{allergy.pk}", "received_on": "2099-01-01"}
    answer = desk.post(desk_address, {**fields, "_key": uuid4()})
    assert answer.status_code == 422 and "lies in the future" in answer.content.decode()
    fields["received_on"] = clock.today(reception.facility).isoformat()
    key = uuid4()
    for _twice in range(2):
        assert desk.post(desk_address, {**fields, "_key": key}).status_code == 302
    asked = AmendmentRequest.objects.get()
    assert "Latex" not in desk.get(f"/patients/amendments/{asked.pk}/").content.decode()
    clinic, address = browser_of(doctor), f"/patients/amendments/{asked.pk}/"
    page = clinic.get(address).content.decode()
    assert "Latex" in page and "Accept and amend" in page
    assert desk.post(f"{address}accept", {"answer": "x", "_key": uuid4()}).status_code == 422
    fields = {"ground": "accurate", "answer": "Tested twice.", "_key": uuid4()}
    assert clinic.post(f"{address}deny", fields).status_code == 302
    assert "The patient disagrees" in desk.get(address).content.decode()
    assert desk.post(f"{address}disagree", {"disagreement": "No", "_key": uuid4()}).status_code == 302
    assert clinic.post(f"{address}rebut", {"rebuttal": "Yes", "_key": uuid4()}).status_code == 302
    assert desk.get(f"{address}letter.pdf").headers["Content-Type"] == "application/pdf"


@pytest.mark.printed
def test_the_letter_of_a_denial_says_why_and_what_the_patient_may_do(
    reception: User, doctor: User, patient: Patient, allergy: Allergy, settings: object
) -> None:
    settings.COMPLAINTS_TO = "the Commissioner, 1 Court Road"
    asked = enter(reception, patient, allergy)
    amendments.deny(doctor, request_id=asked.pk, ground="accurate", answer="Tested twice.")
    text = text_of(Document.objects.get(kind=DocumentKind.AMENDMENT_ANSWER))
    for words in (
        "Your request is denied", "accurate and complete", "Tested twice.", "statement of your disagreement",
        "the Commissioner, 1 Court Road", f"To {patient.name}", f"Asked for by: {asked.asker}", patient.mrn, "Page 1 of 1", "I never smoked",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.printed
def test_the_letter_of_an_acceptance_says_what_was_amended(reception: User, doctor: User, patient: Patient) -> None:
    encounters.open_encounter(reception, patient=patient)
    asked = enter(reception, patient)
    amendments.accept(doctor, request_id=asked.pk, answer="Has never smoked.")
    text = text_of(Document.objects.get(kind=DocumentKind.AMENDMENT_ANSWER))
    assert "Your request is accepted" in text and "Has never smoked." in text and "denied" not in text


def test_a_decision_fails_with_its_audit_row(
    reception: User, doctor: User, patient: Patient, allergy: Allergy, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = enter(reception, patient, allergy)

    def full(*args: object, **kwargs: object) -> None:
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(AuditEvent.objects, "create", full)
    with pytest.raises(DatabaseError), transaction.atomic():
        amendments.accept(doctor, request_id=asked.pk, answer="x")
    asked.refresh_from_db()
    assert asked.status == "open"


def test_every_kind_that_is_registered_is_offered_and_found(reception: User, patient: Patient) -> None:
    names = {kind.name for kind in amendable.kinds()}
    assert {
        "laboratory.diagnosticreport",
        "wards.nursingnote",
        "wards.dischargesummary",
        "pharmacy.prescription",
    } <= names
    ((kind, pk, said),) = amendable.entries(patient.pk, reception.facility)
    assert (kind.model, pk) == (Patient, patient.pk) and "Who the patient is" in said


# Two who decide at once


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told(
    reception: User, person: MakeUser, patient: Patient, visit: Encounter
) -> None:
    doctors = [person("doctor"), person("doctor")]
    asked = enter(reception, patient)
    barrier, outcomes = Barrier(2), []

    def decide(actor: User) -> None:
        try:
            barrier.wait(10)
            amendments.deny(actor, request_id=asked.pk, ground="accurate", answer=f"By {actor.username}")
            outcomes.append("done")
        except (Refused, IntegrityError) as refusal:
            outcomes.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=decide, args=[each]) for each in doctors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome == "done" for outcome in outcomes) == [False, True]
    assert any("answered already" in outcome for outcome in outcomes)
    assert Document.objects.filter(kind=DocumentKind.AMENDMENT_ANSWER).count() == 1
    assert AuditEvent.objects.filter(action="patients.amendment.denied").count() == 1
