"""The registry and the chart on screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core.models import AuditEvent, Facility, User
from patients.models import Encounter, Patient
from patients.services import clinical, encounters, notes
from tests.conftest import make_patient

PANELS = ["person", "allergies", "problems", "medicines", "vitals", "observations", "visits", "notes", "prevention"]


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


def fill(doctor: User, patient: Patient, number: int) -> Encounter:
    """A visit with something of everything."""
    visit = encounters.open_encounter(doctor, patient=patient, reason=f"Visit {number}")
    clinical.record_vitals(doctor, encounter_id=visit.pk, values={"pulse": 70, "systolic": 120, "diastolic": 80})
    clinical.record_allergy(doctor, patient_id=patient.pk, substance=f"Substance {number}")
    clinical.add_condition(doctor, patient_id=patient.pk, display=f"Problem {number}")
    clinical.add_medication_statement(doctor, patient_id=patient.pk, display=f"Medicine {number}")
    clinical.add_care_plan(doctor, encounter_id=visit.pk, title="Walk", activities="Daily", review_on=None)
    draft = notes.save_draft(doctor, encounter_id=visit.pk, codes=[], plan=f"Plan {number}")
    note = notes.sign(doctor, note_id=draft.pk)
    notes.amend(doctor, note_id=note.pk, text="More")
    return visit


def test_no_page_asks_more_when_it_shows_more(doctor_user: User, reception: User, patient: Patient, browser_of) -> None:
    visit = fill(doctor_user, patient, 0)
    ward, desk = browser_of(doctor_user), browser_of(reception)
    pages: list[tuple[Any, str]] = [
        (desk, "/patients/"),
        (ward, "/patients/visits/"),
        (ward, f"/patients/visits/{visit.pk}/"),
        (ward, f"/patients/{patient.pk}/"),
        *((ward, f"/patients/{patient.pk}/{panel}") for panel in PANELS),
    ]
    few = [(address, queries(client, address)) for client, address in pages]
    for number in range(1, 31):
        fill(doctor_user, patient, number)
        fill(doctor_user, make_patient(reception, f"Ivo {number}"), number)
    many = [(address, queries(client, address)) for client, address in pages]
    assert many == few
    assert max(count for _address, count in many) <= 12, many


@pytest.mark.parametrize("panel", ["", *PANELS])
def test_a_patient_of_another_facility_does_not_exist_here_and_the_try_is_recorded(
    patient: Patient, south: Facility, client_as, panel: str
) -> None:
    answer = client_as("doctor", south).get(f"/patients/{patient.pk}/{panel}")
    assert answer.status_code == 404
    for secret in ("Raghunathan", patient.mrn):
        assert secret not in answer.content.decode()
    assert AuditEvent.objects.filter(facility=south).exists()


def test_every_look_at_a_chart_is_recorded(patient: Patient, doctor_user: User, browser_of) -> None:
    client = browser_of(doctor_user)
    before = AuditEvent.objects.filter(patient_id=patient.pk, actor=doctor_user).count()
    client.get(f"/patients/{patient.pk}/")
    assert AuditEvent.objects.filter(patient_id=patient.pk, actor=doctor_user).count() == before + 1
