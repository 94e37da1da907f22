"""Reads of the laboratory: all within the facility; orders of patients whom one treats or works for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

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

    def with_tests(self) -> Self:
        """`tests`: of how many each is. Counted for the rows of a page, where a join would count them for all."""
        from laboratory.models import Result

        of_it = Result.objects.filter(order=OuterRef("pk")).order_by().values("order")
        return self.annotate(tests=Coalesce(Subquery(of_it.annotate(n=Count("pk")).values("n")), 0))


class OfOrderQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.scope(user, "order__patient_id"), order__facility=user.facility)
