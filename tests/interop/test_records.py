"""Bundles of our own making: what comes in, and how."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from hms.core.models import Facility, User
from hms.core.refusals import Refused
from laboratory.models import DiagnosticReport
from patients.models import (
    Allergy,
    CarePlan,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
)
from patients.services import encounters
from tests.interop.conftest import (
    Import,
    allergy,
    bundle,
    coded,
    condition,
    encounter,
    observation,
    patient,
    status,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["collection", "transaction", "batch", "searchset", "document"])
def test_every_kind_of_bundle_brings_the_same_record(kind: str, bring: Import) -> None:
    outcome = bring(bundle(patient(), encounter(), condition(encounter={"reference": "Encounter/e1"}), kind=kind))
    assert outcome.code == 0, outcome.err
    assert Condition.objects.get().encounter == Encounter.objects.get()


@pytest.mark.parametrize(
    ("code", "kind"), [("AMB", "outpatient"), ("EMER", "emergency"), ("IMP", "inpatient"), ("VR", "virtual")]
)
def test_a_visit_of_elsewhere_is_history_and_closed(code: str, kind: str, bring: Import, north: Facility) -> None:
    bring(bundle(patient(), encounter(**{"class": {"code": code}}, reasonCode=[coded("Cough", "49727002")])))
    visit = Encounter.objects.get()
    assert (visit.kind, visit.status, visit.imported, visit.facility) == (kind, "finished", True, north)
    assert visit.started_at == datetime(2021, 5, 3, 7, 0, tzinfo=UTC)
    assert visit.ended_at == datetime(2021, 5, 3, 7, 30, tzinfo=UTC)
    assert visit.reason == "Cough"


@pytest.mark.parametrize(
    ("written", "text", "number"),
    [
        ("13.20", "13.20", "13.20"),
        ("13", "13", "13"),
        ("0.000100", "0.000100", "0.0001"),
        ("1.0e2", "1.0e2", "100"),
        ("-0.50", "-0.50", "-0.5"),
        ("0.12345678", "0.12345678", "0.123457"),
    ],
)
def test_a_value_stays_as_it_was_written(written: str, text: str, number: str, bring: Import) -> None:
    raw = json.dumps(bundle(patient(), observation(valueQuantity={"value": 4711, "unit": "mg/dL"})))
    assert bring(raw.replace("4711", written)).code == 0
    row = Observation.objects.get()
    assert (row.value_text, row.value, row.unit) == (text, Decimal(number), "mg/dL")


def test_less_than_five_is_no_five(bring: Import) -> None:
    bring(bundle(patient(), observation(valueQuantity={"value": 5, "comparator": "<", "unit": "mg/L"})))
    row = Observation.objects.get()
    assert (row.value, row.value_text, row.unit) == (None, "<5", "mg/L")


def test_a_number_too_large_for_the_column_is_kept_as_text(bring: Import) -> None:
    bring(bundle(patient(), observation(valueQuantity={"value": 12345678901234567890, "unit": "1"})))
    assert (Observation.objects.get().value, Observation.objects.get().value_text) == (None, "12345678901234567890")


def test_a_blood_pressure_is_two_rows(bring: Import) -> None:
    parts = [
        {"code": coded("Systolic", "8480-6", "http://loinc.org"), "valueQuantity": {"value": 121, "unit": "mm[Hg]"}},
        {"code": coded("Diastolic", "8462-4", "http://loinc.org"), "valueQuantity": {"value": 78, "unit": "mm[Hg]"}},
    ]
    bring(
        bundle(
            patient(),
            observation(component=parts, category=[status("observation-category", "vital-signs")]),
            {
                "resourceType": "DiagnosticReport",
                "id": "r1",
                "status": "final",
                "code": coded("Pressure"),
                "subject": {"reference": "Patient/p1"},
                "issued": "2021-05-03T10:00:00Z",
                "result": [{"reference": "Observation/o1"}],
            },
        )
    )
    rows = Observation.objects.order_by("code")
    assert [(r.code, r.value, r.unit, r.category) for r in rows] == [
        ("8462-4", Decimal(78), "mm[Hg]", "vital-signs"),
        ("8480-6", Decimal(121), "mm[Hg]", "vital-signs"),
    ]
    assert set(DiagnosticReport.objects.get().observations.all()) == set(rows)


def test_words_and_codes_are_values_too(bring: Import) -> None:
    bring(
        bundle(
            patient(),
            observation("o1", valueCodeableConcept=coded("Never smoked", "266919005")),
            observation("o2", valueString="Straw-coloured, clear"),
            observation("o3", valueBoolean=True),
        )
    )
    assert set(Observation.objects.values_list("value_text", flat=True)) == {
        "Never smoked",
        "Straw-coloured, clear",
        "yes",
    }


def test_problems_keep_their_code_their_dates_and_their_doubts(bring: Import) -> None:
    bring(
        bundle(
            patient(),
            condition("c1"),
            condition(
                "c2",
                clinicalStatus=status("condition-clinical", "resolved"),
                abatementDateTime="2016-01-02T10:00:00Z",
                code=coded("Sinusitis", "J01.90", "http://hl7.org/fhir/sid/icd-10-cm"),
            ),
            condition("c3", verificationStatus=status("condition-ver-status", "provisional"), code=coded("Gout")),
            condition("c4", verificationStatus=status("condition-ver-status", "entered-in-error"), code=coded("Ulcer")),
            condition("c5", verificationStatus=status("condition-ver-status", "refuted"), code=coded("Anaemia")),
            condition("c6", clinicalStatus=status("condition-clinical", "inactive"), recordedDate="2018-04-05"),
        )
    )
    by_name = {row.display: row for row in Condition.objects.exclude(resolved_on=date(2018, 4, 5))}
    assert (by_name["Asthma"].code, by_name["Asthma"].onset_on) == ("195967001", date(2015, 3, 1))
    assert by_name["Asthma"].system == "http://snomed.info/sct" and by_name["Asthma"].resolved_on is None
    assert (by_name["Sinusitis"].code, by_name["Sinusitis"].resolved_on) == ("J01.90", date(2016, 1, 2))
    assert "Gout (provisional)" in by_name
    assert by_name["Ulcer"].entered_in_error and by_name["Anaemia"].error_reason == "refuted at the source"
    assert Condition.objects.filter(resolved_on=date(2018, 4, 5)).count() == 1


def test_an_allergy_stands_in_the_banner(bring: Import) -> None:
    bring(bundle(patient(), allergy()))
    row = Allergy.objects.get()
    assert (str(row), row.criticality, row.category, row.code) == (
        "Penicillin: Hives, Wheeze",
        "high",
        "medication",
        "7980",
    )
    assert Patient.objects.get().no_known_allergies is False


def test_no_known_allergy_is_an_answer_and_not_an_allergy(bring: Import) -> None:
    nothing = {"code": coded("No known allergy", "716186003"), "reaction": []}
    del (without := allergy(**nothing))["reaction"]
    bring(bundle(patient(), without))
    assert not Allergy.objects.exists() and Patient.objects.get().no_known_allergies is True
    bring(bundle(patient(), allergy("a2")))
    assert Patient.objects.get().no_known_allergies is False


def test_medicines_whether_named_contained_or_pointed_at(bring: Import) -> None:
    request = {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "authoredOn": "2021-05-03",
    }
    box = {"resourceType": "Medication", "id": "m1", "code": coded("Amoxicillin 500 mg", "308191")}
    statement = {
        "resourceType": "MedicationStatement",
        "id": "s1",
        "status": "on-hold",
        "subject": {"reference": "Patient/p1"},
        "medicationCodeableConcept": coded("Aspirin 100 mg"),
        "dosage": [{"text": "1 in the morning"}],
    }
    dose = {
        "doseAndRate": [{"doseQuantity": {"value": 2, "unit": "puffs"}}],
        "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
    }
    bring(
        bundle(
            patient(),
            {
                **request,
                "id": "r1",
                "medicationReference": {"reference": "Medication/m1"},
                "dosageInstruction": [{"text": "3 a day"}],
            },
            {
                **request,
                "id": "r2",
                "contained": [{**box, "code": coded("Salbutamol")}],
                "medicationReference": {"reference": "#m1"},
                "dosageInstruction": [dose],
            },
            statement,
            box,
        )
    )
    rows = {row.display: row for row in MedicationStatement.objects.all()}
    assert (rows["Amoxicillin 500 mg"].dosage, rows["Amoxicillin 500 mg"].code) == ("3 a day", "308191")
    assert rows["Amoxicillin 500 mg"].started_on == date(2021, 5, 3)
    assert rows["Salbutamol"].dosage == "2 puffs, 2 times every 1 days"
    assert (rows["Aspirin 100 mg"].status, rows["Aspirin 100 mg"].dosage) == ("stopped", "on hold: 1 in the morning")


def test_vaccines_procedures_plans_and_reports(bring: Import) -> None:
    who = {"reference": "Patient/p1"}
    text = base64.b64encode("Naïve T cells: none seen".encode()).decode()
    bring(
        bundle(
            patient(),
            {"resourceType": "Immunization", "id": "i1", "status": "completed", "patient": who, "vaccineCode": coded("MMR", "03", "http://hl7.org/fhir/sid/cvx"), "occurrenceDateTime": "1990-06-01", "lotNumber": "L7"},
            {"resourceType": "Immunization", "id": "i2", "status": "not-done", "patient": who, "vaccineCode": coded("MMR"), "occurrenceDateTime": "1991-06-01"},
            {"resourceType": "Procedure", "id": "x1", "status": "completed", "subject": who, "code": coded("Appendectomy", "80146002"), "performedPeriod": {"start": "2001-01-01T10:00:00Z", "end": "2001-01-01T11:00:00Z"}},
            {"resourceType": "CarePlan", "id": "k1", "status": "active", "intent": "plan", "subject": who, "title": "Walk", "activity": [{"detail": {"status": "in-progress", "code": coded("30 minutes a day")}}]},
            {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "subject": who, "code": coded("Smear"), "issued": "2021-05-03T10:00:00Z", "conclusion": "Normal.", "presentedForm": [{"contentType": "text/plain; charset=utf-8", "data": text}]},
        )
    )  # fmt: skip
    vaccine = Immunization.objects.get()
    assert (vaccine.vaccine, vaccine.code, vaccine.lot) == ("MMR", "03", "L7")
    done = Procedure.objects.get()
    assert (done.display, done.ended_at) == ("Appendectomy", datetime(2001, 1, 1, 11, tzinfo=UTC))
    assert (CarePlan.objects.get().title, CarePlan.objects.get().activities) == ("Walk", "30 minutes a day")
    report = DiagnosticReport.objects.get()
    assert report.order is None and report.text == "Normal.\n\nNaïve T cells: none seen"


def test_what_has_no_place_is_counted_and_named(bring: Import) -> None:
    device = {"resourceType": "Device", "id": "v1"}
    group = {"resourceType": "Group", "id": "g1", "type": "person", "actual": True}
    outcome = bring(bundle(patient(), device, group, observation("o2", who="Group/g1"), encounter(status="planned")))
    assert outcome.code == 0, outcome.err
    for line in ("1 Device: no place yet", "1 Observation: about a Group", "1 Encounter: planned"):
        assert line in outcome.out
    assert not Observation.objects.exists() and not Encounter.objects.exists()


@pytest.mark.parametrize("said", ["in-progress", "arrived", "triaged", "onleave", "unknown"])
def test_a_visit_that_runs_at_the_source_is_neither_called_over_nor_open_here(
    said: str, bring: Import, reception: User, north: Facility
) -> None:
    running = encounter(status=said, period={"start": "2021-05-03T09:00:00+02:00"}, **{"class": {"code": "IMP"}})
    outcome = bring(bundle(patient(), running, encounter("e2", status=said, period={"start": "2021-05-04"})))
    assert outcome.code == 0, outcome.err
    assert f"2 Encounter: {said} at the source: a visit whose end is not known" in outcome.out
    visit = Encounter.objects.get(kind="inpatient")
    assert (visit.status, visit.ended_at, visit.imported, visit.is_open) == ("unended", None, True, False)
    # It stands in no queue, on no desk and on no bill, and bars nobody from being admitted.
    here = encounters.open_encounter(reception, patient=visit.patient, kind="inpatient")
    assert list(Encounter.objects.open()) == [here]
    with pytest.raises(Refused):
        encounters.reopen(reception, encounter_id=visit.pk, reason="It goes on")
    with pytest.raises(Refused):
        encounters.locked_open(visit.pk)


def test_a_visit_of_unknown_state_that_has_an_end_is_over(bring: Import) -> None:
    bring(bundle(patient(), encounter(status="unknown")))
    assert Encounter.objects.get().status == "finished"
