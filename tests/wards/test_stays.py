"""A stay: into a bed, to another, bed-days by the hospital's midnights, and home with a bill."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import Error, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.models import Charge, Invoice, LedgerTransaction
from billing.services import charges, invoices
from hms.core import approvals, clock, documents, outbox
from hms.core.logs import JsonFormatter
from hms.core.models import Approval, Department, Document, DocumentKind, Facility, Notification, User
from hms.core.refusals import Refused
from laboratory.services import orders
from patients.models import Encounter, Patient
from patients.services import clinical, encounters
from patients.services import notes as chart_notes
from pharmacy.services import prescribing
from reports import figures
from tests.billing.conftest import faults, text_of
from tests.conftest import make_patient
from tests.laboratory.conftest import enter, make_test, order, verify
from tests.pharmacy.conftest import make_product, prescribe
from tests.wards.conftest import admit, discharge, make_ward
from wards import board, rounds
from wards.models import Admission, Bed, BedDay, BedStay, NursingNote, Ward
from wards.services import admission, bed_days, notes
from wards.services import beds as bed_states
from wards.tasks import accrue_bed_days


def at(text: str) -> datetime:
    """An instant given in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stay(actor: User, patient: Patient, bed: Bed, came: str, left: str) -> Admission:
    """A stay from one instant to another, discharged by the actor."""
    with time_machine.travel(at(came), tick=False) as clock:
        made = admit(actor, patient, bed)
        clock.move_to(at(left))
        discharge(actor, made)
    return made


@pytest.mark.parametrize(
    ("came", "left", "days"),
    [
        ("2026-06-01 08:00", "2026-06-01 15:00", 1),
        ("2026-06-01 08:00", "2026-06-03 10:00", 2),
        # London is an hour ahead of UTC in summer: half past eleven in UTC is past midnight.
        ("2026-06-01 22:30", "2026-06-01 23:30", 1),
        ("2026-06-01 23:30", "2026-06-02 22:30", 1),
        ("2026-06-01 22:30", "2026-06-02 23:30", 2),
        # The nights in which the clocks change: 28 Mar and 24 Oct 2026.
        ("2026-03-28 12:00", "2026-03-29 23:30", 2),
        ("2026-10-24 12:00", "2026-10-25 23:30", 1),
        ("2026-10-24 12:00", "2026-10-26 00:30", 2),
    ],
)
def test_a_bed_day_is_the_day_of_admission_and_each_further_local_midnight(
    nurse: User, patient: Patient, beds: list[Bed], came: str, left: str, days: int
) -> None:
    made = stay(nurse, patient, beds[0], came, left)
    assert made.bed_days.count() == days
    assert Charge.objects.count() == days
    assert set(made.encounter.charges.values_list("source_type", flat=True)) == {"wards.bedday"}
    assert [fault for fault in faults() if "closed visits" not in fault] == []


def test_a_facility_in_new_york_has_its_own_midnight(person, south: Facility) -> None:
    there = person("nurse", south)
    (bed,) = make_ward(south, "9")
    made = stay(there, make_patient(there), bed, "2026-06-01 14:00", "2026-06-02 03:30")
    assert list(made.bed_days.values_list("day", flat=True)) == [date(2026, 6, 1)]


def test_bed_days_are_charged_each_night_once_at_the_ward_where_the_patient_lay(
    nurse: User, patient: Patient, beds: list[Bed], north: Facility
) -> None:
    (intensive,) = make_ward(north, "ICU-1", code="ICU")
    with time_machine.travel(at("2026-06-01 08:00"), tick=False) as clock:
        made = admit(nurse, patient, beds[0])
        assert accrue_bed_days() == {"charged": 0, "failed": 0}
        clock.move_to(at("2026-06-02 09:00"))
        assert accrue_bed_days() == {"charged": 1, "failed": 0}
        assert accrue_bed_days() == {"charged": 0, "failed": 0}
        admission.transfer(nurse, admission_id=made.pk, bed_id=intensive.pk, reason="Worse")
        clock.move_to(at("2026-06-04 09:00"))
        discharge(nurse, made)
        assert bed_days.accrue(nurse, admission_id=made.pk) == 0
    days = [(str(row.day), row.bed.label) for row in made.bed_days.select_related("bed")]
    assert days == [("2026-06-01", "1A"), ("2026-06-02", "ICU-1"), ("2026-06-03", "ICU-1")]
    assert set(Charge.objects.values_list("service__code", flat=True)) == {"BED-W1", "BED-ICU"}
    outbox.drain()
    assert Invoice.objects.get().total == Decimal(360)
    # Each on its own day: on the bill, on paper, in the revenue and in the ledger.
    assert [line["date"] for line in invoices.snapshot(Invoice.objects.get())["lines"]] == [
        "01 Jun",
        "02 Jun",
        "03 Jun",
    ]
    week = figures.revenue(figures.Period(north, date(2026, 6, 1), date(2026, 6, 4)))
    assert [row.charged for row in week] == [Decimal(120)] * 3 + [Decimal(0)]
    moved = LedgerTransaction.objects.filter(kind="charge").values_list("occurred_at", flat=True)
    assert sorted(moved) == list(Charge.objects.values_list("occurred_at", flat=True))


