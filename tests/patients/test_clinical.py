"""The clinical record: signed notes stay, mistakes are marked, impossible values are refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import Error, connection, transaction

from hms.core import clock
from hms.core.models import Facility, User
from hms.core.refusals import Refused
from patients import vitals
from patients.models import Allergy, ClinicalNote, DiagnosisCode, Encounter, Observation, Patient
from patients.services import clinical, encounters, notes
from tests.conftest import make_patient


@pytest.fixture
def signed(doctor_user: User, visit: Encounter) -> ClinicalNote:
    DiagnosisCode.objects.create(code="J20.9", title="Acute bronchitis", billable=True, search="j20.9 bronchitis")
    draft = notes.save_draft(doctor_user, encounter_id=visit.pk, codes=["J20.9"], complaint="Cough", plan="Rest")
    return notes.sign(doctor_user, note_id=draft.pk)


# Notes


@pytest.mark.parametrize(
    "change",
    [
        "plan = 'Something else'",
        "author_id = (select id from core_user where username <> 'x' and id <> author_id limit 1)",
        "signed_at = now()",
        "status = 'draft', signed_at = null",
        "patient_id = gen_random_uuid()",
    ],
)
def test_a_signed_note_is_not_changed_by_anyone(signed: ClinicalNote, reception: User, change: str) -> None:
    with pytest.raises(Error, match="does not change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"update patients_clinicalnote set {change}")
    signed.refresh_from_db()
    assert signed.plan == "Rest"


def test_a_signed_note_is_amended_by_a_note_of_its_own_also_after_the_visit(
    signed: ClinicalNote, doctor_user: User, reception: User
) -> None:
    encounters.close(reception, encounter_id=signed.encounter_id)
    addendum = notes.amend(doctor_user, note_id=signed.pk, text="The X-ray was clear.")
    assert (addendum.amends, addendum.status, addendum.assessment) == (signed, "signed", "The X-ray was clear.")
    assert list(signed.addenda.all()) == [addendum]


def test_signing_turns_codes_into_diagnoses_of_the_visit(signed: ClinicalNote) -> None:
    assert [(row.code, row.display, row.category) for row in signed.diagnoses.all()] == [
        ("J20.9", "Acute bronchitis", "encounter-diagnosis")
    ]


def test_a_note_entered_in_error_stays_with_its_reason_and_takes_its_diagnoses_along(
    signed: ClinicalNote, doctor_user: User, person
) -> None:
    with pytest.raises(Refused, match="Only the author"):
        notes.mark_error(person("doctor"), note_id=signed.pk, reason="?")
    notes.mark_error(doctor_user, note_id=signed.pk, reason="Another patient")
    signed.refresh_from_db()
    assert (signed.status, signed.error_reason, signed.plan) == ("entered_in_error", "Another patient", "Rest")
    assert signed.diagnoses.get().entered_in_error


def test_only_its_author_signs_a_note_and_an_empty_one_is_not_signed(
    doctor_user: User, person, visit: Encounter
) -> None:
    draft = notes.save_draft(doctor_user, encounter_id=visit.pk, codes=[], plan="  ")
    with pytest.raises(Refused, match="Only the author"):
        notes.sign(person("doctor"), note_id=draft.pk)
    with pytest.raises(Refused, match="empty"):
        notes.sign(doctor_user, note_id=draft.pk)
    with pytest.raises(Refused, match="ICD-10"):
        notes.save_draft(doctor_user, encounter_id=visit.pk, codes=["NOPE"], plan="Rest")


def test_a_visit_with_an_unsigned_note_is_closed_once_a_colleague_signed_it(
    doctor_user: User, person, reception: User, visit: Encounter
) -> None:
    draft = notes.save_draft(doctor_user, encounter_id=visit.pk, codes=[], plan="Rest")
    with pytest.raises(Refused, match="not signed"):
        encounters.close(reception, encounter_id=visit.pk)
    colleague = person("doctor")
    notes.take_over(colleague, note_id=draft.pk)
    notes.sign(colleague, note_id=draft.pk)
    assert encounters.close(reception, encounter_id=visit.pk).status == "finished"


def test_a_visit_with_a_signed_note_is_closed_and_not_cancelled(signed: ClinicalNote, reception: User) -> None:
    with pytest.raises(Refused, match="signed note"):
        encounters.cancel(reception, encounter_id=signed.encounter_id, reason="Left")


# Vital signs


def record(actor: User, visit: Encounter, **values: str) -> list[Observation]:
    return clinical.record_vitals(
        actor, encounter_id=visit.pk, values={name: Decimal(value) for name, value in values.items()}
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [(vital.name, str(edge)) for vital in clinical.VITALS for edge in vital.possible],
)
def test_a_value_that_is_just_possible_is_taken(doctor_user: User, visit: Encounter, name: str, value: str) -> None:
    (made,) = record(doctor_user, visit, **{name: value})
    assert made.value == Decimal(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (vital.name, str(edge))
        for vital in clinical.VITALS
        for edge in (vital.possible[0] - Decimal("0.1"), vital.possible[1] + Decimal("0.1"))
    ],
)
def test_a_value_that_no_living_patient_has_is_refused_at_its_field(
    doctor_user: User, visit: Encounter, name: str, value: str
) -> None:
    with pytest.raises(Refused, match="Possible is") as refused:
        record(doctor_user, visit, **{name: value})
    assert refused.value.field == name
    assert not Observation.objects.exists()


def test_vital_signs_that_contradict_each_other_or_time_are_refused(
    doctor_user: User, reception: User, visit: Encounter
) -> None:
    with pytest.raises(Refused, match="above the diastolic"):
        record(doctor_user, visit, systolic="80", diastolic="80")
    with pytest.raises(Refused, match="Nothing was measured"):
        record(doctor_user, visit)
    with pytest.raises(Refused, match="future"):
        clinical.record_vitals(
            doctor_user,
            encounter_id=visit.pk,
            values={"pulse": Decimal(70)},
            observed_at=clock.now() + timedelta(minutes=5),
        )
    encounters.close(reception, encounter_id=visit.pk)
    with pytest.raises(Refused, match="closed"):
        record(doctor_user, visit, pulse="70")


def test_blood_pressure_is_one_line_and_high_values_say_so(doctor_user: User, visit: Encounter) -> None:
    record(doctor_user, visit, systolic="182", diastolic="95", pulse="72", temperature="35.0")
    lines = {line.label: line for line in vitals.latest(doctor_user, visit.patient)}
    assert (lines["Blood pressure"].text, lines["Blood pressure"].flag) == ("182/95", "high")
    assert (lines["Pulse"].flag, lines["Temperature"].flag) == ("", "low")


def test_a_child_is_not_held_against_the_ranges_of_adults(doctor_user: User, reception: User) -> None:
    child = make_patient(reception, birth_date=clock.today(reception.facility) - timedelta(days=400))
    visit = encounters.open_encounter(reception, patient=child)
    record(doctor_user, visit, pulse="130")
    (line,) = vitals.latest(doctor_user, child)
    assert (line.flag, line.low) == ("", None)


# Allergies


def test_unknown_allergies_are_not_the_same_as_none(
    doctor_user: User, patient: Patient, visit: Encounter, browser_of
) -> None:
    chart = f"/patients/{patient.pk}/"
    client = browser_of(doctor_user)
    assert "Allergies not recorded" in client.get(chart).content.decode()
    clinical.confirm_no_allergies(doctor_user, patient_id=patient.pk)
    assert "No known allergies" in client.get(chart).content.decode()
    found = clinical.record_allergy(doctor_user, patient_id=patient.pk, substance="Penicillin", reaction="Rash")
    html = client.get(chart).content.decode()
    assert "Penicillin: Rash" in html
    assert "No known allergies" not in html
    with pytest.raises(Refused, match="Allergies are on the list"):
        clinical.confirm_no_allergies(doctor_user, patient_id=patient.pk)
    with pytest.raises(Refused, match="already"):
        clinical.record_allergy(doctor_user, patient_id=patient.pk, substance="penicillin")
    clinical.mark_error(doctor_user, record=found, reason="Another patient")
    assert Allergy.objects.get().error_reason == "Another patient"
    assert "Allergies not recorded" in client.get(chart).content.decode()


def test_an_allergy_is_known_wherever_the_patient_is_and_a_visit_only_at_home(
    doctor_user: User, person, visit: Encounter, south: Facility
) -> None:
    from patients.services import registration

    clinical.record_allergy(doctor_user, patient_id=visit.patient_id, encounter=visit, substance="Penicillin")
    record(doctor_user, visit, pulse="70")
    there = person("doctor", south)
    assert not Allergy.objects.visible_to(there).exists()
    known = registration.bring_over(there, mrn=visit.patient.mrn, birth_date=visit.patient.birth_date)
    assert not Allergy.objects.visible_to(there).exists(), "known, and not treated"
    encounters.open_encounter(there, patient=known)
    assert Allergy.objects.visible_to(there).count() == 1
    assert not Observation.objects.visible_to(there).exists()
    assert visit not in Encounter.objects.visible_to(there)


def test_a_value_in_another_unit_keeps_its_unit_and_is_not_judged(
    visit: Encounter, reception: User, doctor_user: User
) -> None:
    """Glucose of 95 mg/dL brought in from elsewhere is not 95 mmol/L."""
    for value, unit, minutes in ((Decimal("5.2"), "mmol/L", 60), (Decimal("95"), "mg/dL", 5)):
        Observation.objects.create(
            patient=visit.patient,
            encounter=visit,
            recorded_by=reception,
            code="2339-0",
            display="Glucose",
            value=value,
            value_text=str(value),
            unit=unit,
            observed_at=clock.now() - timedelta(minutes=minutes),
        )
    (line,) = vitals.latest(doctor_user, visit.patient)
    assert (line.text, line.unit, line.flag, line.values) == ("95", "mg/dL", "", [Decimal("95")])
