from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, booking
from doctors.models import Doctor, Specialty
from doctors.services import hours, profile
from hms.core.models import Facility, User
from patients.models import Patient
from tests.doctors.conftest import list_price
from tests.staff.conftest import hire

# Friday 20 Nov 2026, eight in the morning in London and in UTC.
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FRIDAY = NOW.date()


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    """The morning of an ordinary Friday; `clock.move_to(...)` goes on from there."""
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


def at(hour: int, minute: int = 0, day: date = FRIDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)


@pytest.fixture
def hr(person: Any) -> User:
    return person("hr")


@pytest.fixture
def cardiology(db: None) -> Specialty:
    return Specialty.objects.create(code="card", name="Cardiology")


def make_doctor(
    hr: User,
    specialty: Specialty,
    family: str = "Obi",
    *,
    user: User | None = None,
    starts: time = time(9),
    ends: time = time(12),
    slot_minutes: int = 20,
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    **details: Any,
) -> Doctor:
    """A doctor who consults on weekdays from nine to twelve, twenty minutes a patient."""
    employee = hire(hr, "Adaeze", family, title="Dr", profession="doctor", user=user)
    fields = {"licence_number": employee.number, "fee": Decimal("80.00"), "room": "Room 4", **details}
    list_price(hr, specialty)
    doctor = profile.add_doctor(hr, employee=employee, specialty=specialty, **fields)
    for weekday in weekdays:
        hours.set_availability(
            hr,
            doctor_id=doctor.pk,
            weekday=weekday,
            starts=starts,
            ends=ends,
            slot_minutes=slot_minutes,
            valid_from=date(2020, 1, 1),
        )
    return Doctor.objects.visible_to(hr).get(pk=doctor.pk)


@pytest.fixture
def doctor(clock: Any, hr: User, cardiology: Specialty, person: Any) -> Doctor:
    return make_doctor(hr, cardiology, user=person("doctor", username="obi"))


@pytest.fixture
def colleague(doctor: Doctor, hr: User, cardiology: Specialty) -> Doctor:
    return make_doctor(hr, cardiology, "Weber")


def book(actor: User, patient: Patient, doctor: Doctor, start: datetime, kind: str = "follow_up") -> Appointment:
    return booking.book(actor, patient_id=patient.pk, doctor_id=doctor.pk, start=start, kind=kind, reason="Cough")


@pytest.fixture
def appointment(reception: User, patient: Patient, doctor: Doctor) -> Appointment:
    """Booked for ten o'clock."""
    return book(reception, patient, doctor, at(10))


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


@pytest.fixture
def waiting(reception: User, appointment: Appointment) -> QueueToken:
    return arrival.check_in(reception, appointment_id=appointment.pk).tokens.get()
