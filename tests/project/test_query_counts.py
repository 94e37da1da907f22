"""Thirty rows cost as many queries as one, and no list more than twelve."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.services import prices
from hms.core.models import Facility, User
from laboratory.models import TestDefinition
from laboratory.services import orders
from patients.models import Encounter
from patients.services import encounters
from pharmacy.services import formulary, prescribing
from tests.conftest import make_patient

MOST = 12


def one_more(actors: dict[str, User], test: TestDefinition, n: int) -> Encounter:
    """A further patient with a visit, an order, a prescription and a product."""
    patient = make_patient(actors["receptionist"], f"Person {n}", "Family")
    visit = encounters.open_encounter(actors["receptionist"], patient=patient, reason="Cough")
    orders.order(actors["doctor"], encounter_id=visit.pk, test_ids=[test.pk])
    product = formulary.add_medicine(
        actors["pharmacist"],
        name=f"Medicine {n}",
        strength="1 mg",
        form="tablet",
        unit="tablets",
        allergens=[],
        price=Decimal("1.00"),
        reorder_level=1,
        reorder_quantity=1,
    )
    line = prescribing.Line(product_id=product.pk, dosage="1 a day", days=1, quantity=1)
    prescribing.prescribe(actors["doctor"], encounter_id=visit.pk, lines=[line])
    return visit


@pytest.fixture
def lists(north: Facility, person: Callable[..., User]) -> tuple[dict[str, User], TestDefinition]:
    actors = {role: person(role) for role in ("receptionist", "doctor", "pharmacist", "lab_technician", "nurse")}
    service = prices.ensure(north, code="LAB-K", name="Potassium", category="laboratory", price=Decimal("5.00"))
    test = TestDefinition.objects.create(
        facility=north, service=service, code="K", name="Potassium", specimen="blood-serum", unit="mmol/L"
    )
    return actors, test


PAGES = [
    ("receptionist", "/patients/"),
    ("nurse", "/patients/visits/"),
    ("lab_technician", "/laboratory/orders/"),
    ("pharmacist", "/pharmacy/prescriptions/"),
    ("pharmacist", "/pharmacy/stock/"),
    ("lab_technician", "/laboratory/today"),
    ("pharmacist", "/pharmacy/today"),
]


def count(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    return len(captured)


def test_thirty_rows_cost_as_many_queries_as_one(
    lists: tuple[dict[str, User], TestDefinition], browser_of: Callable[[User], Client]
) -> None:
    actors, test = lists
    visit = one_more(actors, test, 0)
    pages = [
        *PAGES,
        ("doctor", f"/patients/{visit.patient_id}/"),
        ("doctor", f"/patients/visits/{visit.pk}/"),
        ("doctor", f"/laboratory/patients/{visit.patient_id}/orders"),
        ("doctor", f"/pharmacy/patients/{visit.patient_id}/prescriptions"),
        ("doctor", f"/patients/{visit.patient_id}/visits"),
    ]
    clients = {role: browser_of(user) for role, user in actors.items()}
    one = {page: count(clients[page[0]], page[1]) for page in pages}
    for n in range(1, 30):
        one_more(actors, test, n)
    thirty = {page: count(clients[page[0]], page[1]) for page in pages}
    assert thirty == one
    assert {page: number for page, number in one.items() if number > MOST} == {}
