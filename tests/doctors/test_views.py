from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import Charge
from doctors.models import Availability, AvailabilityException, Doctor, Specialty
from doctors.services import consultation, hours
from hms.core import clock
from hms.core.models import AuditEvent, Facility, User
from patients.models import CarePlan, ClinicalNote, Encounter, Patient
from patients.services import clinical, encounters, notes
from tests.conftest import make_patient
from tests.doctors.conftest import list_price, make_doctor
from tests.doctors.test_services import picture
from tests.staff.conftest import hire


@pytest.fixture
def desk(obi: User, doctor: Doctor, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(obi)


@pytest.fixture
def office(hr: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(hr)


def send(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(f"doctors:{name}", args=args), {"_key": str(uuid.uuid4()), **fields})


def see(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(f"doctors:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


# The desk


def test_a_consultation_from_the_first_click_to_the_last(
    desk: Client, obi: User, visit: Encounter, codes: list[str]
) -> None:
    assert "Waiting for any doctor" in see(desk, "desk")
    page = see(desk, "desk-encounter", visit.pk)
    assert "Start consultation" in page
    assert "Meera Raghunathan" in page
    assert "Allergies not recorded" in page
    send(desk, "start", visit.pk)
    assert "Sign and close" in see(desk, "desk-encounter", visit.pk)
    send(desk, "desk-encounter", visit.pk, act="draft", complaint="Tingling in both feet", codes=codes)
    page = see(desk, "desk-encounter", visit.pk)
    assert "Tingling in both feet" in page
    assert "Type 2 diabetes mellitus with diabetic polyneuropathy" in page
    answer = send(
        desk, "desk-encounter", visit.pk, act="close", complaint="Tingling in both feet", codes=codes, plan="Podiatry"
    )
    assert answer.headers["Location"] == reverse("doctors:desk")
    visit.refresh_from_db()
    assert visit.status == "finished"
    assert ClinicalNote.objects.get().status == "signed"
    assert Charge.objects.get().amount == Decimal("80.00")
    day = see(desk, "desk")
    assert "Seen today" in day
    assert "the visit is closed" in day
    assert "Podiatry" in see(desk, "desk-encounter", visit.pk)


def test_sign_and_close_pressed_twice_is_one_act(desk: Client, visit: Encounter) -> None:
    fields = {"_key": str(uuid.uuid4()), "act": "close", "complaint": "Cough"}
    first = desk.post(reverse("doctors:desk-encounter", args=[visit.pk]), fields)
    second = desk.post(reverse("doctors:desk-encounter", args=[visit.pk]), fields)
    assert first.headers["Location"] == second.headers["Location"]
    assert Charge.objects.count() == ClinicalNote.objects.count() == 1


def test_what_was_typed_survives_a_refusal(desk: Client, visit: Encounter) -> None:
    answer = send(desk, "desk-encounter", visit.pk, act="sign", complaint="Cough for a week", codes=["NOPE"])
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Cough for a week" in page
    assert "not an ICD-10-CM code" in page


def test_codes_can_be_typed_where_nothing_helps_to_pick(desk: Client, visit: Encounter, codes: list[str]) -> None:
    send(desk, "desk-encounter", visit.pk, act="draft", complaint="Feet", typed_codes="i10, e11.42")
    assert ClinicalNote.objects.get().draft_codes == ["I10", "E11.42"]


def test_the_draft_is_kept_while_the_doctor_writes(desk: Client, visit: Encounter) -> None:
    page = see(desk, "desk-encounter", visit.pk)
    for text in ("Cough", "Cough and fever"):
        key = re.search(r'id="note-saved".*?name="_key" value="([^"]+)"', page).group(1)
        answer = desk.post(
            reverse("doctors:desk-draft", args=[visit.pk]),
            {"_key": key, "complaint": text},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 201
        page = answer.content.decode()
        assert "draft saved" in page
    assert ClinicalNote.objects.get().complaint == "Cough and fever"


def test_a_draft_is_thrown_away_after_asking(desk: Client, visit: Encounter) -> None:
    send(desk, "desk-draft", visit.pk, complaint="the wrong patient")
    assert "Throw the draft away" in see(desk, "desk-encounter", visit.pk)
    assert "the wrong patient" in see(desk, "discard-draft", visit.pk)
    send(desk, "discard-draft", visit.pk)
    page = see(desk, "desk-encounter", visit.pk)
    assert "the wrong patient" not in page
    assert "Throw the draft away" not in page


def test_a_draft_that_cannot_be_kept_says_so(desk: Client, visit: Encounter, obi: User) -> None:
    consultation.sign(obi, encounter_id=visit.pk, codes=[], complaint="Cough", close=True)
    answer = send(desk, "desk-draft", visit.pk, complaint="late words")
    assert answer.status_code == 422
    assert "Not saved" in answer.content.decode()


def test_a_treatment_plan_is_agreed_and_ended_at_the_desk(desk: Client, visit: Encounter) -> None:
    send(desk, "add-plan", visit.pk, title="HbA1c below 7", activities="Diet, metformin", review_on="2027-03-01")
    plan = CarePlan.objects.get()
    assert "HbA1c below 7" in see(desk, "desk-plans", visit.pk)
    send(desk, "end-plan", visit.pk, plan.pk, completed="yes")
    plan.refresh_from_db()
    assert plan.status == "completed"


def test_a_look_at_the_desk_is_recorded(desk: Client, obi: User, visit: Encounter) -> None:
    see(desk, "desk-encounter", visit.pk)
    event = AuditEvent.objects.get(action="doctors.desk.opened")
    assert (event.actor, event.patient_id) == (obi, visit.patient_id)


def test_visits_of_another_facility_do_not_exist_here(
    desk: Client, south: Facility, person: Callable[..., User]
) -> None:
    front = person("receptionist", south)
    theirs = encounters.open_encounter(front, patient=make_patient(front, "Zora", "Elsewhere"))
    for answer in (
        desk.get(reverse("doctors:desk-encounter", args=[theirs.pk])),
        send(desk, "start", theirs.pk),
        send(desk, "desk-draft", theirs.pk, complaint="x"),
    ):
        assert answer.status_code == 404
        assert b"Elsewhere" not in answer.content
    assert b"Elsewhere" not in desk.get(reverse("doctors:desk")).content


def test_a_visit_left_open_is_not_forgotten(desk: Client, obi: User, visit: Encounter) -> None:
    consultation.start(obi, encounter_id=visit.pk)
    Encounter.objects.filter(pk=visit.pk).update(started_at=clock.now() - timedelta(days=3))
    assert "Left open on earlier days" in see(desk, "desk")


@pytest.mark.parametrize("role", ["receptionist", "nurse", "hr", "administrator", "cashier"])
def test_only_doctors_sit_at_the_desk(client_as: Callable[..., Client], visit: Encounter, role: str) -> None:
    client = client_as(role)
    assert client.get(reverse("doctors:desk")).status_code == 403
    assert client.get(reverse("doctors:desk-encounter", args=[visit.pk])).status_code == 403


def test_the_desk_stays_within_twelve_queries_however_long_the_record(
    desk: Client, obi: User, reception: User, patient: Patient, visit: Encounter, codes: list[str]
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            see(desk, "desk-encounter", visit.pk)
        return len(queries)

    def live(number: int) -> None:
        clinical.record_allergy(reception, patient_id=patient.pk, substance=f"Substance {number}")
        clinical.add_condition(obi, patient_id=patient.pk, display=f"Problem {number}")
        clinical.record_vitals(obi, encounter_id=visit.pk, values={"pulse": Decimal(70)})
        clinical.add_care_plan(obi, encounter_id=visit.pk, title=f"Goal {number}", activities="x", review_on=None)
        consultation.sign(obi, encounter_id=visit.pk, codes=codes, complaint=f"Note {number}")
        earlier = encounters.open_encounter(reception, patient=patient)
        Encounter.objects.filter(pk=earlier.pk).update(started_at=clock.now() - timedelta(days=30 + number))
        consultation.sign(obi, encounter_id=earlier.pk, codes=codes, complaint="Earlier", close=True)

    live(0)
    notes.save_draft(obi, encounter_id=visit.pk, codes=codes, complaint="now")
    few = cost()
    for number in range(1, 30):
        live(number)
    notes.save_draft(obi, encounter_id=visit.pk, codes=codes, complaint="now")
    assert cost() == few <= 12


def test_the_day_costs_the_same_for_one_patient_or_thirty(desk: Client, reception: User, visit: Encounter) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            see(desk, "desk")
            see(desk, "desk-panel")
        return len(queries)

    few = cost()
    for number in range(29):
        encounters.open_encounter(reception, patient=make_patient(reception, f"Given{number}", f"Family{number}"))
    assert cost() == few <= 24


# Profiles


def test_hr_adds_a_doctor_and_plans_the_week(office: Client, hr: User, cardiology: Specialty) -> None:
    employee = hire(hr, "Kwame", "Asante", title="Dr", profession="doctor")
    list_price(hr, cardiology)
    send(
        office,
        "add-doctor",
        employee=employee.pk,
        specialty=cardiology.pk,
        licence_number="GMC 1",
        fee="75.50",
        accepts_new="on",
    )
    doctor = Doctor.objects.get()
    assert (doctor.fee, doctor.accepts_new) == (Decimal("75.50"), True)
    today = clock.today(hr.facility)
    week = {"slot_minutes": 15, "valid_from": today.isoformat(), "starts": "09:00", "ends": "12:00"}
    send(office, "set-availability", doctor.pk, weekday=today.weekday(), **week)
    assert "09:00–12:00" in see(office, "doctor", doctor.pk)
    assert "09:00–12:00" in see(office, "doctors")
    answer = send(office, "set-availability", doctor.pk, weekday=today.weekday(), **{**week, "starts": "11:00"})
    assert answer.status_code == 422
    assert "overlap" in answer.content.decode()
    send(office, "add-exception", doctor.pk, kind="away", first=today.isoformat(), reason="ill")
    assert "not today" in see(office, "doctors")
    send(office, "remove-exception", AvailabilityException.objects.get().pk)
    send(office, "end-availability", Availability.objects.get().pk, last_day=today.isoformat())
    assert Availability.objects.get().valid_until == today


def test_a_doctor_plans_their_own_hours_and_nobody_elses(
    desk: Client, hr: User, doctor: Doctor, cardiology: Specialty
) -> None:
    colleague = make_doctor(hr, cardiology)
    row = hours.set_availability(
        hr,
        doctor_id=colleague.pk,
        weekday=1,
        starts=time(9),
        ends=time(12),
        slot_minutes=20,
        valid_from=date(2027, 1, 1),
    )
    week = {"weekday": 0, "slot_minutes": 15, "valid_from": "2027-01-01", "starts": "09:00", "ends": "12:00"}
    assert send(desk, "set-availability", doctor.pk, **week).status_code == 302
    assert send(desk, "set-availability", colleague.pk, **week).status_code == 403
    assert send(desk, "add-exception", colleague.pk, kind="away", first="2027-01-04").status_code == 403
    assert send(desk, "end-availability", row.pk, last_day="2027-01-04").status_code == 403
    assert Availability.objects.filter(doctor=colleague, valid_until=None).count() == 1
    assert "Weekly hours" not in see(desk, "hours", colleague.pk)


def test_a_doctor_keeps_their_signature(
    desk: Client, doctor: Doctor, office: Client, client_as: Callable[..., Client]
) -> None:
    upload = SimpleUploadedFile("sign.png", picture(size=(600, 200)), "image/png")
    assert send(desk, "set-signature", picture=upload).status_code == 302
    shown = desk.get(reverse("doctors:signature", args=[doctor.pk]))
    assert (shown.headers["Content-Type"], shown.content[:4]) == ("image/png", b"\x89PNG")
    assert office.get(reverse("doctors:signature", args=[doctor.pk])).status_code == 200
    assert client_as("receptionist").get(reverse("doctors:signature", args=[doctor.pk])).status_code == 403
    wrong = SimpleUploadedFile("sign.png", b"nonsense", "image/png")
    assert send(desk, "set-signature", picture=wrong).status_code == 422
    send(desk, "remove-signature")
    doctor.refresh_from_db()
    assert doctor.signature is None


def test_a_doctor_of_another_facility_does_not_exist_here(
    office: Client, south: Facility, cardiology: Specialty, person: Callable[..., User]
) -> None:
    theirs = make_doctor(person("hr", south), cardiology, licence_number="S-SECRET")
    for name in ("doctor", "change-doctor", "hours", "set-availability", "signature"):
        assert office.get(reverse(f"doctors:{name}", args=[theirs.pk])).status_code == 404
    assert b"Obi" not in office.get(reverse("doctors:doctors")).content


def test_who_stops_consulting_leaves_the_list(office: Client, doctor: Doctor) -> None:
    send(office, "stop-consulting", doctor.pk, reason="sabbatical")
    assert "Not consulting" in see(office, "doctor", doctor.pk)
    assert "Obi" not in see(office, "doctors")
    send(office, "resume-consulting", doctor.pk, reason="back")
    assert "Obi" in see(office, "doctors")


def test_the_list_costs_the_same_for_one_doctor_or_thirty(office: Client, hr: User, cardiology: Specialty) -> None:
    def add() -> None:
        hours.set_availability(
            hr,
            doctor_id=make_doctor(hr, cardiology).pk,
            weekday=clock.today(hr.facility).weekday(),
            starts=time(9),
            ends=time(12),
            slot_minutes=20,
            valid_from=date(2026, 1, 1),
        )

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            see(office, "doctors")
        return len(queries)

    add()
    few = cost()
    for _ in range(29):
        add()
    assert cost() == few <= 12


def test_the_list_is_filtered_and_exported(office: Client, doctor: Doctor, cardiology: Specialty) -> None:
    file = office.get(reverse("doctors:doctors"), {"specialty": "card", "format": "csv"})
    assert "Adaeze Obi" in b"".join(file.streaming_content).decode()
    assert "Obi" not in office.get(reverse("doctors:doctors"), {"specialty": "derm"}).content.decode()


def test_every_other_page_opens(office: Client, desk: Client, hr: User, doctor: Doctor, visit: Encounter) -> None:
    row = hours.set_availability(
        hr,
        doctor_id=doctor.pk,
        weekday=1,
        starts=time(9),
        ends=time(12),
        slot_minutes=20,
        valid_from=date(2027, 1, 1),
    )
    for name, *args in (
        ("add-doctor",),
        ("change-doctor", doctor.pk),
        ("stop-consulting", doctor.pk),
        ("resume-consulting", doctor.pk),
        ("hours", doctor.pk),
        ("set-availability", doctor.pk),
        ("add-exception", doctor.pk),
        ("end-availability", row.pk),
    ):
        see(office, name, *args)
    for name, *args in (("set-signature",), ("add-plan", visit.pk), ("doctor", doctor.pk), ("hours", doctor.pk)):
        see(desk, name, *args)


def test_administrators_keep_specialties_and_only_look_at_doctors(
    person: Callable[..., User], browser_of: Callable[[User], Client], doctor: Doctor
) -> None:
    admin = browser_of(person("administrator"))
    admin.post("/admin/doctors/specialty/add/", {"_key": str(uuid.uuid4()), "code": "derm", "name": "Dermatology"})
    assert Specialty.objects.filter(code="derm").exists()
    assert AuditEvent.objects.filter(action="doctors.specialty.set").exists()
    for name in ("doctor", "availability", "availabilityexception"):
        assert admin.get(f"/admin/doctors/{name}/").status_code == 200
        assert admin.get(f"/admin/doctors/{name}/add/").status_code == 403


def test_a_changed_profile_is_audited_by_its_fields(office: Client, doctor: Doctor) -> None:
    send(
        office,
        "change-doctor",
        doctor.pk,
        specialty=doctor.specialty_id,
        licence_number=doctor.licence_number,
        fee="99",
        room="Room 5",
    )
    doctor.refresh_from_db()
    assert (doctor.fee, doctor.accepts_new) == (Decimal(99), False)
    rest, fee = (row.detail for row in AuditEvent.objects.filter(action="doctors.doctor.changed").order_by("id"))
    assert sorted(rest["fields"]) == ["accepts_new", "room"]
    assert (fee["fields"], fee["fee"]) == (["fee"], "80.00")


def test_the_profile_says_whether_the_fee_is_the_doctors_own_or_the_price_lists(office: Client, doctor: Doctor) -> None:
    address = reverse("doctors:doctor", args=[doctor.pk])
    assert "own fee" in office.get(address).content.decode()
    form = office.get(reverse("doctors:change-doctor", args=[doctor.pk])).content.decode()
    assert "for Cardiology now 80.00" in form
    fields = {"specialty": doctor.specialty_id, "licence_number": doctor.licence_number, "fee": ""}
    assert send(office, "change-doctor", doctor.pk, **fields).status_code == 302
    shown = office.get(address).content.decode()
    assert "by the price list" in shown
    assert "80.00" in shown
    assert "80.00" in office.get(reverse("doctors:doctors")).content.decode()
