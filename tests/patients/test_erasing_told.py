"""An erasure of a patient who is known in another facility too is told there, and a hold may be placed there."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from hms.core.models import Erasure, Facility, User
from hms.core.models.erasure import ErasureQuerySet, OfFacilityQuerySet
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import erasing, registration
from tests.project.lived import ask_earlier, unforbidden
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db

# What a twin takes away (tests/weakened.py).
READ = "self.filter(Q(facility=user.facility) | Q(told__has_key=str(user.facility.pk)))"


def ask(auditor: User, patient: Patient, ground: str = "ordered") -> Erasure:
    return ask_earlier(auditor, patient, ground=ground)


@pytest.fixture
def known_too(person: Callable[..., User], south: Facility, patient: Patient) -> User:
    """The privacy officer of the other facility, in which the patient was seen as well."""
    desk = person("receptionist", south)
    registration.bring_over(desk, mrn=patient.mrn, birth_date=patient.birth_date)
    return person("auditor", south)


@weakened("untold", reworded(erasing._tell_elsewhere, ("in _others(erasure)", "in ()")))
@weakened("without their hold", lambda: unforbidden("A legal hold stands"), by=DatabaseError)
def test_the_privacy_officers_of_the_other_facilities_are_told_and_place_a_hold(
    auditor: User, manager: User, known_too: User, patient: Patient, browser_of: Callable[[User], Client]
) -> None:
    asked = ask(auditor, patient)
    assert asked.told == {str(known_too.facility.pk): 1}
    told = known_too.notifications.get()
    assert (told.url, told.facility) == (f"/patients/erasures/{asked.pk}/", known_too.facility)
    assert patient.family_name not in told.text and patient.mrn not in told.text
    officer = browser_of(known_too)
    page = officer.get(told.url).content.decode()
    for words in (auditor.facility.name, "Place a legal hold", "decided there"):
        assert words in page
    assert asked.get_ground_display() in officer.get("/patients/erasures/").content.decode()
    assert f"in {auditor.facility.name}" in officer.get(f"/patients/{patient.pk}/keeping").content.decode()
    fields = {"_key": str(uuid.uuid4()), "asked_for": "court", "reason": "A trial here"}
    assert officer.post(f"/patients/{patient.pk}/hold", fields).status_code == 302
    page = browser_of(manager).get(told.url).content.decode()
    assert f"{known_too.facility.name}: 1 privacy officer told" in page
    with pytest.raises(Refused, match="legal hold stands"):
        erasing.approve(manager, erasure_id=asked.pk)


@weakened(
    "found anywhere",
    reworded(OfFacilityQuerySet.visible_to, ("self.filter(facility=user.facility)", "self")),
    by=Refused,
)
@weakened("decided anywhere", reworded(erasing.against, ("erasure.facility_id != actor.facility.pk", "False")))
def test_it_is_decided_where_it_was_asked_for_and_nowhere_else(
    auditor: User, known_too: User, person: Callable[..., User], patient: Patient, browser_of: Callable[[User], Client]
) -> None:
    asked, other = ask(auditor, patient), person("manager", known_too.facility)
    for act in ("approve", "reject"):
        with pytest.raises(Erasure.DoesNotExist):
            erasing.reject(other, erasure_id=asked.pk, reason="No")
        assert browser_of(other).get(f"/patients/erasures/{asked.pk}/{act}").status_code == 404
    page = browser_of(other).get(f"/patients/erasures/{asked.pk}/").content.decode()
    assert "decided there" in page
    assert "Approve and erase" not in page


@weakened("told", reworded(erasing._others, ("Exists(known)", "pk__isnull=False")))
@weakened("shown", reworded(ErasureQuerySet.readable_by, (READ, "self")))
def test_who_does_not_know_the_patient_is_told_nothing_and_sees_nothing(
    auditor: User, person: Callable[..., User], south: Facility, patient: Patient, browser_of: Callable[[User], Client]
) -> None:
    """The control: the same request, of a patient who was never there."""
    stranger = person("auditor", south)
    asked = ask(auditor, patient)
    assert asked.told == {}
    assert not stranger.notifications.exists()
    assert browser_of(stranger).get(f"/patients/erasures/{asked.pk}/").status_code == 404


def test_where_nobody_could_be_told_whoever_decides_sees_it(
    auditor: User, manager: User, person: Callable[..., User], south: Facility, patient: Patient,
    browser_of: Callable[[User], Client],
) -> None:  # fmt: skip
    registration.bring_over(person("receptionist", south), mrn=patient.mrn, birth_date=patient.birth_date)
    asked = ask(auditor, patient)
    page = browser_of(manager).get(f"/patients/erasures/{asked.pk}/").content.decode()
    assert "Nobody there to tell" in page


def test_who_was_told_is_not_written_anew(auditor: User, known_too: User, patient: Patient) -> None:
    asked = ask(auditor, patient)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Erasure.objects.filter(pk=asked.pk).update(told={})
