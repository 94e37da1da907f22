"""Reads of the books. Everything belongs to the facility where it happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from patients import care

if TYPE_CHECKING:
    from hms.core.models import User


class AtFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class OfPatientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unkept(user), facility=user.facility)


class ChargeQuerySet(OfPatientQuerySet):
    def standing(self) -> Self:
        """Charges that count: neither reversed nor a reversal."""
        return self.filter(reverses__isnull=True, reversal__isnull=True)

    def to_charge_again(self) -> Self:
        """Reversals whose act was not undone, and after which nothing was charged: somebody owes an answer."""
        return self.filter(reverses__isnull=False, act_undone=False, waived=False, next_charges__isnull=True)

    def uninvoiced(self) -> Self:
        return self.standing().filter(invoice_line__isnull=True)


class InvoiceQuerySet(OfPatientQuerySet):
    def unpaid(self) -> Self:
        return self.filter(balance__gt=0)

    def to_refund(self) -> Self:
        return self.filter(due_back__gt=0)

    def with_status(self, status: str) -> Self:
        """By the status as people know it; an unknown one means all."""
        wanted = {
            "due": Q(balance__gt=0, paid=0, credited=0),
            "part_paid": Q(balance__gt=0) & ~Q(paid=0, credited=0),
            "refund": Q(due_back__gt=0),
            "paid": Q(balance=0, due_back=0) & (Q(paid__gt=0) | Q(credited=0)),
            "credited": Q(balance=0, paid=0, credited__gt=0),
        }
        return self.filter(wanted[status]) if status in wanted else self
