"""Care and charge commit together: once for each act, at the price of its day, on some invoice in the end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction

from billing.models import Charge, Invoice, LedgerTransaction
from billing.services import charges, invoices, prices
from hms.core.models import AuditEvent, Facility, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.services import encounters
from tests.billing.conftest import account, charge, faults, make_service
from tests.conftest import drain


def test_an_act_is_charged_once_however_often_it_is_posted(reception: User, visit: Encounter) -> None:
    first = charge(reception, visit)
    assert charge(reception, visit).pk == first.pk
    assert Charge.objects.count() == LedgerTransaction.objects.count() == 1
    assert (account("unbilled"), account("revenue-procedure")) == (40, -40)


def test_two_services_of_one_act_are_two_charges(reception: User, visit: Encounter) -> None:
    charge(reception, visit, "XRAY")
    charge(reception, visit, "CONTRAST", "12.50")
    assert account("unbilled") == Decimal("52.50")


@pytest.mark.parametrize(
    ("quantity", "price", "amount"),
    [("3", "0.335", "1.01"), ("1", "0.005", "0.01"), ("2.5", "0.33", "0.83"), ("1", "0", "0.00")],
)
def test_an_amount_is_rounded_once_half_up_for_each_line(
    reception: User, visit: Encounter, quantity: str, price: str, amount: str
) -> None:
    made = charges.post(
        reception,
        encounter=visit,
        source=visit,
        service=make_service(visit.facility),
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
    )
    assert made.amount == Decimal(amount)
    assert account("unbilled") == Decimal(amount)


def test_a_cancelled_visit_takes_no_charge(reception: User, visit: Encounter) -> None:
    encounters.cancel(reception, encounter_id=visit.pk, reason="Left unseen")
    with pytest.raises(Refused, match="cancelled"):
        charge(reception, visit)
    assert not Charge.objects.exists()


def test_a_visit_with_charges_is_not_cancelled_until_they_are_undone(reception: User, visit: Encounter) -> None:
    charge(reception, visit)
    with pytest.raises(Refused, match="undo that first"):
        encounters.cancel(reception, encounter_id=visit.pk, reason="Left")
    charges.undo(reception, sources=[visit], reason="Never done")
    assert encounters.cancel(reception, encounter_id=visit.pk, reason="Left").status == "cancelled"


def test_a_service_of_another_facility_is_not_charged_here(reception: User, visit: Encounter, south: Facility) -> None:
    with pytest.raises(Refused, match="not a service of this facility"):
        charges.post(reception, encounter=visit, source=visit, service=make_service(south))


def test_a_service_out_of_use_is_not_charged_and_the_message_says_what_to_do(
    manager: User, reception: User, visit: Encounter, person
) -> None:
    made = charge(reception, visit)
    prices.change_service(
        person("accountant"), service_id=made.service_id, name="X-ray", price=Decimal(40), active=False
    )
    assert charge(reception, visit).pk == made.pk, "it is charged already"
    charges.reverse(manager, charge_id=made.pk, reason="Wrong")
    with pytest.raises(Refused, match="Accounting can put it back under Prices"):
        charge(reception, visit)


def test_an_act_that_fails_leaves_no_charge(reception: User, visit: Encounter) -> None:
    with pytest.raises(ValueError), transaction.atomic():
        charge(reception, visit)
        raise ValueError("the act failed after it was charged")
    assert not Charge.objects.exists()
    assert not LedgerTransaction.objects.exists()


def test_a_charge_after_the_close_makes_a_further_invoice(reception: User, visit: Encounter) -> None:
    charge(reception, visit, "XRAY", "60.00")
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    charge(reception, visit, "REPORT", "15.00")
    drain()
    made = Invoice.objects.order_by("number")
    assert [row.total for row in made] == [Decimal(60), Decimal(15)]
    assert [line.description for line in made[1].lines.all()] == ["Report"]
    assert faults() == []


def test_a_reopened_visit_is_not_invoiced_until_it_is_closed_again(reception: User, visit: Encounter) -> None:
    charge(reception, visit)
    encounters.close(reception, encounter_id=visit.pk)
    encounters.reopen(reception, encounter_id=visit.pk, reason="Came back")
    drain()
    assert not Invoice.objects.exists()
    charge(reception, visit, "MORE", "5.00")
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    assert Invoice.objects.get().total == Decimal(45)


def test_a_reversal_stays_beside_its_charge_and_neither_is_invoiced(
    manager: User, reception: User, visit: Encounter
) -> None:
    wrong = charge(reception, visit, "WRONG", "99.00")
    charge(reception, visit, "RIGHT", "10.00")
    reversal = charges.reverse(manager, charge_id=wrong.pk, reason="Wrong patient")
    assert (reversal.amount, reversal.reverses_id, reversal.reason) == (Decimal(-99), wrong.pk, "Wrong patient")
    assert account("unbilled") == 10
    assert charges.reverse(manager, charge_id=wrong.pk, reason="Again").pk == reversal.pk
    invoice = invoices.issue(reception, encounter_id=visit.pk)
    assert [line.charge.service.code for line in invoice.lines.all()] == ["RIGHT"]
    assert AuditEvent.objects.get(action="billing.charge.reversed").reason == "Wrong patient"


def test_an_act_is_charged_anew_after_a_reversal_and_again_only_once(
    manager: User, reception: User, visit: Encounter
) -> None:
    for turn in range(3):
        made = charge(reception, visit)
        assert charge(reception, visit).pk == made.pk, "asked twice"
        assert list(Charge.objects.standing()) == [made]
        charges.reverse(manager, charge_id=made.pk, reason=f"Mistake {turn}")
        assert not Charge.objects.standing().exists()
    last = charge(reception, visit)
    assert account("unbilled") == 40
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    assert [line.charge for line in Invoice.objects.get().lines.all()] == [last]
    assert faults() == []


def test_a_charge_reversed_by_mistake_is_charged_again_as_it_was(
    manager: User, reception: User, visit: Encounter
) -> None:
    made = charges.post(
        reception,
        encounter=visit,
        source=visit,
        service=make_service(visit.facility),
        quantity=3,
        unit_price=Decimal(7),
    )
    with pytest.raises(Refused, match="This is charged"):
        charges.charge_again(reception, charge_id=made.pk)
    reversal = charges.reverse(manager, charge_id=made.pk, reason="Oops")
    again = charges.charge_again(reception, charge_id=reversal.pk)
    assert (again.quantity, again.unit_price, again.amount, again.after) == (3, Decimal(7), Decimal(21), reversal)
    with pytest.raises(Refused, match="This is charged"):
        charges.charge_again(reception, charge_id=made.pk)
    charges.undo(reception, sources=[visit], reason="Not done")
    with pytest.raises(Refused, match="was undone"):
        charges.charge_again(reception, charge_id=made.pk)


def test_a_reversal_is_not_reversed(manager: User, reception: User, visit: Encounter) -> None:
    reversal = charges.reverse(manager, charge_id=charge(reception, visit).pk, reason="Wrong")
    with pytest.raises(Refused, match="a reversal itself"):
        charges.reverse(manager, charge_id=reversal.pk, reason="Back")


def test_undoing_an_act_reverses_everything_it_was_charged(reception: User, visit: Encounter) -> None:
    charge(reception, visit, "XRAY")
    charge(reception, visit, "CONTRAST", "12.50")
    assert len(charges.undo(reception, sources=[visit], reason="Not done")) == 2
    assert charges.undo(reception, sources=[visit], reason="Not done") == []
    assert account("unbilled") == 0


def test_a_new_price_leaves_posted_charges_as_they_were(reception: User, person, visit: Encounter) -> None:
    old = charge(reception, visit)
    prices.change_service(
        person("accountant"), service_id=old.service_id, name="X-ray, digital", price=Decimal("50.00"), active=True
    )
    later = encounters.open_encounter(reception, patient=visit.patient)
    new = charges.post(
        reception, encounter=later, source=later, service=type(old.service).objects.get(pk=old.service_id)
    )
    old.refresh_from_db()
    assert (old.unit_price, old.amount, new.amount) == (Decimal(40), Decimal(40), Decimal(50))
    assert old.description == "Xray"
    assert AuditEvent.objects.get(action="billing.service.changed").detail["before"]["price"] == "40.00"


def test_a_code_is_used_once_in_a_facility(person, north: Facility) -> None:
    make_service(north, "XRAY")
    with pytest.raises(Refused, match="taken"):
        prices.add_service(person("accountant"), code=" xray ", name="Again", category="other", price=Decimal(1))
