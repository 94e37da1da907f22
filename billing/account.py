"""What a patient owes in a facility."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery, Sum

from billing.models import Charge, Invoice
from hms.core.money import ZERO
from patients.models import Encounter, Patient

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


def unbilled(user: User, patient: Patient) -> list[Encounter]:
    """The visits with charges that are not invoiced yet, each with their `unbilled` sum. One query."""
    charges = Charge.objects.visible_to(user).uninvoiced().filter(encounter=OuterRef("pk")).order_by()
    sums = charges.values("encounter").annotate(sum=Sum("amount")).values("sum")
    visits = Encounter.objects.visible_to(user).filter(patient=patient).annotate(unbilled=Subquery(sums))
    return list(visits.filter(unbilled__isnull=False).select_related("department"))
