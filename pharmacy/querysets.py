"""Reads of the pharmacy. Stock belongs to the facility that keeps it; prescriptions are those of patients
whom one treats or serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Min, Q, Sum
from django.db.models.functions import Coalesce

from patients import care

if TYPE_CHECKING:
    from datetime import date

    from hms.core.models import User


class AtFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class OfPatientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.scope(user), facility=user.facility)


class PrescriptionQuerySet(OfPatientQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=["prescribed", "partly_dispensed"])


class ProductQuerySet(AtFacilityQuerySet):
    def with_stock(self, today: date) -> Self:
        """Adds `usable` (not expired) and `expired` quantities and `next_expiry` of what is there."""
        there = Q(batches__balance__quantity__gt=0)
        good = there & Q(batches__expires_on__gt=today)
        return self.annotate(
            usable=Coalesce(Sum("batches__balance__quantity", filter=good), 0),
            expired=Coalesce(Sum("batches__balance__quantity", filter=there & Q(batches__expires_on__lte=today)), 0),
            next_expiry=Min("batches__expires_on", filter=good),
        )

    def low(self) -> Self:
        """Of `with_stock`: those at or below their reorder level."""
        return self.filter(usable__lte=F("reorder_level"))


class BatchQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(product__facility=user.facility)