def test_a_stay_that_cannot_be_charged_stops_nobody_elses_bed_days_and_is_told(
    nurse: User, reception: User, person, beds: list[Bed], caplog: pytest.LogCaptureFixture
) -> None:
    accountant = person("accountant")
    stays = [admit(nurse, make_patient(reception, f"Ivo {number}"), bed) for number, bed in enumerate(beds)]
    Encounter.objects.filter(pk=stays[1].encounter_id).update(status="cancelled", ended_at=clock.now())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=False):
        assert accrue_bed_days() == {"charged": 2, "failed": 1}
        assert accrue_bed_days() == {"charged": 0, "failed": 1}
        told = Notification.objects.get(user=accountant)  # once a day, not every hour
    assert [stay.bed_days.count() for stay in stays] == [1, 0, 1]
    assert Charge.objects.count() == 2
    assert "1 stay could not be charged" in told.text
    written = [record for record in caplog.records if record.name == "hms.wards"]
    assert {getattr(record, "admission_id", str(stays[1].pk)) for record in written} == {str(stays[1].pk)}
    shown = " ".join(JsonFormatter().format(record) for record in written) + told.text
    assert "bed-days of a stay not charged" in shown
    assert "Ivo" not in shown
    assert stays[1].patient.mrn not in shown


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
    outbox.drain()
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


def test_the_board_shows_who_lies_where_and_what_to_know(
    nurse: User, person, patient: Patient, beds: list[Bed], north: Facility, browser_of
) -> None:
    admit(nurse, patient, beds[0])
    clinical.record_allergy(nurse, patient_id=patient.pk, substance="Latex")
    admit(nurse, make_patient(nurse, "Nobody", "Asked"), beds[1])
    bed_states.set_state(nurse, bed_id=beds[2].pk, state="blocked", reason="Broken rail")
    places = board.of(nurse, beds[0].room.ward, date.today())
    assert [place.state for place in places] == ["occupied", "occupied", "blocked"]
    assert (places[0].allergies, places[0].day) == (["Latex"], 1)
    assert places[1].unknown_allergies
    html = browser_of(nurse).get("/wards/").content.decode()
    for shown in ("Meera Raghunathan", "Latex", "Nobody Asked", "Broken rail"):
        assert shown in html


def test_the_board_asks_as_much_for_thirty_beds_as_for_one(
    nurse: User, north: Facility, browser_of, django_assert_max_num_queries
) -> None:
    beds = make_ward(north, *(f"B{number:02}" for number in range(30)))
    client = browser_of(nurse)
    admit(nurse, make_patient(nurse, "First"), beds[0])
    client.get("/wards/")
    with django_assert_max_num_queries(12) as few:
        client.get("/wards/")
    for number, bed in enumerate(beds[1:]):
        admit(nurse, make_patient(nurse, f"Ivo {number}"), bed)
    with django_assert_max_num_queries(12) as many:
        client.get("/wards/")
    assert len(many) == len(few)


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


