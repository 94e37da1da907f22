"""The day, finding a free slot, booking it, and what becomes of one appointment."""

from __future__ import annotations

import uuid
from datetime import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, queue
from doctors.models import Doctor, Specialty
from doctors.services import hours
from hms.core.models import AuditEvent, User
from patients.models import Patient
from patients.services import encounters
from tests.appointments.conftest import FRIDAY, at, make_doctor, page, send, slot_query
from tests.billing.conftest import text_of
from tests.conftest import make_patient

HTMX = {"HX-Request": "true"}


# The day


def test_the_day_shows_who_is_booked_what_is_free_and_who_is_away(
    desk: Client, appointment: Appointment, doctor: Doctor, colleague: Doctor, hr: User
) -> None:
    hours.add_exception(
        hr, doctor_id=colleague.pk, kind="away", first=FRIDAY, starts=time(9), ends=time(10), reason="Ward round"
    )
    html = page(desk, "day")
    assert "Friday 20 Nov 2026" in html
    assert "Meera Raghunathan" in html
    assert "1 booked" in html
    assert "Ward round" in html
    assert html.count("slot-free") == 8 + 6
    assert AuditEvent.objects.filter(action="appointments.day.viewed").exists()


def test_a_block_stands_at_its_time(desk: Client, appointment: Appointment) -> None:
    # From nine on in rows of twenty minutes: ten o'clock is the fourth.
    html = page(desk, "day")
    assert "g-rows-9" in html
    assert f'class="slot  g-r-4 g-s-1" href="{reverse("appointments:appointment", args=[appointment.pk])}"' in html


def test_doctors_with_different_slots_share_one_grid(
    desk: Client, doctor: Doctor, hr: User, cardiology: Specialty
) -> None:
    make_doctor(hr, cardiology, "Quarter", slot_minutes=15)
    html = page(desk, "day")
    assert "day-fine" in html
    assert "g-rows-36" in html


def test_the_day_shows_the_hour_and_who_has_waited_longest(
    desk: Client, reception: User, appointment: Appointment, clock: Any
) -> None:
    clock.move_to(at(9, 30))
    arrival.check_in(reception, appointment_id=appointment.pk)
    clock.move_to(at(9, 52))
    html = page(desk, "day")
    assert "1 waiting, longest 22\u00a0min" in html
    assert "Waiting 22 min" in html
    queue.call_next(reception)
    assert "1 waiting" not in page(desk, "day")
    assert "bi-megaphone" in page(desk, "day")
    queue.finish(reception, token_id=QueueToken.objects.get().pk)
    assert "With the doctor" in page(desk, "day")
    assert 'day-now g-r-3 third-2" id="now"' in html
    assert "day-now" not in page(desk, "day", day="2026-11-23")


@pytest.mark.parametrize(
    ("moment", "word"), [(at(9, 50), "Follow-up"), (at(10, 5), "Late"), (at(10, 20), "Not checked in, time passed")]
)
def test_a_patient_who_does_not_come_is_seen_to_be_late(
    desk: Client, appointment: Appointment, clock: Any, moment: Any, word: str
) -> None:
    clock.move_to(moment)
    assert word in page(desk, "day")


def test_the_day_is_narrowed_to_a_specialty(desk: Client, appointment: Appointment, hr: User, db: None) -> None:
    skin = make_doctor(hr, Specialty.objects.create(code="derm", name="Dermatology"), "Gallo")
    html = page(desk, "day", specialty="derm")
    assert skin.name in html
    assert "Raghunathan" not in html


def test_a_day_without_consultations_says_what_to_do(desk: Client, doctor: Doctor) -> None:
    assert "Nobody sees patients on this day" in page(desk, "day", day="2026-11-21")
    assert "Friday 20 Nov 2026" in page(desk, "day", day="2026-99-99")


def test_the_week_of_a_doctor_lists_day_by_day(desk: Client, appointment: Appointment, doctor: Doctor) -> None:
    html = page(desk, "week", doctor.pk)
    assert "Week of 16 Nov 2026" in html
    assert "Raghunathan" in html
    assert "8 free" in html


# Finding and booking


def test_the_first_free_slot_is_one_click_away(desk: Client, appointment: Appointment, doctor: Doctor) -> None:
    html = page(desk, "find")
    assert "Friday 20 Nov 2026, 09:00" in html
    assert "Monday 23 Nov 2026" in html
    assert f"{reverse('appointments:book-whom')}?doctor={doctor.pk}&amp;start=2026-11-20T09:00Z" in html
    assert "start=2026-11-20T10:00Z" not in html


