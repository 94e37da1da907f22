"""What comes in, what goes out, and from which lot."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, connection, transaction

from hms.core import clock
from hms.core.models import Notification, User
from hms.core.refusals import Refused
from patients.models import Encounter
from pharmacy.models import Product, ReorderAlert, StockBalance, StockMovement
from pharmacy.services import dispensing, formulary, stock
from pharmacy.tasks import watch_shelves
from tests.billing.conftest import faults
from tests.conftest import drain
from tests.pharmacy.conftest import expire, hand_out, make_product, on_shelf, prescribe, receive


def yesterday(product: Product):
    return clock.today(product.facility) - timedelta(days=1)


def test_the_lot_that_expires_first_goes_first_whatever_came_first(
    doctor_user: User, pharmacist: User, amoxicillin: Product, visit: Encounter
) -> None:
    late = receive(pharmacist, amoxicillin, 50, days=300, number="LATE")
    soon = receive(pharmacist, amoxicillin, 6, days=20, number="SOON")
    dispense = hand_out(pharmacist, prescribe(doctor_user, visit, amoxicillin, 10), 10)
    given = {line.batch.number: line.quantity for line in dispense.lines.select_related("batch")}
    assert given == {"SOON": 6, "LATE": 4}
    assert (on_shelf(soon), on_shelf(late)) == (0, 46)
    assert faults() == []


def test_an_expired_lot_is_never_taken_even_when_nothing_else_is_there(
    doctor_user: User, pharmacist: User, amoxicillin: Product, visit: Encounter
) -> None:
    batch = receive(pharmacist, amoxicillin, 50)
    prescription = prescribe(doctor_user, visit, amoxicillin)
    for day in (yesterday(amoxicillin), clock.today(amoxicillin.facility)):
        expire(batch, day)
        with pytest.raises(Refused, match="Only 0 capsules"):
            hand_out(pharmacist, prescription, 10)
    assert on_shelf(batch) == 50
    assert stock.usable(amoxicillin) == 0


@pytest.mark.parametrize(("quantity", "days"), [(0, 30), (-5, 30), (10, 0), (10, -1)])
def test_a_delivery_of_nothing_or_of_expired_goods_is_refused(
    pharmacist: User, amoxicillin: Product, quantity: int, days: int
) -> None:
    with pytest.raises(Refused):
        receive(pharmacist, amoxicillin, quantity, days=days)
    assert not StockMovement.objects.exists()


def test_a_lot_has_one_expiry_date(pharmacist: User, amoxicillin: Product) -> None:
    batch = receive(pharmacist, amoxicillin, 10, number="a-1")
    assert receive(pharmacist, amoxicillin, 5, number=" A-1 ").pk == batch.pk
    assert on_shelf(batch) == 15
    with pytest.raises(Refused, match="another expiry date"):
        receive(pharmacist, amoxicillin, 5, number="A-1", days=30)


def test_a_count_and_waste_are_movements_with_a_reason(pharmacist: User, amoxicillin: Product) -> None:
    batch = receive(pharmacist, amoxicillin, 50)
    assert stock.count(pharmacist, batch_id=batch.pk, counted=50, reason="Monthly count") is None
    stock.count(pharmacist, batch_id=batch.pk, counted=47, reason="Monthly count")
    stock.throw_away(pharmacist, batch_id=batch.pk, quantity=7, reason="Broken")
    assert on_shelf(batch) == 40
    with pytest.raises(Refused, match="There are 40"):
        stock.throw_away(pharmacist, batch_id=batch.pk, quantity=41, reason="Broken")
    with pytest.raises(Refused, match="never below zero"):
        stock.count(pharmacist, batch_id=batch.pk, counted=-1, reason="?")
    kinds = StockMovement.objects.order_by("created_at").values_list("kind", "quantity")
    assert list(kinds) == [("receipt", 50), ("adjustment", -3), ("waste", -7)]
    assert faults() == []


def test_movements_are_never_changed_and_the_shelf_never_below_zero(pharmacist: User, amoxicillin: Product) -> None:
    batch = receive(pharmacist, amoxicillin, 5)
    for sql in ("update pharmacy_stockmovement set quantity = 9", "delete from pharmacy_stockmovement"):
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    with pytest.raises(IntegrityError, match="not_below_zero"), transaction.atomic():
        StockBalance.objects.filter(batch=batch).update(quantity=-1)


@pytest.fixture
def low(pharmacist: User) -> Product:
    """Twelve are there, to be reordered at ten."""
    product = make_product(pharmacist, "Ibuprofen", level=10, allergens=[])
    receive(pharmacist, product, 12)
    return product


def test_an_alert_is_raised_once_by_the_worker_and_closed_by_the_delivery(
    doctor_user: User, pharmacist: User, low: Product, visit: Encounter
) -> None:
    prescription = prescribe(doctor_user, visit, low, 10)
    hand_out(pharmacist, prescription, 1)
    drain()
    assert not ReorderAlert.objects.exists()
    for _time in range(3):
        hand_out(pharmacist, prescription, 1)
        drain()
    alert = ReorderAlert.objects.get()
    assert (alert.product, alert.quantity, alert.resolved_at) == (low, 10, None)
    assert Notification.objects.filter(user=pharmacist, text__startswith="Reorder Ibuprofen").count() == 1
    stock.raise_alert(low.pk)  # news that comes twice
    assert ReorderAlert.objects.count() == 1
    receive(pharmacist, low, 1, number="LOT-2")
    alert.refresh_from_db()
    assert alert.resolved_at is None, "nine and one are still to be reordered"
    receive(pharmacist, low, 100, number="LOT-2")
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    hand_out(pharmacist, prescription, 6)
    drain()
    assert ReorderAlert.objects.count() == 1


def test_what_expires_on_the_shelf_is_noticed_at_the_next_dispense(
    doctor_user: User, pharmacist: User, visit: Encounter
) -> None:
    """The stock fell below its level by the calendar, not by a movement."""
    product = make_product(pharmacist, "Ibuprofen", level=10, allergens=[])
    receive(pharmacist, product, 8, number="GOOD")
    expire(receive(pharmacist, product, 100, number="OLD"), yesterday(product))
    hand_out(pharmacist, prescribe(doctor_user, visit, product, 5), 1)
    drain()
    assert ReorderAlert.objects.filter(product=product, resolved_at=None, quantity=7).exists()


def test_a_count_that_finds_too_little_raises_the_alert(pharmacist: User, low: Product) -> None:
    stock.count(pharmacist, batch_id=low.batches.get().pk, counted=3, reason="Count")
    drain()
    assert ReorderAlert.objects.get().quantity == 3


def test_what_comes_back_closes_the_alert_however_it_came(
    doctor_user: User, pharmacist: User, low: Product, visit: Encounter
) -> None:
    """By a take-back, by a count that finds more, by a lower level."""
    given = hand_out(pharmacist, prescribe(doctor_user, visit, low, 10), 5)
    drain()

    def is_open() -> bool:
        return ReorderAlert.objects.filter(product=low, resolved_at=None).exists()

    assert is_open()
    dispensing.take_back(pharmacist, dispense_id=given.pk, reason="Wrong patient")
    assert not is_open()
    batch = low.batches.get()
    for counted, after in ((4, True), (40, False), (4, True)):
        stock.count(pharmacist, batch_id=batch.pk, counted=counted, reason="Count")
        drain()
        assert is_open() == after
    formulary.change_product(pharmacist, product_id=low.pk, reorder_level=2, reorder_quantity=10, active=True)
    assert not is_open()


def test_what_expires_overnight_is_noticed_by_the_clock(pharmacist: User, low: Product) -> None:
    assert watch_shelves() == 0
    expire(low.batches.get(), yesterday(low))
    assert watch_shelves() == 1
    assert watch_shelves() == 0
    assert ReorderAlert.objects.get().product == low


def test_a_product_out_of_use_is_not_reordered(pharmacist: User, low: Product) -> None:
    Product.objects.filter(pk=low.pk).update(active=False)
    stock.count(pharmacist, batch_id=low.batches.get().pk, counted=0, reason="Count")
    drain()
    assert not ReorderAlert.objects.exists()


def test_what_was_handed_out_by_mistake_comes_back_to_its_lots_and_off_the_bill(
    doctor_user: User, pharmacist: User, amoxicillin: Product, visit: Encounter
) -> None:
    soon = receive(pharmacist, amoxicillin, 6, days=20, number="SOON")
    late = receive(pharmacist, amoxicillin, 50, days=300, number="LATE")
    prescription = prescribe(doctor_user, visit, amoxicillin, 10)
    dispense = hand_out(pharmacist, prescription, 10)
    prescription.refresh_from_db()
    assert prescription.status == "dispensed"
    dispensing.take_back(pharmacist, dispense_id=dispense.pk, reason="Wrong patient at the counter")
    prescription.refresh_from_db()
    assert (prescription.status, prescription.lines.get().left) == ("prescribed", 10)
    assert (on_shelf(soon), on_shelf(late)) == (6, 50)
    assert visit.charges.standing().count() == 0
    with pytest.raises(Refused, match="already"):
        dispensing.take_back(pharmacist, dispense_id=dispense.pk, reason="Again")
    hand_out(pharmacist, prescription, 10)
    assert sum(visit.charges.standing().values_list("amount", flat=True)) == Decimal("3.50")
    assert faults() == []
