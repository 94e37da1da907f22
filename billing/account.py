"""What a patient owes in a facility."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Sum

from billing.models import Charge, Invoice
from hms.core.money import ZERO
from patients.models import Patient

if TYPE_CHECKING:
    from hms.core.models import User


def balance(user: User, patient: Patient) -> Decimal:
    """Invoiced and not paid yet, in the facility the person works in. One query."""
    owed = Invoice.objects.visible_to(user).unpaid().filter(patient=patient)
    return owed.aggregate(sum=Sum("balance"))["sum"] or ZERO


def due_back(user: User, patient: Patient) -> Decimal:
    """Paid, then credited, and not given back yet. One query."""
    owed = Invoice.objects.visible_to(user).to_refund().filter(patient=patient)
    return owed.aggregate(sum=Sum("due_back"))["sum"] or ZERO


def unbilled(user: User, patient: Patient) -> Decimal:
    """Charged and not invoiced yet: the running bill. One query."""
    charges = Charge.objects.visible_to(user).uninvoiced().filter(patient=patient)
    return charges.aggregate(sum=Sum("amount"))["sum"] or ZERO
