"""The administration shows nothing of what a patient suffers from, to anybody; and no patient at all to whom no
patient's name is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from hms.core import held
from hms.core.models import Facility, User
from patients.admin import EncounterAdmin
from patients.models import Encounter, Patient
from tests.project import walked

# What is read in the chart, and nowhere else: (model, column).
CLINICAL = [
    "appointments.Appointment.reason", "laboratory.LabOrder.question", "laboratory.Result.value_text",
    "laboratory.DiagnosticReport.text", "patients.Allergy.substance", "patients.Allergy.reaction",
    "patients.CarePlan.title", "patients.CarePlan.activities", "patients.ClinicalNote.complaint",
    "patients.ClinicalNote.plan", "patients.Condition.display", "patients.Encounter.reason",
    "patients.Immunization.vaccine", "patients.MedicationStatement.display", "patients.Observation.value_text",
    "patients.Procedure.display", "pharmacy.Prescription.advice", "pharmacy.PrescriptionLine.dosage",
    "wards.Admission.reason", "wards.DischargeSummary.diagnosis", "wards.DischargeSummary.course",
    "wards.NursingNote.text",
]  # fmt: skip
MARK = "Quill"  # stands in the names of the catalogue as well
ROLES = ["administrator", "auditor", "accountant", "doctor", "manager"]


def clinical_words(patient: Patient) -> set[str]:
    words = set()
    for name in CLINICAL:
        model, column = apps.get_model(*name.split(".")[:2]), name.split(".")[2]
        words |= set(held.rows(model, patient.pk).values_list(column, flat=True))
    return {word for word in words - {MARK} if len(word) > 4 and not word.isdigit()}


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every list of the administration, and the page of each row in it."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = client.get(reverse(f"{name}_changelist"))
        if listed.status_code != 200:
            continue
        yield name, listed.content.decode()
        for row in list(model._default_manager.all()[:60]):
            answer = client.get(reverse(f"{name}_change", args=[row.pk]))
            if answer.status_code == 200:
                yield f"{name} {row.pk}", answer.content.decode()


def shown(client: Client, words: set[str]) -> list[str]:
    return sorted({f"{where}: {word}" for where, html in pages(client) for word in words if word in html})


@pytest.fixture
def hospital(north: Facility, person: Callable[..., User]) -> Iterator[walked.Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        found = walked.walk(north, person, mark=MARK)
        User.objects.exclude(username="system").update(is_staff=True)
        Encounter.objects.update(reason="Fainted at noon")
        yield found


def test_nobody_reads_a_chart_in_the_administration(
    hospital: walked.Walked, browser_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Patient.objects.get(pk=hospital.ids["patient_id"])
    words = clinical_words(patient)
    assert len(words) >= 10, words
    for role in ROLES:
        client = browser_of(hospital.users[role])
        assert shown(client, words) == [], role
        if role == "administrator":
            assert shown(client, {patient.family_name, patient.mrn}) == []
    monkeypatch.setattr(EncounterAdmin, "fields", [*EncounterAdmin.fields, "reason"])
    found = shown(browser_of(hospital.users["doctor"]), words)
    assert any(where.startswith("admin:patients_encounter") for where in found)
