"""A stay: into a bed, to another, noted on, and home with a bill."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import Error, IntegrityError, connection, transaction

from billing.models import Charge, Invoice
from hms.core import clock, documents
from hms.core.models import Document, DocumentKind, Facility, User
from hms.core.refusals import Refused
from laboratory.services import orders
from patients.models import Patient
from patients.services import encounters
from patients.services import notes as chart_notes
from pharmacy.services import prescribing
from tests.billing.conftest import faults, text_of
from tests.conftest import drain, make_patient
from tests.laboratory.conftest import enter, make_test, order, verify
from tests.pharmacy.conftest import make_product, prescribe
from tests.wards.conftest import admit, discharge, make_ward
from wards.models import Bed, BedDay, BedStay, NursingNote
from wards.services import admission, notes
from wards.services import beds as bed_states
from wards.tasks import accrue_bed_days


@pytest.mark.printed
def test_a_discharge_closes_the_visit_frees_the_bed_and_makes_bill_and_paper(
    nurse: User, patient: Patient, beds: list[Bed]
) -> None:
    made = admit(nurse, patient, beds[0])
    admission.discharge(
        nurse,
        admission_id=made.pk,
        diagnosis="Community-acquired pneumonia",
        course="Oxygen and antibiotics.",
        instructions="Finish the tablets.",
        follow_up="X-ray in six weeks",
    )
    drain()
    made.refresh_from_db()
    beds[0].refresh_from_db()
    assert (made.status, made.encounter.status, beds[0].state) == ("discharged", "finished", "cleaning")
    invoice = Invoice.objects.get()
    assert [(line.description[:6], line.amount) for line in invoice.lines.all()] == [("Bed 1A", Decimal(120))]
    found = documents.latest(made.summary, DocumentKind.DISCHARGE_SUMMARY)
    assert (found.number, found.dated) == (made.summary.number, made.ended_at)
    text = " ".join(text_of(bytes(Document.objects.get(pk=found.pk).content)).split())
    for expected in (
        "Meera Raghunathan",
        patient.mrn,
        "Community-acquired pneumonia",
        "Oxygen and antibiotics.",
        "Finish the tablets.",
        "X-ray in six weeks",
        nurse.name,
    ):
        assert expected in text, expected
    with pytest.raises(Refused, match="This stay is over"):
        discharge(nurse, made)
    assert faults() == []


def test_a_transfer_leaves_the_old_bed_to_be_cleaned(nurse: User, patient: Patient, beds: list[Bed]) -> None:
    made = admit(nurse, patient, beds[0])
    admission.transfer(nurse, admission_id=made.pk, bed_id=beds[1].pk, reason="Window")
    for bed in beds:
        bed.refresh_from_db()
    assert [bed.state for bed in beds] == ["cleaning", "ready", "ready"]
    first, second = BedStay.objects.order_by("period")
    assert (first.period.upper, first.bed, second.bed) == (second.period.lower, beds[0], beds[1])
    with pytest.raises(Refused, match="lies in this bed already"):
        admission.transfer(nurse, admission_id=made.pk, bed_id=beds[1].pk, reason="Again")
    with pytest.raises(Refused, match="not ready"):
        admission.transfer(nurse, admission_id=made.pk, bed_id=beds[0].pk, reason="Back")


def test_a_transfer_into_a_taken_bed_leaves_the_patient_where_they_lay(
    nurse: User, reception: User, patient: Patient, beds: list[Bed]
) -> None:
    made = admit(nurse, patient, beds[0])
    admit(nurse, make_patient(reception, "Other"), beds[1])
    with pytest.raises(Refused, match="just taken"):
        admission.transfer(nurse, admission_id=made.pk, bed_id=beds[1].pk, reason="Window")
    assert BedStay.objects.get(admission=made, period__upper_inf=True).bed == beds[0]
    beds[0].refresh_from_db()
    assert beds[0].state == "ready"


def test_a_bed_of_another_facility_is_not_given(nurse: User, patient: Patient, south: Facility) -> None:
    (theirs,) = make_ward(south, "9")
    with pytest.raises(Refused, match="another facility"):
        admit(nurse, patient, theirs)
    (ours,) = make_ward(nurse.facility, "1A")
    made = admit(nurse, patient, ours)
    with pytest.raises(Refused, match="another facility"):
        admission.transfer(nurse, admission_id=made.pk, bed_id=theirs.pk, reason="Nearer")


def test_a_bed_that_is_not_ready_takes_nobody(nurse: User, patient: Patient, beds: list[Bed]) -> None:
    with pytest.raises(Refused, match="Say why"):
        bed_states.set_state(nurse, bed_id=beds[0].pk, state="blocked")
    bed_states.set_state(nurse, bed_id=beds[0].pk, state="blocked", reason="Broken rail")
    with pytest.raises(Refused, match="out of use"):
        admit(nurse, patient, beds[0])
    bed_states.set_state(nurse, bed_id=beds[0].pk, state="ready")
    admit(nurse, patient, beds[0])
    with pytest.raises(Refused, match="A patient lies in this bed"):
        bed_states.set_state(nurse, bed_id=beds[0].pk, state="cleaning")


def test_a_patient_is_admitted_once(nurse: User, patient: Patient, beds: list[Bed]) -> None:
    admit(nurse, patient, beds[0])
    with pytest.raises(Refused, match="already admitted"):
        admit(nurse, patient, beds[1])
    with pytest.raises(Refused, match="in the past"):
        admit(nurse, make_patient(nurse, "Other"), beds[1], expected_on=date(2020, 1, 1))


def test_an_admission_by_mistake_is_cancelled_until_care_was_charged(
    nurse: User, reception: User, patient: Patient, beds: list[Bed]
) -> None:
    wrong = admit(nurse, patient, beds[0])
    admission.cancel(nurse, admission_id=wrong.pk, reason="Wrong patient")
    wrong.refresh_from_db()
    assert (wrong.status, wrong.encounter.status) == ("cancelled", "cancelled")
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        right = admit(nurse, make_patient(reception, "Right"), beds[1])
        clock.shift(timedelta(days=1))
        accrue_bed_days()
        with pytest.raises(Refused, match="Charged to this visit: Bed 1B"):
            admission.cancel(nurse, admission_id=right.pk, reason="Wrong patient")
    assert faults() == []


def test_the_visit_of_who_lies_in_a_bed_ends_with_the_stay_and_not_before(
    nurse: User, patient: Patient, beds: list[Bed], person
) -> None:
    stay = admit(nurse, patient, beds[0])
    for end in (
        lambda: encounters.close(nurse, encounter_id=stay.encounter_id),
        lambda: encounters.cancel(nurse, encounter_id=stay.encounter_id, reason="Oops"),
    ):
        with pytest.raises(Refused, match="lies in a bed"):
            end()
    stay.encounter.refresh_from_db()
    assert stay.encounter.is_open
    admission.cancel(nurse, admission_id=stay.pk, reason="Wrong patient")
    stay.encounter.refresh_from_db()
    assert stay.encounter.status == "cancelled"


def test_two_patients_in_one_bed_are_refused_by_the_database(nurse: User, patient: Patient, beds: list[Bed]) -> None:
    made = admit(nurse, patient, beds[0])
    other = admit(nurse, make_patient(nurse, "Other"), beds[1])
    period = made.stays.get().period
    with pytest.raises(IntegrityError, match="one_patient_per_bed"), transaction.atomic():
        BedStay.objects.filter(admission=other).update(bed=beds[0], period=period)
    with pytest.raises(IntegrityError, match="one_bed_per_patient"), transaction.atomic():
        BedStay.objects.create(admission=made, bed=beds[2], period=period, moved_by=nurse)


def test_notes_and_bed_days_are_never_changed(nurse: User, patient: Patient, beds: list[Bed]) -> None:
    made = admit(nurse, patient, beds[0])
    notes.write(nurse, admission_id=made.pk, kind="nursing", text="Slept well.")
    with pytest.raises(Refused, match="empty"):
        notes.write(nurse, admission_id=made.pk, kind="nursing", text="  ")
    discharge(nurse, made)
    assert notes.write(nurse, admission_id=made.pk, kind="nursing", text="A late entry.").pk
    assert BedDay.objects.count() == 1
    for table in ("wards_nursingnote", "wards_bedday", "wards_dischargesummary"):
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"update {table} set created_at = now()")


def test_a_note_is_corrected_once_by_whoever_wrote_it_and_the_wrong_one_stays(
    nurse: User, person, patient: Patient, beds: list[Bed], browser_of
) -> None:
    made = admit(nurse, patient, beds[0])
    wrong = notes.write(nurse, admission_id=made.pk, kind="nursing", text="Left leg dressed.")
    colleague = person("nurse")
    with pytest.raises(Refused, match="whoever wrote"):
        notes.correct(colleague, note_id=wrong.pk, kind="nursing", text="Right leg dressed.")
    assert "Correct…" not in browser_of(colleague).get(f"/wards/stays/{made.pk}/").content.decode()

    mine = browser_of(nurse)
    assert "Left leg dressed." in mine.get(f"/wards/notes/{wrong.pk}/correct").content.decode()
    sent = {"kind": "nursing", "text": "Right leg dressed.", "_key": uuid4()}
    assert mine.post(f"/wards/notes/{wrong.pk}/correct", sent).status_code == 302
    page = mine.get(f"/wards/stays/{made.pk}/").content.decode()
    assert "<s>Left leg dressed.</s>" in page and "Right leg dressed." in page
    with pytest.raises(Refused, match="already"):
        notes.correct(nurse, note_id=wrong.pk, kind="nursing", text="No leg dressed.")
    with pytest.raises(IntegrityError, match="one_correction"), transaction.atomic():
        NursingNote.objects.create(
            admission=made, patient=patient, text="Twice.", author=nurse, written_at=clock.now(), corrects=wrong
        )


def test_a_stay_with_an_unsigned_note_is_not_discharged_and_stays_whole(
    nurse: User, person, patient: Patient, beds: list[Bed]
) -> None:
    made = admit(nurse, patient, beds[0])
    chart_notes.save_draft(person("doctor"), encounter_id=made.encounter_id, codes=[], plan="To be signed")
    with pytest.raises(Refused, match="not signed"):
        discharge(nurse, made)
    made.refresh_from_db()
    assert made.status == "admitted"
    assert not Charge.objects.exists()


def test_a_stay_of_another_facility_does_not_exist_here(
    nurse: User, patient: Patient, beds: list[Bed], south: Facility, client_as
) -> None:
    made = admit(nurse, patient, beds[0])
    there = client_as("doctor", south)
    for address in ("", "transfer", "discharge"):
        answer = there.get(f"/wards/stays/{made.pk}/{address}")
        assert answer.status_code == 404
        assert "Raghunathan" not in answer.content.decode()
    assert there.get(f"/wards/{beds[0].room.ward_id}/").status_code == 404
    assert encounters.locked(made.encounter_id).is_open


@pytest.mark.printed
def test_the_discharge_begins_with_the_medicines_of_the_stay_and_its_paper_lists_the_verified_results(
    person, patient: Patient, beds: list[Bed], browser_of
) -> None:
    doctor, pharmacist, technician, pathologist = (
        person(role) for role in ("doctor", "pharmacist", "lab_technician", "pathologist")
    )
    made = admit(doctor, patient, beds[0])
    amoxicillin, ibuprofen = make_product(pharmacist), make_product(pharmacist, "Ibuprofen", allergens=[])
    prescribe(doctor, made.encounter, amoxicillin)
    withdrawn = prescribe(doctor, made.encounter, ibuprofen)
    prescribing.cancel(doctor, prescription_id=withdrawn.pk, reason="Not needed")
    crp, urea = make_test(pathologist, "CRP", "CRP", unit="mg/L"), make_test(pathologist, "UREA", "Urea")
    ordered = order(doctor, made.encounter, crp)
    orders.collect(technician, order_id=ordered.pk)
    enter(technician, ordered, CRP="48")
    verify(pathologist, ordered)
    unverified = order(doctor, made.encounter, urea)
    orders.collect(technician, order_id=unverified.pk)
    enter(technician, unverified, UREA="5.5")
    page = browser_of(doctor).get(f"/wards/stays/{made.pk}/discharge").content.decode()
    assert "Amoxicillin 500 mg" in page
    assert "1 three times a day, 5 days" in page
    assert "Ibuprofen" not in page
    discharge(doctor, made)
    paper = text_of(bytes(Document.objects.get(kind=DocumentKind.DISCHARGE_SUMMARY).content))
    assert "CRP" in paper
    assert "48" in paper
    assert "Urea" not in paper
