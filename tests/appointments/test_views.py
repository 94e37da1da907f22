from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, queue
from doctors.models import Doctor, Specialty
from doctors.services import hours
from hms.core.models import AuditEvent, Department, Facility, User
from patients.models import Patient
from patients.services import encounters
from tests.appointments.conftest import FRIDAY, at, book, make_doctor
from tests.conftest import make_patient

HTMX = {"HX-Request": "true"}


@pytest.fixture
def desk(reception: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(reception)


@pytest.fixture
def practice(doctor: Doctor, browser_of: Callable[[User], Client], north: Facility) -> Client:
    """The doctor, signed in."""
    return browser_of(doctor.employee.user.at(north))


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"appointments:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def send(client: Client, name: str, *args: Any, query: str = "", **fields: Any) -> Any:
    address = reverse(f"appointments:{name}", args=args) + query
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


def slot_query(doctor: Doctor, start: str) -> str:
    return f"?doctor={doctor.pk}&start=2026-11-20T{start}Z"


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


def test_reception_checks_in_and_prints_the_token(desk: Client, appointment: Appointment) -> None:
    assert "Check in" in page(desk, "appointment", appointment.pk)
    send(desk, "check-in", appointment.pk)
    token = QueueToken.objects.get()
    assert "001" in page(desk, "appointment", appointment.pk)
    assert desk.get(reverse("appointments:token-pdf", args=[token.pk])).status_code == 302
    answer = send(desk, "token-print", token.pk)
    paper = desk.get(answer.url)
    assert paper["Content-Type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF")


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


def test_a_nurse_calls_from_the_queue(person: Any, client_as: Callable[..., Client], waiting: QueueToken) -> None:
    nurse = client_as("nurse")
    assert "Call next" in page(nurse, "queue")
    send(nurse, "call-token", waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "called"


def test_reception_sees_whom_to_move_when_a_doctor_is_away(
    desk: Client, appointment: Appointment, doctor: Doctor, hr: User
) -> None:
    assert "Everybody is expected" in page(desk, "displaced")
    hours.add_exception(hr, doctor_id=doctor.pk, kind="away", first=FRIDAY)
    html = page(desk, "displaced")
    assert "Meera Raghunathan" in html
    assert reverse("appointments:move", args=[appointment.pk]) in html


# The queue


@pytest.fixture
def waiting(reception: User, appointment: Appointment) -> QueueToken:
    return arrival.check_in(reception, appointment_id=appointment.pk).tokens.get()


def test_a_doctor_sees_their_own_queue_and_calls_into_a_room(
    practice: Client, waiting: QueueToken, doctor: Doctor, colleague: Doctor
) -> None:
    html = page(practice, "queue")
    assert "Meera Raghunathan" in html
    assert "Meera" not in page(practice, "queue", doctor=str(colleague.pk))
    answer = send(practice, "call-next", doctor=doctor.pk, room="Room 7", show_doctor=doctor.pk)
    assert answer.url == f"{reverse('appointments:queue')}?department=&doctor={doctor.pk}"
    waiting.refresh_from_db()
    assert (waiting.status, waiting.room) == ("called", "Room 7")


def test_a_call_can_be_repeated_put_back_and_ended(desk: Client, waiting: QueueToken) -> None:
    for act, status in [
        ("call-token", "called"),
        ("put-back", "waiting"),
        ("call-token", "called"),
        ("finish", "done"),
    ]:
        assert send(desk, act, waiting.pk).status_code == 302
        waiting.refresh_from_db()
        assert waiting.status == status
    answer = desk.post(
        reverse("appointments:call-next"),
        {"_key": str(uuid.uuid4())},
        follow=True,
        headers={"referer": "/appointments/queue"},
    )
    assert "Nobody is waiting." in answer.content.decode()


def test_the_queue_refreshes_its_board_alone(desk: Client, waiting: QueueToken) -> None:
    html = desk.get(reverse("appointments:queue"), headers=HTMX).content.decode()
    assert "<html" not in html
    assert "001" in html


def test_the_display_shows_numbers_and_rooms_and_nobodys_name(
    client: Client, reception: User, waiting: QueueToken, doctor: Doctor
) -> None:
    address = f"/queue/{waiting.department_id}/display"
    assert "001" in client.get(address).content.decode()
    queue.call_next(reception, room="Room 7")
    html = client.get(address, headers=HTMX).content.decode()
    assert "<html" not in html
    assert "001" in html
    assert "Room 7" in html
    for name in ("Meera", "Raghunathan", doctor.name, waiting.appointment.patient.mrn):
        assert name not in client.get(address).content.decode()


def test_a_video_patient_is_not_called_into_the_waiting_room(client: Client, reception: User, doctor: Doctor) -> None:
    made = book(reception, make_patient(reception, "Ivo"), doctor, at(9), kind="video")
    arrival.check_in(reception, appointment_id=made.pk)
    assert "001" not in client.get("/queue/outpatients/display").content.decode()


def test_the_display_is_found_by_code_and_asks_where_several_facilities_use_it(
    client: Client, north: Facility, request: pytest.FixtureRequest
) -> None:
    assert "Outpatients" in client.get("/queue/outpatients/display").content.decode()
    request.getfixturevalue("south")
    html = client.get("/queue/outpatients/display").content.decode()
    assert "Which waiting room?" in html
    assert "Southside Clinic" in html
    assert client.get("/queue/nowhere/display").status_code == 404


# Panels, the rail, the admin


def test_the_chart_lists_the_patients_appointments_here(
    desk: Client, appointment: Appointment, patient: Patient
) -> None:
    html = desk.get(reverse("appointments:chart-panel", args=[patient.pk]), headers=HTMX).content.decode()
    assert "20 Nov 2026, 10:00" in html
    assert "<html" not in html


def test_first_pages_show_who_comes_and_who_waits(
    desk: Client, practice: Client, waiting: QueueToken, reception: User, doctor: Doctor
) -> None:
    book(reception, make_patient(reception, "Ivo"), doctor, at(11))
    assert "Ivo Raghunathan" in page(desk, "today-panel")
    assert "Meera Raghunathan" in page(desk, "waiting-panel")
    mine = page(practice, "mine-panel")
    assert "Ivo Raghunathan" in mine
    assert "Meera Raghunathan" not in mine
    counts = desk.get(reverse("core:counts")).content.decode()
    assert "count-appointments" in counts
    assert "count-queue" in counts


def test_a_doctor_without_hours_here_is_told_so(client_as: Callable[..., Client]) -> None:
    assert "no consultation hours here" in page(client_as("doctor"), "mine-panel")


def test_administrators_may_not_look_into_the_book_and_nobody_changes_it_there(
    client_as: Callable[..., Client], appointment: Appointment, person: Any, browser_of: Any
) -> None:
    address = reverse("admin:appointments_appointment_changelist")
    assert client_as("administrator").get(address).status_code == 403
    clerk = person("receptionist")
    User.objects.filter(pk=clerk.pk).update(is_staff=True)
    clerk.is_staff = True
    client = browser_of(clerk)
    assert client.get(address).status_code == 200
    assert client.get(reverse("admin:appointments_queuetoken_changelist")).status_code == 200
    assert client.get(reverse("admin:appointments_appointment_add")).status_code == 403
    assert (
        client.post(
            reverse("admin:appointments_appointment_delete", args=[appointment.pk]), {"post": "yes"}
        ).status_code
        == 403
    )


# Who may do what

READ = ["day", "queue"]
BOOK = ["find", "book-whom"]
ONE = ["move", "cancel", "reschedule"]


@pytest.mark.parametrize("role", ["pharmacist", "lab_technician", "cashier", "auditor", "hr", "administrator"])
def test_who_has_nothing_to_do_with_appointments_is_kept_out(
    client_as: Callable[..., Client], appointment: Appointment, role: str
) -> None:
    client = client_as(role)
    for name in [*READ, *BOOK]:
        assert client.get(reverse(f"appointments:{name}")).status_code == 403
    assert client.get(reverse("appointments:appointment", args=[appointment.pk])).status_code == 403


def test_a_manager_sees_how_full_the_day_is_but_no_patient(
    client_as: Callable[..., Client], waiting: QueueToken, appointment: Appointment, doctor: Doctor
) -> None:
    manager = client_as("manager")
    for html in (page(manager, "day"), page(manager, "queue"), page(manager, "week", doctor.pk)):
        assert "10:00" in html
        assert "Raghunathan" not in html
    for name, key in [("appointment", appointment.pk), ("chart-panel", appointment.patient_id)]:
        assert manager.get(reverse(f"appointments:{name}", args=[key])).status_code == 403


def test_a_nurse_reads_and_a_doctor_books_but_only_reception_checks_in(
    client_as: Callable[..., Client], appointment: Appointment
) -> None:
    nurse, doctor = client_as("nurse"), client_as("doctor")
    assert nurse.get(reverse("appointments:appointment", args=[appointment.pk])).status_code == 200
    assert nurse.get(reverse("appointments:find")).status_code == 403
    assert doctor.get(reverse("appointments:find")).status_code == 200
    for client in (nurse, doctor):
        assert send(client, "check-in", appointment.pk).status_code == 403
        for name in ONE:
            assert client.get(reverse(f"appointments:{name}", args=[appointment.pk])).status_code == 403


def test_another_facility_knows_nothing_of_these_appointments(
    client_as: Callable[..., Client], waiting: QueueToken, appointment: Appointment, doctor: Doctor, south: Facility
) -> None:
    there = client_as("receptionist", south)
    for name, key in [
        ("appointment", appointment.pk),
        ("move", appointment.pk),
        ("cancel", appointment.pk),
        ("week", doctor.pk),
        ("find-for", appointment.patient_id),
        ("chart-panel", appointment.patient_id),
        ("token-pdf", waiting.pk),
    ]:
        answer = there.get(reverse(f"appointments:{name}", args=[key]))
        assert answer.status_code == 404, name
        assert b"Raghunathan" not in answer.content
    for name, key in [("check-in", appointment.pk), ("call-token", waiting.pk), ("token-print", waiting.pk)]:
        assert send(there, name, key).status_code == 404
    for name in READ:
        assert "Raghunathan" not in page(there, name)


# As many queries for thirty as for one


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_no_page_asks_more_when_it_shows_more(
    desk: Client,
    practice: Client,
    client: Client,
    reception: User,
    hr: User,
    cardiology: Specialty,
    doctor: Doctor,
    patient: Patient,
    clock: Any,
    north: Facility,
) -> None:
    pages = {
        name: (desk, reverse(f"appointments:{name}"))
        for name in ("day", "find", "queue", "today-panel", "waiting-panel")
    } | {
        "week": (desk, reverse("appointments:week", args=[doctor.pk])),
        "chart": (desk, reverse("appointments:chart-panel", args=[patient.pk])),
        "find-for": (desk, reverse("appointments:find-for", args=[patient.pk])),
        "own queue": (practice, reverse("appointments:queue")),
        "mine": (practice, reverse("appointments:mine-panel")),
        "display": (client, f"/queue/{Department.objects.get(facility=north).pk}/display"),
    }
    first = book(reception, patient, doctor, at(9))
    arrival.check_in(reception, appointment_id=first.pk)
    book(reception, make_patient(reception, "Mira"), doctor, at(10))
    few = {name: queries(*one) for name, one in pages.items()}
    for number in range(30):
        other = make_doctor(hr, cardiology, f"Weber {number}")
        made = book(reception, make_patient(reception, f"Ivo {number}"), other, at(9))
        if number % 2:
            arrival.check_in(reception, appointment_id=made.pk)
        book(reception, patient, doctor, at(9, day=FRIDAY + timedelta(days=7 * (number + 1))))
    many = {name: queries(*one) for name, one in pages.items()}
    assert many == few
    assert max(many.values()) <= 12, many


def test_the_page_of_an_appointment_and_of_a_lost_slot_stay_within_the_budget(
    desk: Client, waiting: QueueToken, appointment: Appointment, patient: Patient, doctor: Doctor
) -> None:
    assert queries(desk, reverse("appointments:appointment", args=[appointment.pk])) <= 12
    assert queries(desk, reverse("appointments:book", args=[patient.pk]) + slot_query(doctor, "11:00")) <= 12


def test_who_waits_for_no_doctor_in_particular_stands_in_the_queue(
    reception: User, doctor: Doctor, north: Facility, patient: Patient, clock: Any, browser_of: Callable[[User], Client]
) -> None:
    clock.move_to(at(10))
    here = Department.objects.get(facility=north)
    visit = encounters.open_encounter(reception, patient=patient, department=here, reason="Cough")
    queue.give_walk_in(reception, encounter_id=visit.pk)
    desk = browser_of(reception)
    for name in ("appointments:queue", "appointments:waiting-panel"):
        page = desk.get(reverse(name))
        assert page.status_code == 200
        assert "Whoever is free" in page.content.decode()
