from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader

from billing.models import Charge, Invoice, LedgerEntry, Service
from billing.services import charges, invoices, prices
from hms.core import oracle
from hms.core.models import Approval, Facility, User
from patients.models import Encounter, Patient
from patients.services import encounters


def make_service(
    facility: Facility, code: str = "XRAY", price: str = "40.00", category: str = "procedure", name: str = ""
) -> Service:
    return prices.ensure(facility, code=code, name=name or code.title(), category=category, price=Decimal(price))


def charge(actor: User, visit: Encounter, code: str = "XRAY", price: str = "40.00") -> Charge:
    """One act of the visit, charged once: the visit itself stands for it."""
    return charges.post(actor, encounter=visit, source=visit, service=make_service(visit.facility, code, price))


def make_invoice(actor: User, patient: Patient, *prices_of_acts: str) -> Invoice:
    """A visit with an act for each price, closed and invoiced."""
    visit = encounters.open_encounter(actor, patient=patient)
    for place, price in enumerate(prices_of_acts or ("40.00",)):
        charge(actor, visit, f"ACT{place}-{price}", price)
    encounters.close(actor, encounter_id=visit.pk)
    invoice = invoices.issue(actor, encounter_id=visit.pk)
    assert invoice is not None
    return Invoice.objects.get(pk=invoice.pk)


def account(name: str) -> Decimal:
    """What stands on an account of the ledger."""
    return sum(LedgerEntry.objects.filter(account=name).values_list("amount", flat=True), Decimal(0))


def faults() -> list[str]:
    """Everything the integrity oracle finds wrong with the stored hospital."""
    # What tests put into tables with their own hands was no act, and is known as such: tests/core/test_history.py.
    asked = [check for check in oracle.checks() if check.name != "changes: every one was an act"]
    return [f"{check.name}: {fault}" for check in asked for fault in check.check()]


def waits(answer: object) -> Approval:
    assert isinstance(answer, Approval), answer
    assert answer.status == "waiting"
    return answer


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


@pytest.fixture
def cashier(person) -> User:
    return person("cashier")


@pytest.fixture
def accountant(person) -> User:
    return person("accountant")


@pytest.fixture
def invoice(reception: User, patient: Patient) -> Invoice:
    """A hundred pounds in two lines, of a closed visit."""
    return make_invoice(reception, patient, "60.00", "40.00")
