from __future__ import annotations

from decimal import Decimal

import pytest

from billing.services import prices
from hms.core.models import User
from laboratory.models import LabOrder, Result, TestDefinition
from laboratory.services import catalogue, orders, results
from patients.models import Encounter


def make_test(
    actor: User, code: str = "HB", name: str = "Haemoglobin", *, specimen: str = "blood-edta", price: str = "9.00",
    **more: object,
) -> TestDefinition:  # fmt: skip
    fields = {"unit": "g/dL", **more}
    prices.ensure(actor.facility, code=f"LAB-{code.upper()}", name=name, category="laboratory", price=Decimal(price))
    return catalogue.add_test(actor, code=code, name=name, specimen=specimen, price=Decimal(price), **fields)


def order(actor: User, visit: Encounter, *tests: TestDefinition) -> LabOrder:
    return orders.order(actor, encounter_id=visit.pk, test_ids=[test.pk for test in tests])


def enter(actor: User, made: LabOrder, **values: str) -> None:
    """`enter(technician, order, HB="9.4")`: by the test's code."""
    by_code = {result.test.code: result.pk for result in standing(made)}
    results.enter(actor, order_id=made.pk, values={by_code[code]: text for code, text in values.items()})


def standing(made: LabOrder) -> list[Result]:
    return list(made.results.exclude(status="cancelled").select_related("test"))


def result(made: LabOrder, code: str) -> Result:
    return next(row for row in standing(made) if row.test.code == code)


def verify(actor: User, made: LabOrder) -> LabOrder:
    return results.verify(actor, order_id=made.pk, result_ids=[row.pk for row in standing(made)])


@pytest.fixture
def doctor_user(person) -> User:
    return person("doctor")


@pytest.fixture
def technician(person) -> User:
    return person("lab_technician")


@pytest.fixture
def pathologist(person) -> User:
    return person("pathologist")


@pytest.fixture
def haemoglobin(pathologist: User) -> TestDefinition:
    """Women 12 to 16, men 13 to 17; infants of both sexes 10 to 14; critical below 7."""
    test = make_test(pathologist)
    for sex, first, last, low, high in (
        ("female", 365, 55_000, "12", "16"),
        ("male", 365, 55_000, "13", "17"),
        ("any", 0, 365, "10", "14"),
    ):
        catalogue.set_range(
            pathologist,
            test_id=test.pk,
            sex=sex,
            from_days=first,
            until_days=last,
            low=Decimal(low),
            high=Decimal(high),
            critical_low=Decimal("7"),
            critical_high=Decimal("20"),
        )
    return test


@pytest.fixture
def culture(pathologist: User) -> TestDefinition:
    """In words, without a number."""
    test = make_test(pathologist, "UC", "Urine culture", specimen="urine", numeric=False, unit="", price="21.00")
    catalogue.set_range(pathologist, test_id=test.pk, sex="any", from_days=0, until_days=55_000, usual_text="no growth")
    return test
