from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
import time_machine

from billing.services import prices
from hms.core import clock
from hms.core.models import Department, Facility, User
from patients.models import Patient
from wards.models import Admission, Bed, Room, Ward
from wards.services import admission


def make_ward(facility: Facility, *labels: str, code: str = "W1", department: Department | None = None) -> list[Bed]:
    """A ward with one room, its beds in order of their labels."""
    service = prices.ensure(
        facility, code=f"BED-{code}", name=f"Bed-day {code}", category="bed", price=Decimal("120.00")
    )
    ward = Ward.objects.create(
        facility=facility, code=code, name=f"Ward {code}", bed_service=service, department=department
    )
    room = Room.objects.create(ward=ward, name="Room 1")
    return [Bed.objects.create(room=room, label=label) for label in labels]


def admit(actor: User, patient: Patient, bed: Bed, reason: str = "Pneumonia", **more: object) -> Admission:
    """Admit a patient, registered by then: tests travel to days before they made the record."""
    Patient.objects.filter(pk=patient.pk, created_at__gt=clock.now()).update(created_at=clock.now())
    return admission.admit(actor, patient_id=patient.pk, bed_id=bed.pk, reason=reason, **more)


def discharge(actor: User, stay: Admission, mark: str = "") -> Admission:
    words = {"diagnosis": "Pneumonia", "course": "Oxygen, antibiotics.", "instructions": "Rest."}
    return admission.discharge(actor, admission_id=stay.pk, **{name: f"{text}{mark}" for name, text in words.items()})


@pytest.fixture
def nurse(person) -> User:
    return person("nurse")


@pytest.fixture
def beds(north: Facility) -> list[Bed]:
    return make_ward(north, "1A", "1B", "1C")


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
