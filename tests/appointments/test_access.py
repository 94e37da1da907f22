"""Who sees and does what with appointments, in the administration too, and what their pages cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, queue
from doctors.models import Doctor, Specialty
from hms.core.models import Department, Facility, User
from patients.models import Patient
from patients.services import encounters
from tests.appointments.conftest import FRIDAY, at, book, make_doctor, page, send, slot_query
from tests.conftest import make_patient


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
