"""Bundles of our own making: what comes in, how, and what is refused."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client

from hms.core.models import AuditEvent, Facility, User
from interop.management.commands.import_fhir import ONE_AT_A_TIME
from interop.models import SourceRecord, UnresolvedReference
from laboratory.models import DiagnosticReport
from patients import search
from patients.models import (
    Allergy,
    CarePlan,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    PatientFacility,
    PatientIdentifier,
    Procedure,
)
from patients.services import registration
from staff.models import Employee
from tests.conftest import make_patient
from tests.interop.conftest import (
    NPI,
    Import,
    Resource,
    attended,
    bundle,
    coded,
    condition,
    encounter,
    observation,
    patient,
    practitioner,
    rows_of_everything,
    status,
)

pytestmark = pytest.mark.django_db


# ---- who ------------------------------------------------------------------------------------------


def test_a_patient_is_registered_under_an_own_mrn_with_the_numbers_of_the_source(
    bring: Import, north: Facility
) -> None:
    outcome = bring(
        bundle(
            patient(
                telecom=[{"system": "phone", "value": "+47 22 33 44 55", "use": "mobile"}],
                address=[
                    {"line": ["Storgata 1", "3rd floor"], "city": "Tromsø", "postalCode": "9008", "country": "NO"}
                ],
                communication=[{"language": coded("Norsk", "no", "urn:ietf:bcp:47")}],
                contact=[
                    {
                        "name": {"family": "Núñez", "given": ["Íñigo"]},
                        "relationship": [coded("Brother")],
                        "telecom": [{"system": "phone", "value": "555-1"}],
                    }
                ],
            )
        )
    )
    assert outcome.code == 0, outcome.err
    found = Patient.objects.get()
    assert found.mrn.startswith("N-") and found.registered_at == north
    assert (found.given_name, found.family_name) == ("Zoë Mária", "Núñez Ångström")
    assert (found.sex, found.birth_date, found.birth_date_estimated) == ("female", date(1984, 2, 29), False)
    assert (found.phone, found.address, found.city) == ("+47 22 33 44 55", "Storgata 1, 3rd floor", "Tromsø")
    assert found.language == "Norsk"
    assert [(i.system, i.value) for i in found.identifiers.all()] == [("http://elsewhere.example/mrn", "E-p1")]
    assert [(c.name, c.relationship, c.phone) for c in found.contacts.all()] == [("Íñigo Núñez", "Brother", "555-1")]
    assert PatientFacility.objects.filter(patient=found, facility=north).exists()


@pytest.mark.parametrize("typed", ["nunez", "Ångström", "angstrom zoe", "Mária", "larsen", "zo"])
def test_a_patient_is_found_by_every_name_with_and_without_accents(typed: str, bring: Import, reception: User) -> None:
    names = [*patient()["name"], {"use": "maiden", "family": "Larsén", "given": ["Zoë"]}]
    bring(bundle(patient(name=names)))
    assert [p.family_name for p in search.patients(reception, typed)] == ["Núñez Ångström"]


def test_the_year_of_birth_alone_is_kept_as_an_estimate(bring: Import) -> None:
    bring(bundle(patient(birthDate="1950")))
    found = Patient.objects.get()
    assert (found.birth_date, found.birth_date_estimated) == (date(1950, 1, 1), True)


def test_one_who_died_at_an_unknown_time_is_not_taken_for_alive(bring: Import) -> None:
    outcome = bring(bundle(patient(deceasedBoolean=True)))
    assert Patient.objects.get().deceased_at is not None
    assert "nobody says when" in outcome.out


def test_a_patient_who_is_here_already_is_matched_by_a_number(bring: Import, reception: User) -> None:
    here = make_patient(reception, "Zoe", "Nunez", birth_date=date(1984, 2, 29))
    registration.add_identifier(reception, patient_id=here.pk, system="http://elsewhere.example/mrn", value="E-p1")
    outcome = bring(bundle(patient(), condition()))
    assert outcome.code == 0, outcome.err
    assert Patient.objects.get() == here
    assert Condition.objects.get().patient == here


def test_a_number_that_two_people_share_does_not_make_them_one(bring: Import, reception: User) -> None:
    other = make_patient(reception, "Hans", "Holm", sex="male", birth_date=date(1951, 7, 1))
    registration.add_identifier(reception, patient_id=other.pk, system="http://elsewhere.example/mrn", value="E-p1")
    outcome = bring(bundle(patient(), condition()))
    assert Patient.objects.count() == 2
    assert Condition.objects.get().patient != other
    assert "belongs to another patient" in outcome.out
    assert PatientIdentifier.objects.get().patient == other


def test_two_systems_that_use_the_same_id_are_not_mixed_up(bring: Import) -> None:
    other = patient(birthDate="1999-01-01", identifier=[], name=[{"family": "Else", "given": ["Someone"]}])
    assert bring(bundle(patient(), condition())).code == 0
    outcome = bring(bundle(other, condition(code=coded("Gout", "90560007"))))
    assert outcome.code == 1 and "--source" in outcome.err and "another birth date" in outcome.err
    outcome = bring(bundle(other, condition(code=coded("Gout", "90560007"))), options=["--source", "clinic-b"])
    assert outcome.code == 0, outcome.err
    assert Condition.objects.get(display="Gout").patient.family_name == "Else"


def test_a_practitioner_is_known_and_can_be_neither_planned_nor_booked_nor_signed_in(bring: Import) -> None:
    bring(bundle(patient(), practitioner(), encounter(participant=attended())))
    doctor = Employee.objects.get()
    assert (doctor.name, doctor.department.name) == ("Dr Ada Okonkwo", "External")
    assert not doctor.active and doctor.user is None and not hasattr(doctor, "doctor")
    assert Encounter.objects.get().attending == doctor


# ---- what -----------------------------------------------------------------------------------------


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


def allergy(key: str = "a1", **more: object) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": key,
        "clinicalStatus": status("allergyintolerance-clinical", "active"),
        "verificationStatus": status("allergyintolerance-verification", "confirmed"),
        "patient": {"reference": "Patient/p1"},
        "code": coded("Penicillin", "7980", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        "category": ["medication"],
        "criticality": "high",
        "reaction": [{"manifestation": [coded("Hives"), coded("Wheeze")]}],
        **more,
    }


def test_an_allergy_stands_in_the_banner(bring: Import) -> None:
    bring(bundle(patient(), allergy()))
    row = Allergy.objects.get()
    assert (str(row), row.severity, row.category, row.code) == (
        "Penicillin: Hives, Wheeze",
        "crit",
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


# ---- pointers -------------------------------------------------------------------------------------


def test_files_of_one_call_point_at_each_other_in_any_order(bring: Import) -> None:
    first = bundle(condition(encounter={"reference": "Encounter/e1"}))
    outcome = bring(first, bundle(encounter(participant=attended())), bundle(patient()), bundle(practitioner()))
    assert outcome.code == 0, outcome.err
    assert Condition.objects.get().encounter.attending.family_name == "Okonkwo"
    assert not UnresolvedReference.objects.exists()


def test_files_that_need_each_other_come_in_together_or_not_at_all(bring: Import) -> None:
    one = bundle(patient("p1"), condition("c2", who="Patient/p2"))
    two = bundle(patient("p2", birthDate="1970-01-01"), condition("c1", who="Patient/p1"))
    broken = bundle(patient("p2", gender="mail"), condition("c1", who="Patient/p1"))
    outcome = bring(one, broken)
    assert outcome.code == 1 and "need each other" in outcome.err and not Patient.objects.exists()
    assert bring(one, two).code == 0
    assert (Patient.objects.count(), Condition.objects.count()) == (2, 2)


def test_files_that_merely_point_at_each_other_find_each_other_afterwards(bring: Import) -> None:
    one = bundle(patient("p1"), practitioner("1", "d1"), encounter("e1", participant=attended("2")))
    two = bundle(
        patient("p2", birthDate="1970-01-01"),
        practitioner("2", "d2", name=[{"family": "Two"}]),
        encounter("e2", "Patient/p2", participant=attended("1")),
    )
    outcome = bring(one, two, options=["--strict"])
    assert outcome.code == 0, outcome.err
    assert set(Encounter.objects.values_list("attending__family_name", flat=True)) == {"Okonkwo", "Two"}
    assert not UnresolvedReference.objects.filter(resolved_at=None).exists()


def test_a_conditional_reference_that_leads_nowhere_is_kept_counted_and_found_later(bring: Import) -> None:
    outcome = bring(bundle(patient(), encounter(participant=attended())))
    assert outcome.code == 0
    assert outcome.row("Encounter") == ["1", "1", "1"]  # read, added, unresolved
    kept = UnresolvedReference.objects.get()
    assert (kept.field, kept.reference) == ("participant.individual", f"Practitioner?identifier={NPI}|9900112233")
    assert str(kept.record.object_id) == str(Encounter.objects.get().pk)
    bring(bundle(practitioner()))
    assert Encounter.objects.get().attending.family_name == "Okonkwo"
    assert UnresolvedReference.objects.get().resolved_at is not None


def test_strict_refuses_what_leads_nowhere(bring: Import) -> None:
    outcome = bring(bundle(patient(), encounter(participant=attended())), options=["--strict"])
    assert outcome.code == 1 and f"Practitioner?identifier={NPI}|9900112233" in outcome.err
    assert not Patient.objects.exists()
    assert bring(bundle(practitioner())).code == 0
    assert bring(bundle(patient(), encounter(participant=attended())), options=["--strict"]).code == 0


def test_a_conditional_reference_to_a_patient_finds_them_by_number(bring: Import, reception: User) -> None:
    here = make_patient(reception)
    registration.add_identifier(reception, patient_id=here.pk, system="urn:x", value="77")
    assert bring(bundle(condition(who="Patient?identifier=urn:x%7C77"))).code == 0
    assert Condition.objects.get().patient == here


def test_an_identifier_in_place_of_an_address_is_followed(bring: Import) -> None:
    logical = {"type": "Patient", "identifier": {"system": "http://elsewhere.example/mrn", "value": "E-p1"}}
    assert bring(bundle(patient(), {**condition(), "subject": logical})).code == 0
    assert Condition.objects.get().patient == Patient.objects.get()


def test_addresses_of_a_server_and_versions_are_followed(bring: Import) -> None:
    base = "https://fhir.example/r4"
    content = bundle(patient(), condition(who="Patient/p1/_history/3"))
    for entry, name in zip(content["entry"], ["Patient/p1", "Condition/c1"], strict=True):
        entry["fullUrl"] = f"{base}/{name}"
    assert bring(content).code == 0
    assert bring(bundle(condition("c9", who=f"{base}/Patient/p1"))).code == 0
    assert Condition.objects.filter(patient=Patient.objects.get()).count() == 2


def test_a_patient_who_is_nowhere_refuses_the_bundle(bring: Import) -> None:
    outcome = bring(bundle(patient(), condition(who="Patient/ghost")))
    assert outcome.code == 1
    assert "entry 1 c1 Condition: subject: Patient/ghost is in none of these files" in outcome.err
    assert not Patient.objects.exists()


def test_a_visit_of_another_patient_refuses_the_bundle(bring: Import) -> None:
    other = patient("p2", birthDate="1970-01-01")
    outcome = bring(
        bundle(patient(), other, encounter(), condition(who="Patient/p2", encounter={"reference": "Encounter/e1"}))
    )
    assert outcome.code == 1 and "visit of another patient" in outcome.err


# ---- twice ----------------------------------------------------------------------------------------


def full_bundle(kind: str = "collection") -> Resource:
    return bundle(
        patient(), practitioner(), encounter(participant=attended()), condition(), observation(), allergy(), kind=kind
    )


def test_a_second_run_adds_nothing(bring: Import) -> None:
    bring(full_bundle())
    before = rows_of_everything()
    outcome = bring(full_bundle())
    assert outcome.code == 0 and rows_of_everything() == before
    assert outcome.row("total") == ["6", "0", "6", "0", "0", "0", "0"]


def test_resources_without_any_name_are_recognized_by_what_they_say(bring: Import) -> None:
    nameless = condition()
    del nameless["id"]
    bring(bundle(patient(), nameless))
    before = rows_of_everything()
    bring(bundle(patient(), nameless))
    assert rows_of_everything() == before


def test_a_resource_that_changed_is_named_and_the_first_stays(bring: Import) -> None:
    bring(full_bundle())
    changed = bundle(patient(), observation(valueQuantity={"value": 99, "unit": "g/dL"}))
    outcome = bring(changed)
    assert "Observation: has changed" in outcome.out
    assert Observation.objects.get().value_text == "13.5"


def test_another_facility_that_imports_the_same_patient_knows_them_too(bring: Import, south: Facility) -> None:
    bring(full_bundle())
    bring(full_bundle(), options=["--facility", "S"])
    assert set(PatientFacility.objects.values_list("facility__code", flat=True)) == {"N", "S"}
    assert Encounter.objects.count() == 1


def test_every_bundle_is_in_the_audit(bring: Import) -> None:
    bring(full_bundle())
    event = AuditEvent.objects.get(action="interop.fhir.imported")
    assert event.patient_id == Patient.objects.get().pk and event.actor.username == "system"
    assert event.detail["added"]["Observation"] == 1
    assert "Hemoglobin" not in json.dumps(event.detail)


# ---- refused --------------------------------------------------------------------------------------

BROKEN = {
    "a gender that is none": (patient(gender="mail"), "gender: “mail” is none of"),
    "a day that never was": (patient(birthDate="1950-02-30"), "birthDate"),
    "a date in another order": (patient(birthDate="30/02/1950"), "birthDate"),
    "a birth in the future": (patient(birthDate="2999-01-01"), "future"),
    "no birth date": ({k: v for k, v in patient().items() if k != "birthDate"}, "birthDate: is missing"),
    "no name": ({k: v for k, v in patient().items() if k != "name"}, "name: is missing"),
    "an unknown element": (patient(favourite="blue"), "favourite"),
    "a name that is no list": (patient(name={"family": "X"}), "name"),
    "a NUL": (patient(name=[{"family": "X\u0000Y"}]), "NUL"),
    "half a surrogate pair": (patient(name=[{"family": "X\ud800"}]), "surrogate"),
    "a status that is none": (observation("o9", status="done"), "status: “done” is none of"),
    "no status": ({k: v for k, v in observation("o9").items() if k != "status"}, "status"),
    "no code": ({k: v for k, v in observation("o9").items() if k != "code"}, "code"),
    "two values": (observation("o9", valueString="x", valueInteger=3), "value"),
    "a number as text": (observation("o9", valueQuantity={"value": "13.2"}), "written as text"),
    "a comparator that is none": (observation("o9", valueQuantity={"value": 1, "comparator": "~"}), "comparator"),
    "a visit without a class": ({k: v for k, v in encounter("e9").items() if k != "class"}, "class"),
    "a visit of no known class": (encounter("e9", **{"class": {"code": "XYZ"}}), "class: “XYZ” is none of"),
    "a visit that runs backwards": (
        encounter("e9", period={"start": "2021-05-03T09:00:00Z", "end": "2021-05-02T09:00:00Z"}),
        "ends before it starts",
    ),
    "a clinical status that is none": (
        condition("c9", clinicalStatus=status("condition-clinical", "so-so")),
        "clinicalStatus: “so-so”",
    ),
    "over before it began": (condition("c9", abatementDateTime="2014-01-01"), "before the onset"),
    "a criticality that is none": (allergy("a9", criticality="huge"), "criticality: “huge” is none of"),
    "a broken claim": ({"resourceType": "Claim", "id": "k9", "status": "active"}, "Claim"),
    "a type that is none": ({"resourceType": "Spaceship", "id": "z"}, "no resource type of FHIR R4"),
    "a datatype": ({"resourceType": "HumanName", "family": "X"}, "no resource type of FHIR R4"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bundle_with_one_broken_resource_is_refused_whole(fault: str, bring: Import) -> None:
    resource, reason = BROKEN[fault]
    bring(bundle(practitioner("1", "d0")))  # the system's own account and the like are made once
    before = rows_of_everything()
    people = [] if resource["resourceType"] == "Patient" else [patient()]
    content = bundle(practitioner("2"), *people, encounter("e0"), resource)
    if not people:
        content["entry"][1]["resource"]["subject"] = {"reference": "Patient/p1"}
    outcome = bring(json.dumps(content))
    assert outcome.code == 1
    line = next(line for line in outcome.err.splitlines() if line.startswith("REFUSED"))
    index = len(content["entry"]) - 1
    assert f"entry {index}" in line and resource["resourceType"] in line and reason in line, line
    assert len(outcome.err.strip().splitlines()) == 1
    assert rows_of_everything() == before


def test_the_other_files_of_the_call_go_on(bring: Import) -> None:
    outcome = bring(bundle(patient("p1", gender="mail")), bundle(patient("p2")), "{ this is no JSON")
    assert outcome.code == 1
    assert [row.identifiers.get().value for row in Patient.objects.all()] == ["E-p2"]
    assert len([line for line in outcome.err.splitlines() if line.startswith("REFUSED")]) == 2
    assert "1 files imported, 2 refused" in outcome.out


NO_BUNDLES = {
    "": "is empty",
    "   \n": "is empty",
    "{": "is not JSON",
    "[]": "is not a FHIR Bundle",
    "null": "is not a FHIR Bundle",
    '"text"': "is not a FHIR Bundle",
    '{"a": NaN}': "NaN is no number",
    '{"resourceType": "Patient"}': "not a Bundle but a single Patient",
    '{"resourceType": "Bundle"}': "of type",
    '{"resourceType": "Bundle", "type": "history"}': "history",
    '{"resourceType": "Bundle", "type": "transaction-response"}': "answer",
    '{"resourceType": "Bundle", "type": "batch", "entry": {}}': "entry is not a list",
    '{"resourceType": "Bundle", "type": "batch", "entry": [1]}': "entry 0",
    '{"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:x"}]}': "entry 0 urn:x: has no resource",
    '{"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {}}]}': "no resourceType",
    '{"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE", "url": "Patient/1"}}]}': "DELETE",
    "[" * 100_000: "nested too deeply",
}


@pytest.mark.parametrize("text", NO_BUNDLES, ids=[f"{n}" for n in range(len(NO_BUNDLES))])
def test_what_is_no_bundle_is_said_in_one_line(text: str, bring: Import) -> None:
    outcome = bring(text)
    assert outcome.code == 1 and NO_BUNDLES[text] in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_an_empty_bundle_is_no_error(bring: Import) -> None:
    assert bring(bundle()).code == 0


def test_byte_order_marks_other_encodings_and_bulk_files(run: Import, tmp_path: Path) -> None:
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + json.dumps(bundle(patient()), ensure_ascii=False).encode())
    assert run(marked).code == 0
    latin = tmp_path / "latin.json"
    latin.write_bytes(json.dumps(bundle(patient("p2")), ensure_ascii=False).encode("latin-1"))
    assert "is not UTF-8" in run(latin).err
    bulk = tmp_path / "bulk.ndjson"
    bulk.write_text("\n".join(json.dumps(r) for r in (condition(), observation())) + "\n")
    assert run(bulk).code == 0
    assert Observation.objects.get().patient == Condition.objects.get().patient == Patient.objects.get()


def test_folders_are_read_to_their_bottom_and_a_file_named_twice_once(run: Import, tmp_path: Path) -> None:
    deep = tmp_path / "a b" / "ü"
    deep.mkdir(parents=True)
    (deep / "one.JSON").write_text(json.dumps(bundle(patient())))
    (deep / "notes.txt").write_text("not read")
    outcome = run(tmp_path, deep / "one.JSON")
    assert outcome.code == 0 and "1 files into Northgate Hospital" in outcome.out


def test_a_path_is_looked_for_where_it_was_typed(run: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(bundle(patient())))
    monkeypatch.setenv("PWD", str(tmp_path))
    assert run("mine.json").code == 0
    assert Patient.objects.count() == 1


def test_only_one_import_runs_at_a_time(run: Import, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(bundle(patient())))
    with psycopg.connect(**_connection()) as other:
        other.execute("select pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        with pytest.raises(CommandError, match="Another import is running"):
            run(tmp_path)
        other.execute("select pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
    assert run(tmp_path).code == 0


def _connection() -> dict[str, object]:
    settings = connection.get_connection_params()
    return {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if name in settings}


def test_a_call_that_cannot_begin_says_why(run: Import, tmp_path: Path, north: Facility) -> None:
    with pytest.raises(CommandError, match="no file or folder"):
        run(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="in what was named"):
        run(tmp_path)
    (tmp_path / "x.json").write_text(json.dumps(bundle()))
    with pytest.raises(CommandError, match="no facility ZZ"):
        run(tmp_path, "--facility", "ZZ")


# ---- the chart ------------------------------------------------------------------------------------


def test_the_doctor_sees_in_the_chart_what_came_in(bring: Import, client_as: object) -> None:
    vitals = observation(
        "o2",
        code=coded("Body Height", "8302-2", "http://loinc.org"),
        valueQuantity={"value": 171, "unit": "cm"},
        category=[status("observation-category", "vital-signs")],
    )
    report = {"resourceType": "DiagnosticReport", "id": "r1", "status": "final", "subject": {"reference": "Patient/p1"}, "code": coded("Blood count"), "issued": "2021-05-03T10:00:00Z", "result": [{"reference": "Observation/o1"}]}  # fmt: skip
    bring(
        bundle(patient(), practitioner(), encounter(participant=attended(), reasonCode=[coded("Cough")]), condition(), observation(), vitals, allergy(), report)
    )  # fmt: skip
    doctor: Client = client_as("doctor")  # type: ignore[operator]
    chart = f"/patients/{Patient.objects.get().pk}"
    assert "Núñez Ångström" in doctor.get(f"{chart}/").content.decode()
    for panel, words in {
        "allergies": "Penicillin",
        "problems": "Asthma",
        "vitals": "171",
        "visits": "Cough",
        "observations": "Hemoglobin",
    }.items():
        page = doctor.get(f"{chart}/{panel}")
        assert page.status_code == 200 and words in page.content.decode(), panel
    assert "Blood count" in doctor.get(f"/laboratory{chart}/orders").content.decode()
    assert doctor.get(f"/patients/visits/{Encounter.objects.get().pk}/").status_code == 200


def test_administrators_look_at_what_came_in_and_change_nothing(bring: Import, client_as: object) -> None:
    bring(bundle(patient(), encounter(participant=attended())))
    admin: Client = client_as("administrator")  # type: ignore[operator]
    assert admin.get("/admin/interop/unresolvedreference/").status_code == 200
    record = SourceRecord.objects.filter(resource_type="Encounter").get()
    page = admin.get(f"/admin/interop/sourcerecord/{record.pk}/change/")
    assert page.status_code == 200 and "e1" in page.content.decode()
    assert admin.get("/admin/interop/sourcerecord/add/").status_code == 403
    assert client_as("doctor").get("/admin/interop/sourcerecord/").status_code in (302, 403)  # type: ignore[operator]
