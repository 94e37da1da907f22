"""What a patient asked to have corrected is shown wherever the entry is: a department that registers a kind shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from hms.core import clock
from hms.core.models import Facility, User
from patients import amendable
from patients.models import AmendmentRequest, Encounter, Procedure
from patients.services import amendments, clinical
from tests.project.walked import Walked, walk
from wards.models import DischargeSummary, NursingNote

ASKED = {"why": "I was there", "asker": "The patient", "identity": "Passport"}


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        found = walk(north, person)
        doctor, patient = found.users["doctor"], found.patient
        clinical.add_medication_statement(doctor, patient_id=patient.pk, display="Aspirin")
        clinical.add_immunization(doctor, patient_id=patient.pk, vaccine="Tetanus", given_at=clock.now())
        Procedure.objects.create(patient=patient, recorded_by=doctor, display="Stitches", performed_at=clock.now())
        yield found


def pages(walked: Walked) -> dict[str, list[str]]:
    """Where each kind of entry is shown."""
    patient, visit = {"patient_id": walked.patient.pk}, {"encounter_id": walked.ids["encounter_id"]}
    note, summary = (
        NursingNote.objects.get(patient=walked.patient),
        DischargeSummary.objects.get(admission__patient=walked.patient),
    )
    named = {
        "patients.patient": [("patients:chart-person", patient)],
        "patients.clinicalnote": [("patients:chart-notes", patient), ("patients:visit", visit), ("doctors:desk-encounter", visit)],
        "patients.allergy": [("patients:chart-allergies", patient)],
        "patients.condition": [("patients:chart-problems", patient), ("doctors:desk-encounter", visit)],
        "patients.medicationstatement": [("patients:chart-medicines", patient)],
        "patients.careplan": [("patients:chart-plans", patient), ("patients:visit", visit)],
        "patients.immunization": [("patients:chart-prevention", patient)],
        "patients.procedure": [("patients:chart-prevention", patient)],
        "patients.observation": [("patients:observations", patient)],
        "laboratory.diagnosticreport": [
            ("laboratory:order", {"order_id": walked.ids["order_id"]}), ("laboratory:chart-panel", patient),
        ],
        "wards.nursingnote": [("wards:admission", {"admission_id": note.admission_id})],
        "wards.dischargesummary": [("wards:admission", {"admission_id": summary.admission_id})],
        "pharmacy.prescription": [
            ("pharmacy:prescription", {"prescription_id": walked.ids["prescription_id"]}), ("pharmacy:chart-panel", patient),
        ],
    }  # fmt: skip
    return {kind: [reverse(name, kwargs=kwargs) for name, kwargs in found] for kind, found in named.items()}


def test_every_kind_of_entry_shows_what_was_asked_of_it(
    walked: Walked, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    AmendmentRequest.objects.filter(status="open").update(status="withdrawn", withdrawn_reason="Entered twice")
    auditor, today = person("auditor"), clock.today(walked.users["doctor"].facility)
    shown = pages(walked)
    assert set(shown) == {kind.name for kind in amendable.kinds()}
    problem = {"patients.condition": str(walked.ids["condition_id"])}
    for kind, pk, _said in amendable.entries(walked.patient.pk, walked.users["doctor"].facility):
        if AmendmentRequest.objects.filter(record_type=kind.name, status="open").exists():
            continue
        if problem.get(kind.name, str(pk)) == str(pk):
            amendments.enter(
                auditor, patient_id=walked.patient.pk, record_type=kind.name, record_id=pk, received_on=today,
                wanted=f"Not so: {kind.name}", **ASKED,
            )  # fmt: skip
    client = browser_of(walked.users["doctor"])
    silent = [
        f"{kind}: {address}"
        for kind, addresses in shown.items()
        for address in addresses
        if f"Not so: {kind}" not in client.get(address).content.decode()
    ]
    assert Encounter.objects.filter(pk=walked.ids["encounter_id"]).exists()
    assert silent == []
