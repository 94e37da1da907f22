"""Stock that one person does not count away or throw away alone."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from billing.services import prices
from hms.core import approvals, oracle
from hms.core.models import Approval, AuditEvent, User
from hms.core.refusals import Refused
from patients.models import Encounter
from pharmacy.models import Batch, Product, StockMovement
from pharmacy.services import stock
from tests.billing.conftest import faults
from tests.pharmacy.conftest import hand_out, make_product, on_shelf, prescribe, receive


@pytest.fixture
def dear(pharmacist: User) -> Product:
    """Ten pounds each: its price counts, not what it cost."""
    return make_product(pharmacist, "Insulin", price="10.00")


@pytest.fixture
def lot(pharmacist: User, dear: Product) -> Batch:
    return receive(pharmacist, dear, 100)


def waits(answer: object) -> Approval:
    assert isinstance(answer, Approval), answer
    assert answer.status == "waiting"
    return answer


def test_a_count_is_recorded_alone_up_to_the_limit_and_waits_above_it(
    pharmacist: User, manager: User, lot: Batch
) -> None:
    done = stock.count(pharmacist, batch_id=lot.pk, counted=95, reason="Monthly count")
    assert (done.quantity, on_shelf(lot)) == (-5, 95)
    asked = waits(stock.count(pharmacist, batch_id=lot.pk, counted=94, reason="Monthly count"))
    assert (asked.amount, asked.counted, on_shelf(lot)) == (10, 60, 95)
    approvals.approve(manager, approval_id=asked.pk)
    asked.refresh_from_db()
    movement = StockMovement.objects.get(pk=asked.result_id)
    assert (movement.quantity, movement.moved_by, on_shelf(lot)) == (-1, pharmacist, 94)
    assert faults() == []


def test_a_count_that_finds_more_is_judged_as_well(pharmacist: User, lot: Batch) -> None:
    waits(stock.count(pharmacist, batch_id=lot.pk, counted=200, reason="Found"))
    assert on_shelf(lot) == 100


def test_what_is_counted_of_another_lot_of_the_product_counts_with_it(
    pharmacist: User, dear: Product, lot: Batch
) -> None:
    other = receive(pharmacist, dear, 100, number="LOT-2")
    stock.count(pharmacist, batch_id=lot.pk, counted=96, reason="Count")
    waits(stock.count(pharmacist, batch_id=other.pk, counted=96, reason="Count"))


def test_what_was_dispensed_while_a_count_waited_changes_nothing_about_what_is_missing(
    pharmacist: User, manager: User, lot: Batch
) -> None:
    asked = waits(stock.count(pharmacist, batch_id=lot.pk, counted=80, reason="Count"))
    stock.throw_away(pharmacist, batch_id=lot.pk, quantity=5, reason="Broken")
    approvals.approve(manager, approval_id=asked.pk)
    assert on_shelf(lot) == 75
    assert faults() == []


def test_goods_up_to_the_limit_are_thrown_away_at_once_and_above_it_stay_on_the_shelf(
    pharmacist: User, manager: User, lot: Batch
) -> None:
    stock.throw_away(pharmacist, batch_id=lot.pk, quantity=10, reason="Broken")
    asked = waits(stock.throw_away(pharmacist, batch_id=lot.pk, quantity=30, reason="Refrigerator off"))
    assert on_shelf(lot) == 90
    approvals.approve(manager, approval_id=asked.pk)
    assert on_shelf(lot) == 60
    act = AuditEvent.objects.filter(action="pharmacy.stock.thrown_away").order_by("-id").first()
    assert (act.actor, act.source) == (pharmacist, f"approval {asked.pk}")
    assert faults() == []


def test_goods_that_are_gone_meanwhile_make_the_request_void(pharmacist: User, manager: User, lot: Batch) -> None:
    asked = waits(stock.throw_away(pharmacist, batch_id=lot.pk, quantity=100, reason="Refrigerator off"))
    stock.throw_away(manager, batch_id=lot.pk, quantity=50, reason="Seen by the manager")
    answer = approvals.approve(manager, approval_id=asked.pk)
    assert (answer.status, answer.decision_reason) == ("void", "There are 50 of this lot.")
    assert on_shelf(lot) == 50


def test_goods_that_became_dearer_meanwhile_are_asked_for_anew(pharmacist: User, manager: User, lot: Batch) -> None:
    asked = waits(stock.throw_away(pharmacist, batch_id=lot.pk, quantity=20, reason="Refrigerator off"))
    type(lot.product.service).objects.filter(pk=lot.product.service_id).update(price=500)
    assert approvals.approve(manager, approval_id=asked.pk).status == "void"
    assert on_shelf(lot) == 100


def test_the_shelf_says_what_waits_and_the_manager_sees_what_it_is_about(
    pharmacist: User, manager: User, lot: Batch, browser_of: Any
) -> None:
    shelf = browser_of(pharmacist)
    answer = shelf.post(
        f"/pharmacy/lots/{lot.pk}/waste",
        {"_key": str(uuid.uuid4()), "quantity": "30", "reason": "Refrigerator off"},
        follow=True,
    )
    html = answer.content.decode()
    assert "Not done yet: 300.00 GBP" in html
    assert "Waits for approval: Stock thrown away" in html
    asked = Approval.objects.get(status="waiting")
    page = browser_of(manager).get(f"/approvals/{asked.pk}/").content.decode()
    for words in ("Insulin", "LOT-1", "\u221230 capsules", "10.00\u00a0GBP", "Refrigerator off"):
        assert words in page
    assert f"/pharmacy/stock/{lot.product_id}/" in page


def test_a_movement_that_nobody_approved_is_found(pharmacist: User, lot: Batch) -> None:
    (check,) = [one for one in oracle.checks() if one.name == "approvals: counts and waste of stock"]
    stock.count(pharmacist, batch_id=lot.pk, counted=99, reason="Count")
    assert list(check.check()) == []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; alter table core_approval disable trigger user")
        cursor.execute("delete from core_approval")
        assert len(list(check.check())) == 1
        transaction.set_rollback(True)


# The price of a medicine that is new


@pytest.mark.parametrize(("price", "alone"), [("50.00", True), ("50.01", False)])
def test_a_new_medicine_is_in_use_at_once_and_a_dear_one_is_looked_at(
    price: str, alone: bool, pharmacist: User, manager: User, doctor_user: User, visit: Encounter
) -> None:
    product = make_product(pharmacist, "Alteplase", price=price, reason="A stroke")
    assert product.service.active
    receive(pharmacist, product, 20)
    assert hand_out(pharmacist, prescribe(doctor_user, visit, product), 10)
    assert Approval.objects.filter(status="waiting").exists() is not alone
    assert manager.notifications.filter(text__contains="Price of a new medicine").exists() is not alone
    if not alone:
        asked = Approval.objects.get(status="waiting")
        approvals.approve(manager, approval_id=asked.pk, reason="Seen")
        asked.refresh_from_db()
        assert (asked.status, asked.result_id) == ("approved", product.pk)
        assert AuditEvent.objects.filter(action="pharmacy.product.price_confirmed", actor=pharmacist).exists()


def test_a_dear_medicine_says_why(pharmacist: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        make_product(pharmacist, "Alteplase", price="900.00")


def test_a_price_that_was_changed_since_is_not_confirmed(pharmacist: User, manager: User, person: Any) -> None:
    product = make_product(pharmacist, "Alteplase", price="900.00", reason="A stroke")
    service = product.service
    prices.change_service(
        manager, service_id=service.pk, name=service.name, price=Decimal(800), active=True, reason="Too dear"
    )
    answer = approvals.approve(manager, approval_id=Approval.objects.get(status="waiting").pk)
    assert (answer.status, answer.decision_reason) == ("void", "This was changed in the meantime: it costs 800.00 now.")
