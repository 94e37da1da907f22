"""Bundles of our own making: what refers to what, and what is here already."""

from __future__ import annotations

import json

import pytest

from hms.core.models import AuditEvent, Facility, User
from interop.models import UnresolvedReference
from patients.models import (
    Condition,
    Encounter,
    Observation,
    Patient,
    PatientFacility,
)
from patients.services import registration
from tests.conftest import make_patient
from tests.interop.conftest import (
    NPI,
    Import,
    attended,
    bundle,
    condition,
    encounter,
    full_bundle,
    observation,
    patient,
    practitioner,
    rows_of_everything,
)

pytestmark = pytest.mark.django_db


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
