"""Putting a line under someone's bell."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from hms.core import clock, roles
from hms.core.models import Facility, Membership, Notification, User


def everyone(facility: Facility, *, permission: str, text: str, url: str = "", level: str = "info") -> int:
    """Notify each person who holds `permission` in the facility; returns how many. Text names no patient."""

    able = [code for code, role in roles.ROLES.items() if permission in role.permissions]
    able_people = (
        Membership.objects.filter(facility=facility, active=True, role__name__in=able, user__is_active=True)
        .values_list("user_id", flat=True)
        .distinct()
    )
    return people(list(able_people), facility, text=text, url=url, level=level)


def people(user_ids: Iterable[UUID], facility: Facility, *, text: str, url: str = "", level: str = "info") -> int:
    """Notify these; returns how many. Text names no patient."""
    made = Notification.objects.bulk_create(
        [Notification(user_id=pk, facility=facility, text=text[:200], url=url, level=level) for pk in user_ids]
    )
    return len(made)


def person(user: User, facility: Facility, *, text: str, url: str = "", level: str = "info") -> Notification:
    return Notification.objects.create(user=user, facility=facility, text=text, url=url, level=level)


@transaction.atomic
def read(user: User, *, notification_id: object) -> Notification | None:
    """Mark one of the person's own notifications as read. Locks: the notification."""
    found = Notification.objects.select_for_update().filter(user=user, pk=notification_id).first()
    if found and found.read_at is None:
        found.read_at = clock.now()
        found.save(update_fields=["read_at"])
    return found


def read_all(user: User) -> int:
    return Notification.objects.filter(user=user, facility=user.facility, read_at__isnull=True).update(
        read_at=clock.now()
    )
