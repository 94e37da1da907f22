"""The administration shows nothing of what a patient suffers from, to anybody; and no patient at all to whom no
patient's name is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, models, transaction
from django.test import Client
from django.urls import reverse

from billing.models import Invoice
from hms.core import held, roles
from hms.core.admin import FacilityScope
from hms.core.models import Facility, User
from patients.admin import EncounterAdmin
from patients.models import Patient
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


def write_words(patient: Patient) -> dict[str, str]:
    """A word of its own in every clinical column that has rows; column → word. What only grows says its own."""
    words = {}
    for number, name in enumerate(CLINICAL):
        model, column = apps.get_model(*name.split(".")[:2]), name.split(".")[2]
        rows = held.rows(model, patient.pk)
        if getattr(model, "append_only", False):
            words |= {f"{name} {text}": text for text in rows.values_list(column, flat=True) if len(text) > 4}
        elif _written(model, rows, column, f"Faintness{number}"):
            words[name] = f"Faintness{number}"
    return words


def _written(model: type[models.Model], rows: models.QuerySet, column: str, word: str) -> int:
    """How many rows say the word now; what is signed does not change."""
    try:
        with transaction.atomic():
            return model._base_manager.filter(pk__in=rows.values("pk")).update(**{column: word})
    except IntegrityError:
        return 0


def pages(client: Client) -> Iterator[tuple[str, str]]:
    """Every list of the administration, and the pages of its first rows."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = client.get(reverse(f"{name}_changelist"))
        if listed.status_code != 200:
            continue
        yield name, listed.content.decode()
        for row in list(model._default_manager.all()[:6]):
            answer = client.get(reverse(f"{name}_change", args=[row.pk]))
            if answer.status_code == 200:
                yield f"{name} {row.pk}", answer.content.decode()


def shown(client: Client, words: Iterable[str]) -> list[str]:
    return sorted({f"{where}: {word}" for where, html in pages(client) for word in words if word in html})


@pytest.fixture
def hospital(north: Facility, person: Callable[..., User]) -> Iterator[walked.Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        found = walked.walk(north, person, mark=MARK)
        User.objects.exclude(username="system").update(is_staff=True)
        yield found


def test_nobody_reads_a_chart_in_the_administration(
    hospital: walked.Walked, browser_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = Patient.objects.get(pk=hospital.ids["patient_id"])
    words = write_words(patient)
    known = {"appointments.Appointment.reason", "laboratory.LabOrder.question", "pharmacy.Prescription.advice"}
    assert known | {"patients.Encounter.reason", "wards.Admission.reason"} <= set(words)
    for role, user in hospital.users.items():
        client = browser_of(user)
        assert shown(client, words.values()) == [], role
        if "patients.view_patient" not in roles.ROLES[role].permissions:
            assert shown(client, {patient.family_name, patient.mrn}) == [], role
    monkeypatch.setattr(EncounterAdmin, "fields", [*EncounterAdmin.fields, "reason"])
    found = shown(browser_of(hospital.users["doctor"]), words.values())
    assert any(where.startswith("admin:patients_encounter") for where in found)


def asked_by_a_hidden_column(client: Client) -> list[str]:
    """Columns that a list of what is held on patients can be asked by, though no filter stands beside it."""
    found = []
    for model, page in admin.site._registry.items():
        if model not in held.tables():
            continue
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        offered = {each if isinstance(each, str) else each[0] for each in page.list_filter} | {page.date_hierarchy}
        columns = [f"{column.name}__icontains" for column in model._meta.concrete_fields if column.name not in offered]
        columns += ["patient__family_name__startswith", "encounter__patient__mrn"]
        found += [
            f"{model._meta.label} {each}" for each in columns if client.get(address, {each: "a"}).status_code == 200
        ]
    return found


def test_no_list_answers_whether_a_hidden_text_holds_a_word(
    hospital: walked.Walked, browser_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in ("administrator", "auditor", "doctor"):
        assert asked_by_a_hidden_column(browser_of(hospital.users[role])) == [], role
    monkeypatch.setattr(FacilityScope, "lookup_allowed", lambda self, *asked, **named: True)
    assert "core.Document snapshot__icontains" in asked_by_a_hidden_column(browser_of(hospital.users["administrator"]))


def test_a_list_of_what_is_held_on_patients_says_which_columns_it_shows() -> None:
    for model, page in admin.site._registry.items():
        if model in held.tables():
            columns = {*(page.fields or ()), *page.list_display, *page.search_fields}
            assert page.fields, f"{model._meta.label} shows every column"
            assert not {f"{model._meta.label}.{column.lstrip('=')}" for column in columns} & {*CLINICAL}
            assert model is Patient or not columns & {"patient", "encounter", "=mrn", "mrn"}, model._meta.label


def test_records_kept_narrower_are_narrower_here_too(
    hospital: walked.Walked, browser_of: Callable[[User], Client]
) -> None:
    address = reverse("admin:billing_invoice_changelist")
    with time_machine.travel(datetime(2027, 3, 20, 9, 0, tzinfo=UTC), tick=False):  # no bill of the last ninety days
        accountant = browser_of(hospital.users["accountant"])
        assert b"N-INV-" in accountant.get(address).content
        Patient.objects.update(confidentiality="vip")
        assert not Invoice.objects.visible_to(hospital.users["accountant"])
        assert b"N-INV-" not in accountant.get(address).content
