"""Reads of the appointment book and the queue: all within the facility."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest

from hms.core import clock
from patients import care

if TYPE_CHECKING:
    from hms.core.models import Facility, User


class AppointmentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unhidden(user), facility=user.facility)

    def active(self) -> Self:
        """Those that hold their doctor's and their patient's time."""
        from appointments.models import ACTIVE

        return self.filter(status__in=ACTIVE)

    def booked(self) -> Self:
        return self.filter(status="booked")

    def on_days(self, facility: Facility, first: date, last: date) -> Self:
        """Those that start in the hospital days from `first` to `last`."""
        return self.filter(
            facility=facility,
            starts_at__gte=clock.day_bounds(facility, first)[0],
            starts_at__lt=clock.day_bounds(facility, last)[1],
        )

    def for_lists(self) -> Self:
        """With all that a line about an appointment shows; `token_status` is that of its visit's token."""
        from appointments.models import QueueToken

        token = QueueToken.objects.filter(encounter=OuterRef("encounter_id"))
        related = self.select_related("patient", "doctor__employee", "doctor__specialty", "encounter")
        return related.annotate(token_status=Subquery(token.values("status")))


class TokenQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unhidden(user, "encounter__patient_id"), facility=user.facility)

    def waiting(self) -> Self:
        """Those who still wait; whom the doctor has begun with, or whose visit is over, does not."""
        return self.filter(status="waiting", encounter__status="arrived")

    def called(self) -> Self:
        """Those who are called and not with the doctor yet."""
        return self.filter(status="called", encounter__status="arrived")

    def with_people(self) -> Self:
        """With all that a line about a token shows."""
        return self.select_related(
            "appointment", "encounter__patient", "encounter__attending", "doctor__employee", "department"
        )

    def by_turn(self) -> Self:
        """Early comers wait for their time; late comers, and who has no appointment, from when they came."""
        return self.alias(turn=Greatest("appointment__starts_at", "created_at")).order_by("turn", "number")
