"""Who works here and is a patient too: their record is kept narrower as soon as that can be known, and not twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from hms.core.models import AuditEvent, Department, Facility, User
from patients import colleagues, receivers
from patients.models import Patient
from patients.services import grants, registration
from staff import services as staff
from staff.models import Employee
from tests.conftest import drain, make_patient
from tests.weakened import instead, reworded, weakened

PHONE = "+44 20 7946 0958"
CHANGED = "patients.patient.confidentiality_changed"


def matching(*changes: tuple[str, str]) -> tuple[Any, str, str]:
    return colleagues, "_FOUND", instead(colleagues._FOUND, *changes)


@pytest.fixture
def hr(person: Callable[..., User]) -> User:
    return person("hr")


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


def hire(hr: User, **details: Any) -> Employee:
    known = {"given_name": "Zoë", "family_name": "Weber", "phone": PHONE, "email": "Z.Weber@example.org", **details}
    department = Department.objects.filter(facility=hr.facility).first()
    made = staff.hire(hr, department=department, profession="nurse", hired_on=date(2020, 1, 6), **known)
    drain()
    return made


def kept(patient: Patient) -> str:
    return Patient.objects.values_list("confidentiality", flat=True).get(pk=patient.pk)


def details(patient: Patient, **changes: Any) -> dict[str, Any]:
    return {**{name: getattr(patient, name) for name in registration.FIELDS}, **changes}


@weakened("without asking", colleagues, "among", lambda patient_ids, employee=None: [])
def test_who_works_here_is_kept_as_a_colleague_from_the_registration_on(
    hr: User, reception: User, north: Facility
) -> None:
    hire(hr)
    by_phone = make_patient(reception, "ZOE", "Weber", phone="020 7946 0958")
    by_mail = make_patient(reception, "Zoë", "wéber", email="z.weber@EXAMPLE.org")
    for patient in (by_phone, by_mail):
        assert patient.confidentiality == kept(patient) == "staff"
        told = AuditEvent.objects.get(action=CHANGED, patient_id=patient.pk)
        assert (told.actor, told.facility, told.detail) == (reception, north, {"from": "normal", "to": "staff"})
        assert told.reason == "Works here: name and telephone or e-mail are an employee's"


@weakened("by the name alone", *matching(("e.email <> '' and e.email = s.email", "true")))
@weakened("without the given name", *matching((" and e.given = s.given", "")))
@weakened("with those who left", *matching(("where active and", "where")))
def test_another_of_the_same_name_one_of_the_same_telephone_and_one_who_left_are_left_alone(
    hr: User, reception: User
) -> None:
    hire(hr)
    left = hire(hr, given_name="Ada", email="")
    staff.leave(hr, employee_id=left.pk, left_on=date(2021, 1, 1), reason="Moved")
    namesake = make_patient(reception, "Zoë", "Weber", phone="+44 20 7000 1111", email="other@example.org")
    of_the_house = make_patient(reception, "Max", "Weber", phone=PHONE)
    former = make_patient(reception, "Ada", "Weber", phone=PHONE)
    nothing = make_patient(reception, "Zoë", "Weber", birth_date=date(1990, 1, 1))
    assert [kept(each) for each in (namesake, of_the_house, former, nothing)] == ["normal"] * 4
    assert not AuditEvent.objects.filter(action=CHANGED).exists()


@weakened("without the news", receivers, "employee_entered", lambda employee_id, actor_id: None)
def test_who_is_taken_on_or_called_otherwise_now_is_found_among_the_patients(
    hr: User, reception: User, south: Facility, person: Callable[..., User]
) -> None:
    patient = make_patient(reception, "Zoe", "Weber", phone=PHONE)
    namesake = make_patient(reception, "Zoe", "Weber", phone="+44 20 7000 1111", birth_date=date(1990, 1, 1))
    there = person("hr", south)
    employee = hire(there, given_name="Z.")
    assert kept(patient) == "normal"
    hire(hr, phone="+44 20 7000 1111", email="")
    assert (kept(patient), kept(namesake)) == ("normal", "staff")
    staff.change(there, employee_id=employee.pk, given_name="Zoë")
    drain()
    assert kept(patient) == "staff"
    assert AuditEvent.objects.get(action=CHANGED, patient_id=patient.pk).actor == there


@weakened("at every change", reworded(registration.update, ("KNOWN_BY.intersection(changed)", "True")))
@weakened("at every change of the employee", reworded(staff.change, ("KNOWN_BY.intersection(changed)", "True")))
@weakened("at another's news", *matching((" or id = %(employee)s", " or true")))
def test_what_the_privacy_officer_opened_stays_open_until_a_fact_is_new(
    hr: User, reception: User, auditor: User
) -> None:
    employee = hire(hr)
    patient = make_patient(reception, "Zoë", "Weber", phone=PHONE)
    grants.keep_narrow(auditor, patient_id=patient.pk, confidentiality="normal", reason="She asked for it")
    registration.update(reception, patient_id=patient.pk, **details(patient, city="Leeds"))
    staff.change(hr, employee_id=employee.pk, title="Dr")
    hire(hr, phone="+44 20 7000 1111", email="")  # another of that name
    assert kept(patient) == "normal"
    changed = registration.update(reception, patient_id=patient.pk, **details(patient, email="z.weber@example.org"))
    assert changed.confidentiality == kept(patient) == "staff"


@weakened("whatever it was", reworded(grants.keep_as_staff, (", confidentiality=Confidentiality.NORMAL", "")))
def test_a_record_that_is_kept_for_another_reason_stays_so(hr: User, reception: User) -> None:
    patient = make_patient(reception, "Zoë", "Weber", phone=PHONE)
    grants.keep_narrow(reception, patient_id=patient.pk, confidentiality="vip", reason="Minister")
    hire(hr)
    assert kept(patient) == "vip"


@weakened("without a word", registration.grants, "keep_as_staff", lambda actor, patient_ids: None)
def test_whoever_registers_or_corrects_is_told(hr: User, reception: User, browser_of: Callable[[User], Client]) -> None:
    hire(hr)
    client = browser_of(reception)
    form = {"given_name": "Zoë", "family_name": "Weber", "sex": "female", "birth_date": "1979-08-12"}
    answer = client.post("/patients/register", {**form, "phone": PHONE, "_key": str(uuid4())}, follow=True)
    assert "This person works here: the record is kept narrower now." in answer.content.decode()
    patient = Patient.objects.get(family_name="Weber")
    answer = client.post(
        f"/patients/{patient.pk}/edit", {**form, "given_name": "Zoe", "phone": PHONE, "_key": str(uuid4())}, follow=True
    )
    assert "Saved." in answer.content.decode() and "works here" not in _messages(answer)
    other = make_patient(reception, "Zoë", "Webster", phone=PHONE)
    answer = client.post(f"/patients/{other.pk}/edit", {**form, "phone": PHONE, "_key": str(uuid4())}, follow=True)
    assert "This person works here" in _messages(answer)


def _messages(answer: Any) -> str:
    return " ".join(str(each) for each in answer.context["messages"]) if "messages" in answer.context else ""
