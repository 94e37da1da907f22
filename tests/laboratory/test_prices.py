"""The price that a new test brings with it, which one person does not set alone above their limit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hms.core import approvals
from hms.core.models import Approval, User
from hms.core.refusals import Refused
from laboratory.forms import OrderForm
from laboratory.models import TestDefinition
from laboratory.services import catalogue
from patients.models import Encounter
from tests.laboratory.conftest import order


def add(actor: User, price: str, reason: str = "A new machine") -> TestDefinition:
    return catalogue.add_test(
        actor, code="NGS", name="Exome", specimen="blood-edta", price=Decimal(price), reason=reason
    )


@pytest.fixture
def administrator(person) -> User:
    return person("administrator")


@pytest.mark.parametrize(("price", "alone"), [("50.00", True), ("50.01", False)])
def test_a_test_can_be_ordered_once_its_price_is_in_use(
    price: str, alone: bool, administrator: User, manager: User, doctor_user: User, visit: Encounter
) -> None:
    test = add(administrator, price)
    if not alone:
        with pytest.raises(Refused):
            order(doctor_user, visit, test)
        assert test not in OrderForm(facility=administrator.facility).fields["tests"].queryset
        approvals.approve(manager, approval_id=Approval.objects.get(status="waiting").pk)
    assert test in OrderForm(facility=administrator.facility).fields["tests"].queryset
    assert order(doctor_user, visit, test).results.count() == 1


def test_a_dear_test_says_why_or_is_not_added(administrator: User) -> None:
    with pytest.raises(Refused, match="Say why"):
        add(administrator, "900.00", reason="")
    assert not TestDefinition.objects.exists()


def test_its_pages_say_that_its_price_waits(administrator: User, browser_of) -> None:
    test, office = add(administrator, "900.00"), browser_of(administrator)
    page = office.get(f"/laboratory/tests/{test.pk}/").content.decode()
    assert "Price not in use" in page
    assert "Waits for approval: New or changed price" in page
    assert "Price not in use" in office.get("/laboratory/tests/").content.decode()
