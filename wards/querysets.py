"""Reads of the wards: all within the facility."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

from hms.core.counting import count_of
from patients import care

if TYPE_CHECKING:
    from datetime import date

    from hms.core.models import User


class WardQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def with_beds(self, today: date) -> Self:
        """Adds how many beds each ward has: `total`, `occupied`, `free` (ready and empty), `leaving` by today."""
        from wards.models import Bed, BedStay

        beds = Bed.objects.filter(room__ward=OuterRef("pk"))
        stays = BedStay.objects.filter(bed__room__ward=OuterRef("pk"), period__upper_inf=True)
        return self.annotate(
            total=count_of(beds),
            occupied=count_of(stays),
            free=count_of(beds.free()),
            leaving=count_of(stays.filter(admission__expected_on__lte=today)),
        )


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
        return self.filter(care.unhidden(user), facility=user.facility)

    def current(self) -> Self:
        return self.filter(status="admitted")


class OfAdmissionQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unhidden(user, "admission__patient_id"), admission__facility=user.facility)

    def with_corrected(self) -> Self:
        """`was_corrected`: a later note says it better."""
        return self.annotate(was_corrected=Exists(self.model.objects.filter(corrects=OuterRef("pk"))))
