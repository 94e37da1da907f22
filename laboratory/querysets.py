"""Reads of the laboratory: all within the facility; orders of patients whom one treats or works for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from patients import care

if TYPE_CHECKING:
    from hms.core.models import User


class AtFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class TestQuerySet(AtFacilityQuerySet):
    def offered(self) -> Self:
        """What can be ordered: in use, and at a price that is."""
        return self.filter(active=True, service__active=True)


class OfPatientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.scope(user), facility=user.facility)


class OrderQuerySet(OfPatientQuerySet):
    def unfinished(self) -> Self:
        return self.filter(status__in=["ordered", "collected", "entered"])


class OfOrderQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.scope(user, "order__patient_id"), order__facility=user.facility)
