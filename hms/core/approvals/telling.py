"""What people are told on the pages of what they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from hms.core import limits
from hms.core.approvals import asking, deciders, kinds
from hms.core.limits import Limit, in_words
from hms.core.models import Approval, User

SHOWN = 4  # so many of those who may approve are named


def own_limit(user: User, kind: str) -> str:
    """For the page that asks: up to where the act is done at once. One query."""
    limit = limits.widest(limits.of(user.facility), kind, user.roles)
    if limit.amount is None and limit.percent is None:
        return ""
    if limit.amount == 0:
        return _("This waits for a second person, whatever the amount.")
    return _("You do this alone up to: %(limit)s. Above that it waits for a second person.") % {
        "limit": in_words(limit, user.facility.currency)
    }


def alone(user: User, kind: str, amount: Decimal) -> bool:
    """Whether one does so much of a kind without anybody else, by itself and in money alone. One query."""
    return limits.covering(limits.of(user.facility), kind, user.roles, counted=amount, percent=None) is not None


def waits_for(subject: models.Model) -> Approval | None:
    """The oldest request that waits for this row. One query."""
    rows = Approval.objects.waiting().filter(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    return rows.select_related("facility", "asked_by").order_by("asked_at").first()


def own_sum(user: User, kind: str) -> str:
    """As `own_limit`, for what has no former price: the amount alone. One query."""
    limit = limits.widest(limits.of(user.facility), kind, user.roles)
    if limit.amount is None:
        return ""
    return _("Up to %(amount)s you do this alone. Above that a second person looks at it.") % {
        "amount": limits.in_words(Limit(limit.amount), user.facility.currency)
    }


def named(users: Sequence[User]) -> str:
    """Names for a running sentence, each keeping its own direction."""
    names = [f"\u2068{user.name}\u2069" for user in users[:SHOWN]]
    return ", ".join(names) + (_(" and others") if len(users) > SHOWN else "")


def explained(approval: Approval) -> str:
    """To whoever asked, in place of "done"."""
    able = deciders.who_may(approval)
    what = _("Not done yet: %(amount)s %(currency)s is above what you do alone, so it waits for approval.") % {
        "amount": approval.counted,
        "currency": approval.currency,
    }
    if not able:
        return what + " " + _("Nobody here may approve so much at present: tell the administrator.")
    return what + " " + _("It may be approved by %(names)s.") % {"names": named(able)}


@dataclass(frozen=True)
class Shown:
    """A request that waits, on the page of its subject."""

    approval: Approval
    label: str
    who: str
    url: str


def waiting_for(user: User, subjects: Iterable[models.Model | UUID]) -> list[Shown]:
    """What waits for these rows, oldest first: for the page that shows them. One query; where something waits, a few
    more, for who may approve the first of them."""
    keys = [getattr(row, "pk", row) for row in subjects]
    rows = list(
        Approval.objects.waiting()
        .filter(facility=user.facility, subject_id__in=keys)
        .select_related("asked_by", "facility")
        .order_by("asked_at")[:20]
    )
    if not rows:
        return []
    who = named(deciders.who_may(rows[0]))
    return [
        Shown(
            row,
            kinds.label_of(row.kind),
            who if row is rows[0] else "",
            asking.page_of(row) if _follows(user, row) else "",
        )
        for row in rows
    ]


def subjects_waiting(user: User, subjects: Iterable[models.Model]) -> set[UUID]:
    """Which of these rows of a list have something that waits. One query."""
    keys = [row.pk for row in subjects]
    rows = Approval.objects.waiting().filter(facility=user.facility, subject_id__in=keys)
    return set(rows.values_list("subject_id", flat=True))


def _follows(user: User, approval: Approval) -> bool:
    return user.pk == approval.asked_by_id or user.has_perm("core.view_approval")
