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
from tests.billing.conftest import account, faults
from tests.conftest import make_patient
from tests.pharmacy.conftest import hand_out, make_product, on_shelf, prescribe, receive
from tests.races.crowd import again, crowd, together, without

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


def look_and_take(batch: Batch, lock: str) -> list[Any]:
    """Four who look whether ten are there, and then take ten; all look before anyone takes."""

    def look(cursor: Any) -> int:
        cursor.execute(f"select quantity from pharmacy_stockbalance where batch_id = %s {lock}", [batch.pk])
        return cursor.fetchone()[0]

    return together(
        "update pharmacy_stockbalance set quantity = quantity - 10 where batch_id = %s", [batch.pk], before=look
    )


def test_without_the_lock_everyone_sees_the_last_ten_and_the_database_stops_all_but_one(
    box: tuple[Product, list[Batch]],
) -> None:
    """The control of the lock: a look without FOR UPDATE is a promise to everyone."""
    new = box[1][1]
    answers = look_and_take(new, "")
    assert answers.count(10) == 1, answers
    broken = [answer for answer in answers if "pharmacy_stockbalance_not_below_zero" in str(answer)]
    assert len(broken) == 3
    assert on_shelf(new) == 0


def test_without_lock_and_constraint_the_shelf_goes_below_zero(box: tuple[Product, list[Batch]]) -> None:
    """The control of both."""
    new = box[1][1]

    def clear() -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from pharmacy_stockbalance where quantity < 0")

    with without(StockBalance, "pharmacy_stockbalance_not_below_zero", clear):
        assert look_and_take(new, "") == [10] * 4
        assert on_shelf(new) == -30
        assert any("stock" in fault for fault in faults())


def test_movements_cannot_be_rewritten_to_fit(box: tuple[Product, list[Batch]]) -> None:
    with pytest.raises(Exception, match="append-only"):
        StockMovement.objects.filter(batch=box[1][0]).update(quantity=1)
