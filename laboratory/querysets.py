"""Reads of the laboratory: all within the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from hms.core.models import User


class AtFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class OrderQuerySet(AtFacilityQuerySet):
    def unfinished(self) -> Self:
        return self.filter(status__in=["ordered", "collected", "entered"])


class OfOrderQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(order__facility=user.facility)
