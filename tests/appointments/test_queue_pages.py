"""The queue before the rooms and on the wall, and what chart and first pages show of the day."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, queue
from doctors.models import Doctor
from hms.core.models import Facility, User
from patients.models import Patient
from tests.appointments.conftest import at, book, page, send
from tests.conftest import make_patient

HTMX = {"HX-Request": "true"}


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


def test_a_nurse_calls_from_the_queue(person: Any, client_as: Callable[..., Client], waiting: QueueToken) -> None:
    nurse = client_as("nurse")
    assert "Call next" in page(nurse, "queue")
    send(nurse, "call-token", waiting.pk)
    waiting.refresh_from_db()
    assert waiting.status == "called"


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
