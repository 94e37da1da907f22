"""The limits of a facility: read, and set."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import audit, clock, limits, notify, roles
from hms.core.approvals import kinds
from hms.core.approvals.kinds import Kind
from hms.core.limits import Limit, in_words
from hms.core.models import ApprovalLimit, Facility, User
from hms.core.refusals import Refused


@dataclass(frozen=True)
class LimitLine:
    """A kind on the page of limits: its roles, each with its limit in words, and whether the facility set it."""

    kind: Kind
    why: str
    roles: list[tuple[str, str, str, bool]]


def limit_lines(facility: Facility) -> list[LimitLine]:
    """Of each kind: the roles that may do it, those that have a limit, and those that approve. One query."""
    table = limits.of(facility)
    lines = []
    for kind in kinds.registered():
        rule = limits.RULES[kind.key]
        shown = [
            (code, str(role.label), in_words(limit, facility.currency), rule.by_role.get(code, limits.NOTHING) != limit)
            for code, role in roles.ROLES.items()
            if (limit := table.get((kind.key, code), limits.NOTHING)) != limits.NOTHING
            or kind.permission in role.permissions
            or "core.decide_approval" in role.permissions
        ]
        lines.append(LimitLine(kind, rule.why, shown))
    return lines


@transaction.atomic
def set_limit(
    actor: User, *, kind: str, role: str, amount: Decimal | None, percent: Decimal | None, reason: str
) -> ApprovalLimit:
    """Set up to how much a role does alone here; None is any. Those who approve are told.

    Refuses a kind or a role that there is not, and an administrator who would widen a role that they hold.
    Locks: the facility, so that its limits are set one after the other.
    """
    if kind not in limits.RULES or role not in roles.ROLES:
        raise Refused(_("There is no such limit."))
    facility = Facility.objects.select_for_update(no_key=True).get(pk=actor.facility.pk)
    before = limits.of(facility).get((kind, role), limits.NOTHING)
    new = Limit(amount, percent)
    if role in actor.roles and new.width > before.width:
        raise Refused(_("You hold this role yourself. Another administrator widens its limit."))
    row, _made = ApprovalLimit.objects.update_or_create(
        facility=facility,
        kind=kind,
        role=role,
        defaults={"amount": amount, "percent": percent, "set_by": actor, "set_at": clock.now()},
    )
    words = {"from": in_words(before, facility.currency), "to": in_words(new, facility.currency)}
    audit.record(actor, "core.approvallimit.set", row, reason=reason, detail={"kind": kind, "role": role, **words})
    notify.everyone(
        facility,
        permission="core.decide_approval",
        text=_("Limit changed: %(kind)s, %(role)s: %(to)s")
        % {"kind": kinds.label_of(kind), "role": roles.label(role), "to": words["to"]},
        url=reverse("core:limits"),
    )
    return row
