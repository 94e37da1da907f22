"""Bundles of our own making: who comes in."""

from __future__ import annotations

from datetime import date

import pytest

from hms.core.models import Facility, User
from patients import search
from patients.models import (
    Condition,
    Encounter,
    Patient,
    PatientFacility,
    PatientIdentifier,
)
from patients.services import registration
from staff.models import Employee
from tests.conftest import make_patient
from tests.interop.conftest import (
    Import,
    Resource,
    attended,
    bundle,
    coded,
    condition,
    encounter,
    patient,
    practitioner,
)

pytestmark = pytest.mark.django_db


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


def conditional(resource: Resource, condition: str) -> Resource:
    content = bundle(resource, kind="transaction")
    content["entry"][0]["request"]["ifNoneExist"] = condition
    return content


@pytest.mark.parametrize("query", ["identifier=urn:x|77", "identifier=urn:x%7C77", "Patient?identifier=urn:x|77"])
def test_a_conditional_create_finds_the_patient_who_has_the_number(query: str, bring: Import, reception: User) -> None:
    here = make_patient(reception, "Zoe", "Nunez", birth_date=date(1984, 2, 29))
    registration.add_identifier(reception, patient_id=here.pk, system="urn:x", value="77")
    content = conditional(patient(identifier=[], name=[{"family": "Other", "given": ["Spelling"]}]), query)
    content["entry"].append({"resource": condition()})
    for _time in range(2):
        outcome = bring(content)
        assert outcome.code == 0, outcome.err
        assert Patient.objects.get() == here
        assert Condition.objects.get().patient == here
        assert outcome.row("Patient") == ["1", "1"]  # read, already here


def test_a_conditional_create_of_nobody_known_registers_a_patient_once(bring: Import) -> None:
    known = [{"system": "urn:x", "value": "77"}]
    first = conditional(patient(identifier=known), "identifier=urn:x|77")
    second = conditional(patient("p2", identifier=known), "identifier=urn:x|77")
    assert bring(first, second).code == 0
    assert Patient.objects.count() == 1


def test_a_conditional_create_that_finds_somebody_else_is_refused(bring: Import, reception: User) -> None:
    here = make_patient(reception, "Hans", "Holm", sex="male", birth_date=date(1951, 7, 1))
    registration.add_identifier(reception, patient_id=here.pk, system="urn:x", value="77")
    outcome = bring(conditional(patient(), "identifier=urn:x|77"))
    assert outcome.code == 1 and "ifNoneExist" in outcome.err and "another birth date" in outcome.err
    assert Patient.objects.count() == 1


def test_a_condition_that_cannot_be_asked_here_is_named(bring: Import) -> None:
    outcome = bring(conditional(patient(), "name=peter&birthdate=1999-01-01"))
    assert outcome.code == 0 and "does not ask for one identifier" in outcome.out


def test_other_names_come_along_and_survive_a_correction(bring: Import, reception: User) -> None:
    named = [
        *patient()["name"],
        {"use": "maiden", "family": "Larsén", "given": ["Zoë"]},
        {"use": "nickname", "text": "Zozo"},
    ]
    bring(bundle(patient(name=named)))
    found = Patient.objects.get()
    assert found.other_names == "Zozo, Zoë Larsén"
    registration.update(
        reception,
        patient_id=found.pk,
        given_name="Zoë",
        family_name=found.family_name,
        sex="female",
        birth_date=found.birth_date,
    )
    assert search.patients(reception, "larsen").exists() and search.patients(reception, "zozo").exists()
