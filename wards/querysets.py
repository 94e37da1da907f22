"""Reads of the wards: all within the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from hms.core.models import User


class WardQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class BedQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(room__ward__facility=user.facility)

    def free(self) -> Self:
        """Ready, and nobody lies in it."""
        from wards.models import BedStay

        taken = BedStay.objects.filter(bed=OuterRef("pk"), period__upper_inf=True)
        return self.filter(~Exists(taken), state="ready", room__ward__active=True)


class AdmissionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def current(self) -> Self:
        return self.filter(status="admitted")


class OfAdmissionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(admission__facility=user.facility)
