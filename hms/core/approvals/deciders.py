"""Who may decide about a request, and what waits for whom."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from hms.core import limits, roles
from hms.core.approvals import kinds
from hms.core.approvals.kinds import Subject
from hms.core.limits import Limit
from hms.core.models import Approval, Membership, User

MOST = 500  # waiting requests that are looked through for the count in the rail


def who_may(approval: Approval) -> list[User]:
    """Who works here and may approve it, by name: not the maker, by any of their accounts, nor who the kind bars.
    Two queries."""
    rows = Membership.objects.filter(facility=approval.facility_id, active=True, user__is_active=True)
    rows = rows.exclude(user=approval.asked_by_id).exclude(user__in=kinds.others_of(approval.asked_by_id))
    rows = rows.exclude(user__in=kinds.of(approval.kind).barred(approval)).select_related("user", "role")
    held: dict[UUID, tuple[User, list[str]]] = {}
    for row in rows.order_by("user__last_name", "user__first_name", "user_id"):
        held.setdefault(row.user_id, (row.user, []))[1].append(row.role.name)
    table = limits.of(approval.facility)
    return [
        user
        for user, codes in held.values()
        if "core.decide_approval" in roles.permissions_of(codes)
        and limits.covering(table, approval.kind, codes, counted=approval.counted, percent=approval.percent)
    ]


def why_not(actor: User, approval: Approval) -> str:
    """Why this person may not decide about a request; "" if they may."""
    if actor.pk == approval.asked_by_id or actor.pk in kinds.others_of(approval.asked_by_id):
        return _("You asked for this yourself. Somebody else decides about it.")
    if not actor.has_perm("core.decide_approval") or approval.facility_id != actor.facility.pk:
        return _("You do not decide about requests here.")
    if actor.pk in kinds.of(approval.kind).barred(approval):
        return _("You had a part in what led to this. Somebody else decides about it.")
    if limit_of(actor, approval) is None:
        own = limits.widest(limits.of(actor.facility), approval.kind, actor.roles)
        return _("This is above your own limit of %(limit)s. Somebody with a higher one decides about it.") % {
            "limit": limits.in_words(own, approval.currency)
        }
    if kinds.of(approval.kind).subject(actor, approval) is None:
        return _("You may not see what this is about. Somebody else decides about it.")
    return ""


def limit_of(actor: User, approval: Approval) -> Limit | None:
    table = limits.of(actor.facility)
    return limits.covering(table, approval.kind, actor.roles, counted=approval.counted, percent=approval.percent)


def mark(user: User, rows: Iterable[Approval]) -> None:
    """Note on each request, as `to_decide`, whether its amount is this person's to decide. Two queries."""
    table, own = limits.of(user.facility), {user.pk, *kinds.others_of(user.pk)}
    able = user.has_perm("core.decide_approval")
    for row in rows:
        row.to_decide = (
            able
            and row.asked_by_id not in own
            and bool(limits.covering(table, row.kind, user.roles, counted=row.counted, percent=row.percent))
        )


def for_me(user: User) -> list[Approval]:
    """The requests that are this person's to decide, the oldest first."""
    rows = list(
        Approval.objects.waiting()
        .filter(facility=user.facility)
        .select_related("asked_by")
        .order_by("asked_at", "pk")[:MOST]
    )
    mark(user, rows)
    return [row for row in rows if row.to_decide]


def count_for_me(user: User) -> int:
    return len(for_me(user)) if user.has_perm("core.decide_approval") else 0


def count_mine(user: User) -> int:
    return Approval.objects.waiting().filter(facility=user.facility, asked_by=user).count()


def subject_of(user: User, approval: Approval) -> Subject | None:
    return kinds.of(approval.kind).subject(user, approval)
