"""Prescriptions of the same two medicines, handed out and taken back at the same moment."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError

from hms.core.models import User
from patients.services import encounters
from pharmacy.models import Batch, Dispense, Prescription, Product, StockBalance
from pharmacy.services import dispensing, prescribing
from tests.billing.conftest import faults
from tests.conftest import make_patient
from tests.pharmacy.conftest import make_product, on_shelf, receive
from tests.races.crowd import again, crowd, looking_together, unlocked

CROWD = 8
ROUNDS = 4
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shelves(person: Any) -> list[tuple[Product, Batch]]:
    """Two medicines; the lot of the second came first, so their orders differ."""
    pharmacist = person("pharmacist")
    products = [make_product(pharmacist, name, allergens=[]) for name in ("Amoxicillin", "Ibuprofen")]
    lots = {product: receive(pharmacist, product, 200) for product in reversed(products)}
    return [(product, lots[product]) for product in products]


@pytest.fixture
def prescriptions(reception: User, person: Any, shelves: list[tuple[Product, Batch]]) -> list[Prescription]:
    """Both medicines for everyone, one or the other written first."""
    doctor = person("doctor")
    made = []
    for number in range(CROWD):
        visit = encounters.open_encounter(reception, patient=make_patient(reception, f"Wanted {number}"))
        both = [product for product, _lot in shelves]
        lines = [
            prescribing.Line(product_id=product.pk, dosage="1 a day", days=5, quantity=10)
            for product in (reversed(both) if number % 2 else both)
        ]
        made.append(prescribing.prescribe(doctor, encounter_id=visit.pk, lines=lines))
    return made


def hand_out(actor: User, prescription: Prescription) -> Dispense:
    quantities = {line.pk: 2 for line in prescription.lines.all()}
    return dispensing.hand_out(actor, prescription_id=prescription.pk, quantities=quantities)


def at_once(pharmacist: User, prescriptions: list[Prescription]) -> list[Any]:
    """Half of them hand out, half take back what was handed out before."""
    given = [hand_out(pharmacist, prescription) for prescription in prescriptions[: CROWD // 2]]

    def act(number: int) -> Dispense:
        actor = again(pharmacist)
        if number < len(given):
            return dispensing.take_back(actor, dispense_id=given[number].pk, reason="Wrong box")
        return hand_out(actor, prescriptions[number])

    return crowd(act, CROWD)


def test_handing_out_and_taking_back_two_medicines_never_wait_for_each_other(
    person: Any, shelves: list[tuple[Product, Batch]], prescriptions: list[Prescription]
) -> None:
    pharmacist = person("pharmacist")
    for _round in range(ROUNDS):
        answers = at_once(pharmacist, prescriptions)
        assert all(isinstance(answer, Dispense) for answer in answers), answers
    handed_out = ROUNDS * 2 * (CROWD // 2)
    assert [on_shelf(lot) for _product, lot in shelves] == [200 - handed_out] * 2
    assert faults() == []


def test_without_the_one_lock_of_all_lots_they_stop_each_other(
    person: Any, shelves: list[tuple[Product, Batch]], prescriptions: list[Prescription]
) -> None:
    """The control: each lot locked as it is moved, in the order in which the lines happen to stand."""
    pharmacist = person("pharmacist")
    stopped = []
    for pair in zip(prescriptions[::2], prescriptions[1::2], strict=True):
        with unlocked(StockBalance), looking_together(StockBalance, 2):
            stopped += [
                answer
                for answer in crowd(lambda number, pair=pair: hand_out(again(pharmacist), pair[number]), 2)
                if isinstance(answer, OperationalError)
            ]
    assert any("deadlock detected" in str(answer) for answer in stopped), stopped
