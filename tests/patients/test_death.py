"""A death is recorded where it is known, and taken back where it was wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from appointments.models import Appointment
from hms.core import clock as hospital_clock
from hms.core.models import AuditEvent, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.services import death, encounters
from tests.appointments.conftest import appointment, cardiology, clock, doctor, hr  # noqa: F401
from tests.conftest import drain


@pytest.mark.parametrize(
    ("died_at", "words"),
    [
        (datetime(2999, 1, 1, tzinfo=UTC), "future"),
        (datetime(1979, 8, 11, tzinfo=UTC), "before the birth"),
    ],
)
def test_a_time_that_cannot_be_is_refused(reception: User, patient: Patient, died_at: datetime, words: str) -> None:
    with pytest.raises(Refused, match=words):
        death.record(reception, patient_id=patient.pk, died_at=died_at)


def test_nothing_is_booked_or_opened_for_the_dead_until_it_is_taken_back(
    reception: User,
    patient: Patient,
    appointment: Appointment,  # noqa: F811
) -> None:
    death.record(reception, patient_id=patient.pk, died_at=hospital_clock.now() - timedelta(hours=1))
    drain()
    appointment.refresh_from_db()
    assert (appointment.status, appointment.cancelled_reason) == ("cancelled", "The patient has died")
    patient.refresh_from_db()
    with pytest.raises(Refused, match="deceased"):
        encounters.open_encounter(reception, patient=patient)
    with pytest.raises(Refused, match="already"):
        death.record(reception, patient_id=patient.pk, died_at=hospital_clock.now())
    death.take_back(reception, patient_id=patient.pk, reason="Another of the same name")
    patient.refresh_from_db()
    assert encounters.open_encounter(reception, patient=patient).is_open
    with pytest.raises(Refused, match="No death"):
        death.take_back(reception, patient_id=patient.pk, reason="Again")


def test_a_doctor_records_it_on_the_chart(patient: Patient, visit: Encounter, client_as: Callable[..., Client]) -> None:
    ward = client_as("doctor")
    assert "Record a death" in ward.get(f"/patients/{patient.pk}/person").content.decode()
    fields = {"_key": str(uuid.uuid4()), "died_at": "2026-01-02T03:04"}
    assert ward.post(f"/patients/{patient.pk}/death", fields).status_code == 302
    assert "02 Jan 2026" in ward.get(f"/patients/{patient.pk}/person").content.decode()
    fields = {"_key": str(uuid.uuid4()), "reason": "Another one died"}
    assert ward.post(f"/patients/{patient.pk}/death/take-back", fields).status_code == 302
    patient.refresh_from_db()
    assert patient.deceased_at is None
    told = AuditEvent.objects.filter(patient_id=patient.pk).values_list("action", flat=True)
    assert {"patients.patient.died", "patients.patient.death_taken_back"} <= set(told)
    assert client_as("receptionist").get(f"/patients/{patient.pk}/death").status_code == 403