def test_a_nurses_first_page_lists_her_wards_patients_and_whose_vital_signs_are_due(
    nurse: User, beds: list[Bed], north: Facility, browser_of
) -> None:
    own = Department.objects.create(facility=north, code="medicine", name="Medicine")
    (elsewhere,) = make_ward(north, "9Z", code="W9")
    Ward.objects.filter(code="W1").update(department=own)
    measured, due = make_patient(nurse, "Ada", "Fresh"), make_patient(nurse, "Bea", "Due")
    with time_machine.travel(clock.now() - timedelta(hours=20), tick=False):
        stays = [admit(nurse, measured, beds[0]), admit(nurse, due, beds[1])]
        admit(nurse, make_patient(nurse, "Cleo", "Away"), elsewhere)
    clinical.record_vitals(nurse, encounter_id=stays[0].encounter_id, values={"pulse": Decimal(70)})
    clinical.confirm_no_allergies(nurse, patient_id=measured.pk)
    lines = {line.patient.pk: line for line in rounds.of(nurse, rounds.own_wards(nurse, own))}
    assert set(lines) == {measured.pk, due.pk}
    assert not lines[measured.pk].overdue
    assert not lines[measured.pk].ask_allergies
    assert lines[due.pk].overdue
    assert lines[due.pk].ask_allergies
    nurse.memberships.update(department=own)
    browser = browser_of(nurse)
    page = browser.get("/wards/today/patients").content.decode()
    assert "Bea" in page
    assert "Cleo" not in page
    assert "Ward W1" in browser.get("/wards/").content.decode()
    nurse.memberships.update(department=None)
    assert "Cleo" in browser.get("/wards/today/patients").content.decode()


def test_the_nurses_first_page_asks_as_much_for_thirty_patients_as_for_one(
    nurse: User, north: Facility, browser_of
) -> None:
    beds = make_ward(north, *(f"B{n:02}" for n in range(30)))
    browser = browser_of(nurse)

    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert browser.get("/wards/today/patients").status_code == 200
        return len(seen)

    admit(nurse, make_patient(nurse, "Person", "Zero"), beds[0])
    asked()
    one = asked()
    for n, bed in enumerate(beds[1:]):
        admit(nurse, make_patient(nurse, f"Person {n}", "More"), bed)
    assert asked() == one


def test_the_board_says_allergies_in_words(nurse: User, patient: Patient, beds: list[Bed], browser_of) -> None:
    admit(nurse, patient, beds[0])
    assert "Allergies not asked" in browser_of(nurse).get("/wards/").content.decode()


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


def test_who_lies_in_a_bed_is_not_offered_another(nurse: User, patient: Patient, beds: list[Bed], browser_of) -> None:
    client = browser_of(nurse)
    assert f"/wards/patients/{patient.pk}/admit" in client.get(f"/patients/{patient.pk}/").content.decode()
    made = admit(nurse, patient, beds[0])
    assert f"/wards/patients/{patient.pk}/admit" not in client.get(f"/patients/{patient.pk}/").content.decode()
    discharge(nurse, made)
    assert f"/wards/patients/{patient.pk}/admit" in client.get(f"/patients/{patient.pk}/").content.decode()


def test_a_bed_day_may_stay_free_of_charge_when_a_second_person_agrees_and_the_books_say_so(
    nurse: User, person, manager: User, patient: Patient, beds: list[Bed], browser_of
) -> None:
    accountant = person("accountant")
    made = admit(nurse, patient, beds[0])
    discharge(nurse, made)
    outbox.drain()
    charge = Charge.objects.get()
    client = browser_of(accountant)
    sent = {"reason": "Our own mistake", "waived": "on", "_key": uuid4()}
    assert client.post(f"/billing/charges/{charge.pk}/reverse", sent).status_code == 302
    assert not Charge.objects.filter(reverses=charge).exists(), "above what accounting waives alone"
    approvals.approve(manager, approval_id=Approval.objects.get().pk)
    assert Charge.objects.get(reverses=charge).waived and not Charge.objects.to_charge_again().exists()
    assert faults() == []


def test_a_bed_day_that_is_reversed_without_a_word_on_it_owes_an_answer(
    nurse: User, person, patient: Patient, beds: list[Bed]
) -> None:
    made = admit(nurse, patient, beds[0])
    discharge(nurse, made)
    outbox.drain()
    charges.reverse(person("accountant"), charge_id=Charge.objects.get().pk, reason="Wrong price")
    assert Charge.objects.to_charge_again().exists()
    assert any("no charge stands" in fault for fault in faults())


def test_a_doctor_goes_from_the_desk_to_the_stay(
    nurse: User, person, patient: Patient, beds: list[Bed], browser_of
) -> None:
    made = admit(nurse, patient, beds[0])
    client = browser_of(person("doctor"))
    desk = client.get(f"/doctors/desk/{made.encounter_id}/").content.decode()
    assert "Stay and discharge" in desk
    answer = client.get(f"/wards/visits/{made.encounter_id}/stay")
    assert answer.headers["Location"] == f"/wards/stays/{made.pk}/"
