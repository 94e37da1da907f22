from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Service
from billing.services import prices
from doctors import fees
from doctors.models import Doctor, Specialty
from doctors.services import profile
from hms.core.models import User
from patients.models import DiagnosisCode
from tests.staff.conftest import hire


@pytest.fixture
def hr(person: Callable[..., User]) -> User:
    return person("hr")


@pytest.fixture
def cardiology(db: None) -> Specialty:
    return Specialty.objects.create(code="card", name="Cardiology")


def list_price(hr: User, specialty: Specialty, price: Decimal = Decimal("80.00")) -> Service:
    """Consultations of a specialty, in the price list of the facility."""
    return prices.ensure(
        hr.facility,
        code=fees.code(specialty),
        name=f"Consultation, {specialty.name}",
        category="consultation",
        price=price,
    )


def make_doctor(hr: User, specialty: Specialty, user: User | None = None, **details: Any) -> Doctor:
    employee = hire(hr, "Adaeze", "Obi", title="Dr", profession="doctor", user=user)
    fields = {"licence_number": employee.number, "fee": Decimal("80.00"), "room": "Room 4", **details}
    if fields["fee"] is not None:
        list_price(hr, specialty, fields["fee"])
    return profile.add_doctor(hr, employee=employee, specialty=specialty, **fields)


@pytest.fixture
def obi(person: Callable[..., User]) -> User:
    """The doctor as a signed-in person."""
    return person("doctor")


@pytest.fixture
def doctor(hr: User, cardiology: Specialty, obi: User) -> Doctor:
    return make_doctor(hr, cardiology, obi)


@pytest.fixture
def codes(db: None) -> list[str]:
    rows = [("E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy"), ("I10", "Essential hypertension")]
    DiagnosisCode.objects.bulk_create(
        DiagnosisCode(code=code, title=title, billable=True, search=f"{code} {title}".lower()) for code, title in rows
    )
    return [code for code, _title in rows]
