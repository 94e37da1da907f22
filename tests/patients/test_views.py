"""The registry and the chart on screen."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core.models import AuditEvent, Department, Facility, User
from patients import banner
from patients.forms import RegisterForm
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


def test_all_impossible_vital_signs_are_said_at_once(doctor_user: User, visit: Encounter, browser_of) -> None:
    browser = browser_of(doctor_user)
    typed = {"systolic": "80", "diastolic": "120", "pulse": "700", "temperature": "98.6"}
    answer = browser.post(f"/patients/visits/{visit.pk}/vitals", {"_key": str(uuid.uuid4()), **typed})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert set(form.errors) == {"systolic", "pulse", "temperature"}
    assert "20 to 46 °C" in answer.content.decode()


def test_what_was_measured_together_is_listed_as_a_clinician_reads_it(
    doctor_user: User, visit: Encounter, patient: Patient, browser_of
) -> None:
    values = {"weight": Decimal(70), "saturation": Decimal(98), "pulse": Decimal(70), "systolic": Decimal(120)}
    clinical.record_vitals(doctor_user, encounter_id=visit.pk, values={**values, "diastolic": Decimal(80)})
    rows = browser_of(doctor_user).get(f"/patients/{patient.pk}/observations").context["page"].rows
    assert [row.display for row in rows] == ["Systolic", "Diastolic", "Pulse", "Oxygen saturation", "Weight"]


def test_the_banner_reads_the_allergies_of_high_risk_first_and_marks_them(
    doctor_user: User, patient: Patient, visit: Encounter, browser_of
) -> None:
    for substance, risk in (("Latex", "low"), ("Penicillin", "high"), ("Aspirin", "unable-to-assess")):
        clinical.record_allergy(
            doctor_user, patient_id=patient.pk, substance=substance, criticality=risk, reaction="Rash"
        )
    lines = banner.of(doctor_user, patient).allergies
    assert [(line.text, line.reaction) for line in lines] == [
        ("Penicillin", "Rash"),
        ("Aspirin", "Rash"),
        ("Latex", "Rash"),
    ]
    page = browser_of(doctor_user).get(f"/patients/{patient.pk}/").content.decode()
    assert page.count("high risk") == 1


def test_a_visit_is_opened_only_where_patients_are_seen(
    reception: User, patient: Patient, north: Facility, browser_of
) -> None:
    Department.objects.create(facility=north, code="finance", name="Finance", sees_patients=False)
    form = browser_of(reception).get(f"/patients/{patient.pk}/visit").context["form"]
    assert [str(row) for row in form.fields["department"].queryset] == ["Outpatients"]


def test_what_is_missing_of_the_next_of_kin_is_said_where_it_is_missing(reception: User, browser_of) -> None:
    page = browser_of(reception).get("/patients/register").content.decode()
    assert "all three, or none" in page
    form = RegisterForm({"contact_name": "Ann", "contact_phone": "12"})
    assert "contact_relationship" in form.errors
    assert "contact_name" not in form.errors


def test_a_patient_in_the_ward_is_not_in_consultation() -> None:
    assert Encounter(kind="inpatient", status="in_progress").get_status_display() == "In the ward"
    assert Encounter(kind="outpatient", status="in_progress").get_status_display() == "In consultation"


def test_the_treatment_plan_stands_in_the_chart(doctor_user: User, visit: Encounter, browser_of) -> None:
    clinical.add_care_plan(doctor_user, encounter_id=visit.pk, title="Walk again", activities="Daily", review_on=None)
    assert "Walk again" in browser_of(doctor_user).get(f"/patients/{visit.patient_id}/plans").content.decode()


def test_the_patients_leave_as_a_file_without_those_one_may_not_know_and_are_recorded(
    reception: User, person, browser_of
) -> None:
    nurse = person("nurse")
    shown, narrow = make_patient(reception, "Meera", "Rao"), make_patient(reception, "Omar", "Haddad")
    Patient.objects.filter(pk=narrow.pk).update(confidentiality="staff")
    ward, desk = browser_of(nurse), browser_of(reception)
    assert "format=xlsx" in ward.get("/patients/").content.decode()
    known, all_of_them = (
        client.get("/patients/", {"format": "csv"}).getvalue().decode("utf-8-sig").splitlines()
        for client in (ward, desk)
    )
    assert [line.split(",")[0] for line in known] == ["MRN", shown.mrn]
    assert shown.name in known[1] and str(shown.birth_date) in known[1]
    assert [line.split(",")[0] for line in all_of_them] == ["MRN", narrow.mrn, shown.mrn]
    left = AuditEvent.objects.get(action="export", actor=nurse)
    assert (left.detail["list"], left.detail["patients"]) == ("patients", [str(shown.pk)])
    assert ward.get("/patients/", {"format": "xlsx"}).getvalue()[:2] == b"PK"
