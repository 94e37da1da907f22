"""Prices above one's own limit take a second person: dearer, cheaper, new, out of use and back."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from billing.models import Charge, Service
from billing.services import prices
from hms.core import approvals
from hms.core.models import Approval, AuditEvent, User
from hms.core.refusals import Refused
from patients.models import Encounter
from tests.billing.conftest import charge, make_service, waits


def reprice(actor: User, service: Service, price: str, reason: str = "Dearer") -> Service | Approval:
    return prices.change_service(
        actor, service_id=service.pk, name=service.name, price=Decimal(price), active=True, reason=reason
    )


@pytest.mark.parametrize(("price", "alone"), [("125.00", True), ("75.00", True), ("125.01", False), ("74.99", False)])
def test_a_price_moves_alone_by_so_much_in_per_cent(
    price: str, alone: bool, accountant: User, person: Any, reception: User
) -> None:
    service = make_service(accountant.facility, "A", "100.00")
    answer = reprice(accountant, service, price)
    assert isinstance(answer, Service) is alone
    service.refresh_from_db()
    assert (service.price == Decimal(price)) is alone


def test_a_price_moves_alone_by_so_much_in_money_and_not_in_small_steps(accountant: User, manager: User) -> None:
    service = make_service(accountant.facility, "A", "1000.00")
    reprice(accountant, service, "1050.00")
    with pytest.raises(Refused, match="Say why"):
        reprice(accountant, service, "1051.00", reason="")
    asked = waits(reprice(accountant, service, "1051.00"))
    assert asked.counted == 51
    approvals.approve(manager, approval_id=asked.pk)
    service.refresh_from_db()
    assert service.price == 1051
    changed = AuditEvent.objects.filter(action="billing.service.changed").order_by("-id").first()
    assert (changed.actor, changed.reason) == (accountant, "Dearer")


def test_a_price_that_was_changed_meanwhile_is_not_changed_by_an_old_request(accountant: User, manager: User) -> None:
    service = make_service(accountant.facility, "A", "100.00")
    asked = waits(reprice(accountant, service, "200.00"))
    reprice(manager, service, "90.00")
    answer = approvals.approve(manager, approval_id=asked.pk)
    assert (answer.status, answer.decision_reason[:29]) == ("void", "This service was changed in t")
    service.refresh_from_db()
    assert service.price == 90


def test_a_name_changes_without_anybody_else(accountant: User) -> None:
    service = make_service(accountant.facility, "A", "100.00")
    prices.change_service(accountant, service_id=service.pk, name="X-ray", price=Decimal(100), active=True)
    assert not Approval.objects.exists()


# Prices that are new, and those that go out of use


def listed(actor: User, price: str, code: str = "MRI", reason: str = "A new machine") -> Service:
    return prices.add_service(
        actor, code=code, name="Magnetic resonance", category="procedure", price=Decimal(price), reason=reason
    )


@pytest.mark.parametrize(("price", "alone"), [("49.99", True), ("50.00", True), ("50.01", False)])
def test_a_new_price_comes_into_use_at_once_up_to_the_limit_and_waits_above(
    price: str, alone: bool, accountant: User, manager: User
) -> None:
    service = listed(accountant, price)
    assert service.active is alone
    if not alone:
        asked = Approval.objects.get(status="waiting")
        assert (asked.kind, asked.amount, asked.subject_label) == (
            "billing.price",
            Decimal(price),
            f"Price of MRI, {price}, not in use → {price}",
        )
        approvals.approve(manager, approval_id=asked.pk)
        service.refresh_from_db()
    assert (service.active, service.price) == (True, Decimal(price))


def test_nothing_is_charged_at_a_price_that_waits(
    accountant: User, manager: User, reception: User, visit: Encounter
) -> None:
    listed(accountant, "800.00")
    with pytest.raises(Refused, match="out of use in the price list"):
        charge(reception, visit, "MRI", "800.00")
    approvals.reject(manager, approval_id=Approval.objects.get().pk, reason="Too dear")
    with pytest.raises(Refused, match="out of use in the price list"):
        charge(reception, visit, "MRI", "800.00")
    assert not Charge.objects.exists()
    service = Service.objects.get(code="MRI")
    again = waits(reprice(accountant, service, "700.00"))
    assert again.arguments["active"] is True, "no dead end: it is asked for anew at another price"
    approvals.approve(manager, approval_id=again.pk)
    assert charge(reception, visit, "MRI", "1.00").amount == 700


def test_a_new_price_above_the_limit_says_why(accountant: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        listed(accountant, "800.00", reason="")
    assert not Service.objects.exists()


@pytest.mark.parametrize(("price", "alone"), [("50.00", True), ("50.01", False)])
def test_no_price_moves_by_taking_it_out_of_use_and_adding_it_anew(price: str, alone: bool, accountant: User) -> None:
    service = make_service(accountant.facility, "A", price)
    answer = prices.change_service(
        accountant, service_id=service.pk, name="A", price=Decimal(price), active=False, reason="Replaced"
    )
    assert isinstance(answer, Service) is alone
    service.refresh_from_db()
    assert service.active is not alone


def test_a_price_that_is_out_of_use_comes_back_by_all_of_itself(accountant: User) -> None:
    service = make_service(accountant.facility, "A", "800.00")
    Service.objects.filter(pk=service.pk).update(active=False)
    asked = waits(reprice(accountant, service, "1.00"))
    assert (asked.amount, asked.percent) == (Decimal("800.00"), Decimal(100))


def test_new_and_dearer_in_a_month_is_one_move(accountant: User) -> None:
    service = listed(accountant, "48.00")
    assert waits(reprice(accountant, service, "51.00")).counted == 51


def test_without_the_engines_question_any_new_price_is_in_use(
    accountant: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(approvals, "ask", lambda *words, **named: approvals.asking.Asked())
    assert listed(accountant, "800.00").active


def test_the_page_says_that_a_new_price_waits(accountant: User, manager: User, browser_of: Any) -> None:
    office = browser_of(accountant)
    assert "Up to 50.00 GBP you do this alone" in office.get(reverse("billing:service-add")).content.decode()
    fields = {"code": "MRI", "name": "MRI", "category": "procedure", "price": "800", "reason": "New"}
    page = office.post(reverse("billing:service-add"), {"_key": str(uuid.uuid4()), **fields}, follow=True)
    assert "Not done yet: 800.00 GBP" in page.content.decode()
    assert "Change waits" in page.content.decode()
    asked = Approval.objects.get()
    text = browser_of(manager).get(f"/approvals/{asked.pk}/").content.decode()
    for words in ("MRI", "800.00\u00a0GBP, not in use", "New"):
        assert words in text
