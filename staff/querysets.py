"""Reads of the staff. Everything belongs to the facility that employs."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

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

    def with_papers_running_out(self, today: date) -> Self:
        """With a credential that counts and ends within 60 days, or has ended."""
        from staff.models import Credential

        return self.filter(Exists(Credential.objects.running_out(today).filter(employee=OuterRef("pk"))))

    def with_earliest_expiry(self) -> Self:
        """Adds `expires_on`: the earliest end among the credentials that count."""
        from staff.models import Credential

        ends = Credential.objects.counted().unreplaced().filter(employee=OuterRef("pk"), valid_until__isnull=False)
        return self.annotate(expires_on=Subquery(ends.order_by("valid_until").values("valid_until")[:1]))


class OfEmployeeQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(employee__facility=user.facility)


class CredentialQuerySet(OfEmployeeQuerySet):
    def counted(self) -> Self:
        return self.filter(withdrawn_at=None)

    def unreplaced(self) -> Self:
        """Without those that a later one of the same kind has taken the place of."""
        from staff.models import ONE_IS_ENOUGH, Credential

        later = Credential.objects.filter(
            employee=OuterRef("employee"), kind=OuterRef("kind"), withdrawn_at=None, kind__in=ONE_IS_ENOUGH
        )
        return self.exclude(
            Exists(later.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=OuterRef("valid_until"))))
        )

    def running_out(self, today: date) -> Self:
        """Of those who work here: what ends within 60 days, or has ended, and was not renewed."""
        from staff.models import EXPIRES_SOON

        ending = self.counted().filter(valid_until__lte=today + EXPIRES_SOON, employee__active=True)
        return ending.unreplaced()

    def with_shifts_beyond(self, today: date) -> Self:
        """Adds `shifts_beyond`: for how many shifts from `today` on its holder is planned after it ends."""
        from staff.models import RosterEntry

        beyond = (
            RosterEntry.objects.filter(employee=OuterRef("employee"), date__gte=today, date__gt=OuterRef("valid_until"))
            .order_by()
            .values("employee")
            .annotate(n=Count("pk"))
        )
        return self.annotate(shifts_beyond=Coalesce(Subquery(beyond.values("n")), 0))


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
