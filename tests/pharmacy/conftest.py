from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from hms.core import clock
from hms.core.models import User
from patients.models import Encounter
from pharmacy.models import Batch, Prescription, Product, StockBalance
from pharmacy.services import dispensing, formulary, prescribing, stock
from pharmacy.services.prescribing import Line


def make_product(
    actor: User, name: str = "Amoxicillin", *, level: int = 0, price: str = "0.35", **more: object
) -> Product:
    return formulary.add_medicine(
        actor,
        name=name,
        strength=more.get("strength", "500 mg"),
        form="capsule",
        unit="capsules",
        allergens=more.get("allergens", ["penicillin"]),
        price=Decimal(price),
        reorder_level=level,
        reorder_quantity=100,
        reason=more.get("reason", ""),
    )


def receive(actor: User, product: Product, quantity: int, *, days: int = 365, number: str = "LOT-1") -> Batch:
    """A delivery that expires in so many days."""
    expires = clock.today(product.facility) + timedelta(days=days)
    return stock.receive(
        actor, product_id=product.pk, number=number, expires_on=expires, quantity=quantity, unit_cost=Decimal("0.11")
    )


def expire(batch: Batch, on: date) -> None:
    """As time would do it."""
    Batch.objects.filter(pk=batch.pk).update(expires_on=on)


def prescribe(
    actor: User,
    visit: Encounter,
    product: Product,
    quantity: int = 10,
    override: str = "",
    dosage: str = "1 three times a day",
) -> Prescription:
    line = Line(product_id=product.pk, dosage=dosage, days=5, quantity=quantity, override_reason=override)
    return prescribing.prescribe(actor, encounter_id=visit.pk, lines=[line])


def hand_out(actor: User, prescription: Prescription, quantity: int):
    line = prescription.lines.get()
    return dispensing.hand_out(actor, prescription_id=prescription.pk, quantities={line.pk: quantity})


def on_shelf(batch: Batch) -> int:
    return StockBalance.objects.get(batch=batch).quantity


@pytest.fixture
def doctor_user(person) -> User:
    return person("doctor")


@pytest.fixture
def pharmacist(person) -> User:
    return person("pharmacist")


@pytest.fixture
def amoxicillin(pharmacist: User) -> Product:
    return make_product(pharmacist)
