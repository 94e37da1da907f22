"""Reads of doctors and their hours. A doctor is seen in the facility that employs them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Concat, Upper

from billing.models import Service

if TYPE_CHECKING:
    from hms.core.models import User


class DoctorQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(employee__facility=user.facility).select_related("employee__facility", "specialty")

    def with_price(self) -> Self:
        """Adds `price`: the doctor's own fee, or what the price list says; None where it says nothing."""
        code = Concat(Value("CONSULT-"), Upper(OuterRef("specialty__code")))
        listed = Service.objects.filter(facility=OuterRef("employee__facility"), code=code).values("price")
        return self.annotate(price=Coalesce("fee", Subquery(listed[:1])))

    def consulting(self) -> Self:
        """Those who see patients now."""
        return self.filter(active=True, employee__active=True)

    def of_user(self, user: User) -> Self:
        """The doctor that this person is, in the facility they work in."""
        return self.visible_to(user).filter(employee__user=user)


class OfDoctorQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(doctor__employee__facility=user.facility)

    def valid_between(self, first: date, last: date) -> Self:
        """Weekly hours that hold on some day from `first` to `last`."""
        return self.filter(valid_from__lte=last).filter(Q(valid_until__isnull=True) | Q(valid_until__gte=first))