def test_slots_are_found_by_doctor_by_specialty_and_from_a_day(
    desk: Client, doctor: Doctor, hr: User, cardiology: Specialty
) -> None:
    skin = make_doctor(hr, Specialty.objects.create(code="derm", name="Dermatology"), "Gallo")
    assert str(skin.pk) not in page(desk, "find", doctor=str(doctor.pk)).split("Find</button>")[1]
    assert str(doctor.pk) not in page(desk, "find", specialty="derm").split("Find</button>")[1]
    assert "Friday 20 Nov 2026" not in page(desk, "find", start="2026-11-24")


def test_nothing_free_is_said_in_words(desk: Client, hr: User, clock: Any) -> None:
    assert "Nothing is free" in page(desk, "find")


def test_from_the_chart_the_way_leads_straight_to_booking(desk: Client, patient: Patient, doctor: Doctor) -> None:
    chart = desk.get(reverse("patients:chart", args=[patient.pk])).content.decode()
    assert reverse("appointments:find-for", args=[patient.pk]) in chart
    html = page(desk, "find-for", patient.pk)
    assert f"{reverse('appointments:book', args=[patient.pk])}?doctor={doctor.pk}" in html
    assert "Meera" in html


def test_from_a_slot_the_patient_is_found_by_words_that_never_stand_in_an_address(
    desk: Client, patient: Patient, doctor: Doctor
) -> None:
    address = reverse("appointments:book-whom") + slot_query(doctor, "10:00")
    assert "Meera" not in desk.get(address + "&q=Raghunathan").content.decode()
    html = desk.post(address, {"q": "Raghun"}).content.decode()
    assert f"{reverse('appointments:book', args=[patient.pk])}?doctor={doctor.pk}" in html
    assert desk.get(reverse("appointments:book-whom")).status_code == 302


def test_reception_books_from_the_page(desk: Client, patient: Patient, doctor: Doctor) -> None:
    html = page(desk, "book", patient.pk, doctor=str(doctor.pk), start="2026-11-20T10:00Z")
    assert "Friday 20 Nov 2026, 10:00–10:20" in html
    answer = send(desk, "book", patient.pk, query=slot_query(doctor, "10:00"), kind="new", reason="Chest pain")
    made = Appointment.objects.get()
    assert answer.url == reverse("appointments:appointment", args=[made.pk])
    assert (made.starts_at, made.kind, made.reason) == (at(10), "new", "Chest pain")


def test_a_lost_slot_keeps_what_was_typed_and_offers_others(
    desk: Client, appointment: Appointment, reception: User, doctor: Doctor, colleague: Doctor
) -> None:
    other = make_patient(reception, "Ivo")
    answer = send(desk, "book", other.pk, query=slot_query(doctor, "10:00"), kind="new", reason="Chest pain")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "This slot was just taken." in html
    assert 'value="Chest pain"' in html
    assert f"doctor={doctor.pk}&amp;start=2026-11-20T10:20Z" in html
    assert f"doctor={colleague.pk}&amp;start=2026-11-20T10:00Z" in html
    assert Appointment.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?doctor=nobody&start=2026-11-20T10:00Z", "?start=2026-11-20T10:00Z"])
def test_an_address_without_a_slot_leads_back_to_the_search(desk: Client, patient: Patient, query: str) -> None:
    answer = desk.get(reverse("appointments:book", args=[patient.pk]) + query)
    assert answer.url == reverse("appointments:find-for", args=[patient.pk])


def test_a_mistyped_start_leads_back_to_the_search(desk: Client, patient: Patient, doctor: Doctor) -> None:
    for start in ("", "tomorrow", "2026-11-20T10:00", "2026-13-40T10:00Z"):
        answer = desk.get(reverse("appointments:book", args=[patient.pk]), {"doctor": str(doctor.pk), "start": start})
        assert answer.status_code == 302


# One appointment


def test_reception_moves_an_appointment(desk: Client, appointment: Appointment, doctor: Doctor) -> None:
    found = page(desk, "move", appointment.pk)
    assert f"{reverse('appointments:reschedule', args=[appointment.pk])}?doctor={doctor.pk}" in found
    assert "Until now" in page(desk, "reschedule", appointment.pk, doctor=str(doctor.pk), start="2026-11-20T11:00Z")
    send(desk, "reschedule", appointment.pk, query=slot_query(doctor, "11:00"), reason="Train")
    new = Appointment.objects.get(status="booked")
    assert new.starts_at == at(11)
    assert "Moved from" in page(desk, "appointment", new.pk)
    old = page(desk, "appointment", appointment.pk)
    assert "Moved to" in old
    assert "Train" in old


