"""The last box on the shelf, wanted for several prescriptions at once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from hms.core.models import User
from hms.core.refusals import Refused
from patients.services import encounters
from pharmacy.models import Batch, Dispense, DispenseLine, Prescription, Product, StockBalance, StockMovement
from pharmacy.services import stock
from tests.billing.conftest import account, faults
from tests.conftest import make_patient
from tests.pharmacy.conftest import hand_out, make_product, on_shelf, prescribe, receive
from tests.races.crowd import again, crowd, looking_together, unlocked, without

CROWD = 8
BOX = 30
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box(person: Any) -> tuple[Product, list[Batch]]:
    """Thirty tablets of a product in two lots."""
    pharmacist = person("pharmacist")
    product = make_product(pharmacist)
    return product, [
        receive(pharmacist, product, 20, days=30, number="OLD"),
        receive(pharmacist, product, 10, days=300, number="NEW"),
    ]


@pytest.fixture
def prescriptions(reception: User, person: Any, box: tuple[Product, list[Batch]]) -> list[Prescription]:
    doctor = person("doctor")
    made = []
    for number in range(CROWD):
        visit = encounters.open_encounter(reception, patient=make_patient(reception, f"Wanted {number}"))
        made.append(prescribe(doctor, visit, box[0], 10))
    return made


def hand_out_all(person: Any, prescriptions: list[Prescription], quantity: int) -> list[Any]:
    pharmacist = person("pharmacist")

    def act(number: int) -> Dispense:
        return hand_out(again(pharmacist), prescriptions[number], quantity)

    return crowd(act, len(prescriptions))


def test_what_is_handed_out_is_what_was_there(
    person: Any, box: tuple[Product, list[Batch]], prescriptions: list[Prescription]
) -> None:
    answers = hand_out_all(person, prescriptions, 10)
    assert sum(isinstance(answer, Dispense) for answer in answers) == 3, answers
    refused = [answer.message for answer in answers if isinstance(answer, Refused)]
    assert len(refused) == CROWD - 3
    assert all(message.startswith("Only 0 capsules of Amoxicillin") for message in refused), refused
    assert [on_shelf(batch) for batch in box[1]] == [0, 0]
    assert DispenseLine.objects.aggregate(sum=Sum("quantity"))["sum"] == BOX
    assert account("unbilled") == BOX * box[0].service.price
    assert faults() == []


def test_one_prescription_dispensed_at_two_counters_is_dispensed_once(
    person: Any, box: tuple[Product, list[Batch]], prescriptions: list[Prescription]
) -> None:
    answers = hand_out_all(person, [prescriptions[0]] * 4, 10)
    assert sum(isinstance(answer, Dispense) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 3
    assert sum(on_shelf(batch) for batch in box[1]) == BOX - 10
    assert faults() == []


def test_a_delivery_and_a_crowd_at_the_counter_lose_no_tablet(
    person: Any, box: tuple[Product, list[Batch]], prescriptions: list[Prescription]
) -> None:
    pharmacist = person("pharmacist")

    def act(number: int) -> Any:
        actor = again(pharmacist)
        if number % 2:
            return receive(actor, box[0], 5, days=30, number="OLD")
        return hand_out(actor, prescriptions[number], 5)

    answers = crowd(act, CROWD)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert sum(on_shelf(batch) for batch in box[1]) == BOX
    assert faults() == []


def four_without_the_lock(person: Any, prescriptions: list[Prescription]) -> list[Any]:
    """Four counters hand out ten each by our own service; all have looked at the shelf before anyone takes."""
    with unlocked(StockBalance), looking_together(StockBalance, 4):
        return hand_out_all(person, prescriptions[:4], 10)


@pytest.fixture
def last_ten(person: Any, box: tuple[Product, list[Batch]]) -> Batch:
    """Of the thirty, the ten of one lot are left."""
    old, new = box[1]
    stock.throw_away(person("pharmacist"), batch_id=old.pk, quantity=20, reason="Wet")
    return new


def test_without_the_lock_everyone_sees_the_last_ten_and_the_database_stops_all_but_one(
    person: Any, prescriptions: list[Prescription], last_ten: Batch
) -> None:
    """The control of the lock: a look without it is a promise to everyone."""
    answers = four_without_the_lock(person, prescriptions)
    assert sum(isinstance(answer, Dispense) for answer in answers) == 1, answers
    assert sum("pharmacy_stockbalance_not_below_zero" in str(answer) for answer in answers) == 3, answers
    assert on_shelf(last_ten) == 0
    assert faults() == []


def test_without_lock_and_constraint_the_shelf_goes_below_zero(
    person: Any, prescriptions: list[Prescription], last_ten: Batch
) -> None:
    """The control of both."""

    def clear() -> None:
        with connection.cursor() as cursor:
            cursor.execute("update pharmacy_stockbalance set quantity = 0")

    with without(StockBalance, "pharmacy_stockbalance_not_below_zero", clear):
        answers = four_without_the_lock(person, prescriptions)
        assert sum(isinstance(answer, Dispense) for answer in answers) == 4, answers
        assert on_shelf(last_ten) == -30


def test_movements_cannot_be_rewritten_to_fit(box: tuple[Product, list[Batch]]) -> None:
    with pytest.raises(Exception, match="append-only"):
        StockMovement.objects.filter(batch=box[1][0]).update(quantity=1)
