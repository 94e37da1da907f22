"""Two desks register or check the same person at the same moment."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import registration
from pharmacy.models import ReorderAlert
from pharmacy.services import stock
from tests.pharmacy.conftest import make_product, receive
from tests.races.crowd import again, crowd

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_identity_number_registered_at_several_desks_belongs_to_one_patient(reception: User) -> None:
    def act(number: int) -> Patient:
        return registration.register(
            again(reception),
            given_name=f"Desk {number}",
            family_name="Raghunathan",
            sex="female",
            birth_date=date(1979, 8, 12),
            identifier="AB-1182",
            duplicates_seen=True,
        )

    answers = crowd(act, 6)
    assert sum(isinstance(answer, Patient) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 5, answers
    assert Patient.objects.count() == 1


def test_mrns_given_at_once_have_no_gap_and_no_repeat(reception: User) -> None:
    def act(number: int) -> Patient:
        return registration.register(
            again(reception),
            given_name=f"Desk {number}",
            family_name="Raghunathan",
            sex="female",
            birth_date=date(1979, 8, 12),
            duplicates_seen=True,
        )

    crowd(act, 8)
    assert sorted(int(mrn.split("-")[1]) for mrn in Patient.objects.values_list("mrn", flat=True)) == list(range(1, 9))


def test_a_reorder_alert_raised_by_several_workers_is_one(person: Any) -> None:
    pharmacist = person("pharmacist")
    product = make_product(pharmacist, level=50)
    receive(pharmacist, product, 5)
    answers = crowd(lambda _number: stock.raise_alert(product.pk), 6)
    assert sum(isinstance(answer, ReorderAlert) for answer in answers) == 1, answers
    assert answers.count(None) == 5
