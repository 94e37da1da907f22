"""The last bed, wanted for eight patients at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from hms.core.models import Facility, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from tests.billing.conftest import faults
from tests.conftest import make_patient
from tests.races.crowd import again, crowd, without
from tests.wards.conftest import make_ward
from wards.models import Admission, Bed, BedStay
from wards.services import admission

CROWD = 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ward(north: Facility) -> list[Bed]:
    return make_ward(north, "1A", "1B", "1C")


@pytest.fixture
def patients(reception: User) -> list[Patient]:
    return [make_patient(reception, f"Wanted {number}") for number in range(CROWD)]


def admit_all(reception: User, patients: list[Patient], bed: Bed) -> list[Any]:
    def act(number: int) -> Admission:
        return admission.admit(again(reception), patient_id=patients[number].pk, bed_id=bed.pk, reason="Pneumonia")

    return crowd(act, len(patients))


def test_one_bed_takes_one_patient_and_the_others_hear_which_beds_are_free(
    reception: User, ward: list[Bed], patients: list[Patient]
) -> None:
    answers = admit_all(reception, patients, ward[0])
    winners = [answer for answer in answers if isinstance(answer, Admission)]
    losers = [answer for answer in answers if isinstance(answer, Refused)]
    assert (len(winners), len(losers)) == (1, CROWD - 1), answers
    for loser in losers:
        assert loser.field == "bed"
        assert loser.message == "Bed 1A was just taken. Free in this ward: 1B, 1C."
    # Who lost has nothing left behind: no visit, no admission.
    assert [stay.admission_id for stay in BedStay.objects.all()] == [winners[0].pk]
    assert Admission.objects.count() == Encounter.objects.count() == 1
    assert faults() == []


def test_in_a_full_ward_the_losers_hear_that_nothing_is_free(
    reception: User, north: Facility, patients: list[Patient]
) -> None:
    (only,) = make_ward(north, "9", code="ICU")
    answers = admit_all(reception, patients, only)
    refused = [answer.message for answer in answers if isinstance(answer, Refused)]
    assert refused == ["Bed 9 was just taken, and the ward has no other free bed."] * (CROWD - 1), answers


def test_two_who_change_beds_with_each_other_both_keep_one(
    reception: User, ward: list[Bed], patients: list[Patient]
) -> None:
    stays = [
        admission.admit(reception, patient_id=patient.pk, bed_id=bed.pk, reason="Pneumonia")
        for patient, bed in zip(patients[:2], ward[:2], strict=True)
    ]

    def act(number: int) -> BedStay:
        other = ward[1 - number]
        return admission.transfer(again(reception), admission_id=stays[number].pk, bed_id=other.pk, reason="Swap")

    answers = crowd(act, 2)
    # The bed that was left is to be cleaned first, so nobody gets the other's at once: no deadlock, no lost bed.
    assert all(isinstance(answer, Refused | BedStay) for answer in answers), answers
    assert BedStay.objects.filter(period__upper_inf=True).count() == 2
    assert faults() == []


def test_one_patient_admitted_at_several_desks_has_one_stay(
    reception: User, ward: list[Bed], patients: list[Patient]
) -> None:
    def act(number: int) -> Admission:
        return admission.admit(
            again(reception), patient_id=patients[0].pk, bed_id=ward[number % 3].pk, reason="Pneumonia"
        )

    answers = crowd(act, 6)
    assert sum(isinstance(answer, Admission) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 5
    assert BedStay.objects.count() == 1


def test_without_its_constraint_the_bed_holds_several_patients(
    reception: User, ward: list[Bed], patients: list[Patient]
) -> None:
    """The control: it is the database that decides, not luck."""

    def clear() -> None:
        with connection.cursor() as cursor:
            cursor.execute("truncate wards_bedstay cascade")

    with without(BedStay, "wards_bedstay_one_patient_per_bed", clear):
        answers = admit_all(reception, patients, ward[0])
        assert sum(isinstance(answer, Admission) for answer in answers) == CROWD
        assert any("overlap" in fault for fault in faults())