@pytest.mark.printed
def test_reception_checks_in_and_prints_the_token(desk: Client, appointment: Appointment) -> None:
    assert "Check in" in page(desk, "appointment", appointment.pk)
    send(desk, "check-in", appointment.pk)
    token = QueueToken.objects.get()
    assert "001" in page(desk, "appointment", appointment.pk)
    assert desk.get(reverse("appointments:token-pdf", args=[token.pk])).status_code == 302
    answer = send(desk, "token-print", token.pk)
    paper = desk.get(answer.url)
    assert paper["Content-Type"] == "application/pdf"
    assert "001" in text_of(paper.content)


def test_a_check_in_that_is_sent_twice_opens_one_visit(desk: Client, appointment: Appointment) -> None:
    key = str(uuid.uuid4())
    address = reverse("appointments:check-in", args=[appointment.pk])
    first, second = (desk.post(address, {"_key": key}) for _n in range(2))
    assert first.url == second.url
    assert QueueToken.objects.count() == 1


def test_reception_cancels_with_a_reason(desk: Client, appointment: Appointment) -> None:
    assert send(desk, "cancel", appointment.pk, reason="").status_code == 422
    send(desk, "cancel", appointment.pk, reason="Feels better")
    assert "Feels better" in page(desk, "appointment", appointment.pk)


def test_a_missed_appointment_is_marked_and_taken_back(desk: Client, appointment: Appointment, clock: Any) -> None:
    assert "Did not come" not in page(desk, "appointment", appointment.pk)
    send(desk, "no-show", appointment.pk)
    appointment.refresh_from_db()
    assert appointment.status == "booked"
    clock.move_to(at(10, 1))
    assert "Did not come" in page(desk, "appointment", appointment.pk)
    send(desk, "no-show", appointment.pk)
    assert "came after all" in page(desk, "appointment", appointment.pk)
    send(desk, "undo-no-show", appointment.pk)
    appointment.refresh_from_db()
    assert appointment.status == "booked"


def test_a_cancelled_visit_is_shown_with_its_way_back(
    desk: Client, reception: User, appointment: Appointment, clock: Any
) -> None:
    visit = arrival.check_in(reception, appointment_id=appointment.pk).encounter
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left")
    clock.move_to(at(10, 5))
    assert "Visit cancelled" in page(desk, "day")
    assert "The visit was cancelled" in page(desk, "appointment", appointment.pk)
    assert "Take back the check-in" in page(desk, "undo-check-in", appointment.pk)
    send(desk, "undo-check-in", appointment.pk, reason="Left unseen", left="on")
    appointment.refresh_from_db()
    assert appointment.status == "no_show"


def test_reception_gives_who_walked_in_a_number_and_cancels_a_visit_opened_by_mistake(
    desk: Client, reception: User, doctor: Doctor, patient: Patient
) -> None:
    department = doctor.employee.department
    visit = encounters.open_encounter(reception, patient=patient, department=department, attending=doctor.employee)
    assert "Give a number" in page(desk, "token-panel", visit.pk)
    send(desk, "token-give", visit.pk)
    token = QueueToken.objects.get()
    assert token.code in page(desk, "token-panel", visit.pk)
    assert "walked in" in page(desk, "queue", department=department.code)
    assert desk.get(reverse("appointments:token-pdf", args=[token.pk])).url == token.get_absolute_url()
    answer = send(desk, "token-print", token.pk)
    assert desk.get(answer.url).content.startswith(b"%PDF")
    key = str(uuid.uuid4())
    desk.post(reverse("patients:visit-cancel", args=[visit.pk]), {"_key": key, "reason": "Wrong person"})
    visit.refresh_from_db()
    assert visit.status == "cancelled"


def test_reception_sees_whom_to_move_when_a_doctor_is_away(
    desk: Client, appointment: Appointment, doctor: Doctor, hr: User
) -> None:
    assert "Everybody is expected" in page(desk, "displaced")
    hours.add_exception(hr, doctor_id=doctor.pk, kind="away", first=FRIDAY)
    html = page(desk, "displaced")
    assert "Meera Raghunathan" in html
    assert reverse("appointments:move", args=[appointment.pk]) in html
