"""Reads of the staff. Everything belongs to the facility that employs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, Min, OuterRef, Q

if TYPE_CHECKING:
    from hms.core.models import User


class EmployeeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def working(self) -> Self:
        return self.filter(active=True)

    def named(self, words: str) -> Self:
        """Every word begins one of the names, or is the staff number."""
        found = self
        for word in words.split()[:5]:
            begins = Q(given_name__istartswith=word) | Q(family_name__istartswith=word)
            later = Q(given_name__icontains=" " + word) | Q(family_name__icontains=" " + word)
            found = found.filter(begins | later | Q(number__iexact=word))
        return found

    def expiring_before(self, day: date) -> Self:
        """With a credential that counts and ends before `day`, or has ended."""
        from staff.models import Credential

        ending = Credential.objects.filter(employee=OuterRef("pk"), withdrawn_at=None, valid_until__lt=day)
        return self.filter(Exists(ending))

    def with_earliest_expiry(self) -> Self:
        """Adds `expires_on`: the earliest end among the credentials that count."""
        return self.annotate(
            expires_on=Min("credentials__valid_until", filter=Q(credentials__withdrawn_at__isnull=True))
        )


class OfEmployeeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(employee__facility=user.facility)


class ShiftQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def in_use(self) -> Self:
        return self.filter(active=True)


class RosterQuerySet(OfEmployeeQuerySet):
    def of_days(self, first: date, last: date) -> Self:
        return self.filter(date__range=(first, last))

    def around(self, moment: datetime) -> Self:
        """Planned at this moment."""
        return self.filter(period__contains=moment)

    def unattended(self) -> Self:
        from staff.models import Attendance

        return self.exclude(Exists(Attendance.objects.filter(roster_entry=OuterRef("pk"))))


class AttendanceQuerySet(OfEmployeeQuerySet):
    def counted(self) -> Self:
        return self.filter(void=False)

    def open(self) -> Self:
        return self.filter(void=False, left_at__isnull=True)

    def within(self, start: datetime, end: datetime) -> Self:
        """Present at some time in [start, end)."""
        return self.filter(came_at__lt=end).filter(Q(left_at__isnull=True) | Q(left_at__gt=start))
