"""Asking: what somebody does within their own limit is recorded, the rest waits for a second person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import audit, clock, limits, money, notify
from hms.core.approvals import deciders, kinds
from hms.core.approvals.kinds import Kind
from hms.core.models import Approval, ApprovalStatus, User
from hms.core.refusals import Refused

WAITS = timedelta(days=7)  # then a request is over: what nobody decided in a week is asked for anew


@dataclass
class _Running:
    """The approved act that is being carried out now."""

    approval: Approval
    result: models.Model | None = None


_running: ContextVar[_Running | None] = ContextVar("approval_running", default=None)


@contextmanager
def carrying_out(approval: Approval) -> Iterator[_Running]:
    running = _Running(approval)
    token = _running.set(running)
    try:
        yield running
    finally:
        _running.reset(token)


@dataclass
class Asked:
    """The engine's answer: the request that `waits`, or leave to act, which `done` records."""

    waits: Approval | None = None
    _own: Approval | None = None
    _run: _Running | None = field(default=None, repr=False)

    def done(self, result: models.Model) -> None:
        if self._run is not None:
            self._run.result = result
        elif self._own is not None:
            self._own.result_type, self._own.result_id = result._meta.label_lower, result.pk
            self._own.save(force_insert=True)


def ask(
    actor: User,
    kind: str,
    *,
    subject: models.Model,
    label: str,
    amount: Decimal,
    reason: str,
    arguments: Mapping[str, Any],
    pool: UUID | None = None,
    base: Decimal | None = None,
    patient_id: UUID | None = None,
) -> Asked:
    """May this person do so much of this alone? If not, a request is stored and those who may approve are told.

    Counted together is what the person did alone in the same `pool` (the subject, unless another is given), so that
    no limit is passed in slices. `base` is what the amount is a part of, where the percentage counts.
    Runs in the caller's transaction, under the caller's lock of the subject; locks the person's own count in this
    pool. Refuses without a reason what has to be approved, and while a request for the same waits.
    """
    amount = money.rounded(abs(amount))
    if (running := _running.get()) is not None:
        return _as_approved(running, kind, subject, amount)
    now, pool = clock.now(), pool or subject.pk
    counted = amount + _alone(actor, kinds.of(kind), pool, now)
    percent = None if base is None else money.rounded(counted / base * 100) if base else Decimal(100)
    draft = Approval(
        facility=actor.facility,
        kind=kind,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        subject_label=label[:200],
        pool_id=pool,
        patient_id=patient_id,
        amount=amount,
        counted=counted,
        percent=percent,
        currency=actor.facility.currency,
        arguments=dict(arguments),
        asked_by=actor,
        asked_at=now,
        created_at=now,
        reason=reason.strip()[:300],
    )
    table = limits.of(actor.facility)
    own = limits.covering(table, kind, actor.roles, counted=counted, percent=percent)
    if own is not None:
        draft.status, draft.limit, draft.limit_percent = ApprovalStatus.WITHIN, own.amount, own.percent
        return Asked(_own=draft)
    return Asked(waits=_request(actor, draft))


def _as_approved(running: _Running, kind: str, subject: models.Model, amount: Decimal) -> Asked:
    wanted = running.approval
    if (wanted.kind, wanted.subject_id, wanted.amount) != (kind, subject.pk, amount):
        raise Refused(
            _("It would now be %(amount)s %(currency)s: not what was asked for any more. Ask anew.")
            % {"amount": amount, "currency": wanted.currency}
        )
    return Asked(_run=running)


def _alone(actor: User, kind: Kind, pool: UUID, now: datetime) -> Decimal:
    """What this person did of a kind in a pool within their own limit, under a lock of that count."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{kind.key} {pool} {actor.pk}"])
    rows = Approval.objects.filter(kind=kind.key, pool_id=pool, asked_by=actor, status=ApprovalStatus.WITHIN)
    if kind.window:
        rows = rows.filter(asked_at__gt=now - kind.window)
    return rows.aggregate(sum=Sum("amount"))["sum"] or money.ZERO


def _request(actor: User, draft: Approval) -> Approval:
    if not draft.reason:
        raise Refused(_("This has to be approved by a second person. Say why it is needed."), field="reason")
    draft.status, draft.expires_at = ApprovalStatus.WAITING, draft.asked_at + WAITS
    Approval.objects.bulk_create([draft], ignore_conflicts=True)
    if not Approval.objects.filter(pk=draft.pk).exists():
        raise Refused(_("The same waits for approval already. See Approvals for what becomes of it."))
    audit.record(actor, "core.approval.asked", draft, reason=draft.reason, detail=figures(draft))
    tell(draft)
    return draft


def tell(approval: Approval) -> int:
    """Put a request under the bell of those who may approve it; returns how many they are."""
    return notify.people(
        [user.pk for user in deciders.who_may(approval)],
        approval.facility,
        text=_("To approve: %(what)s, %(amount)s %(currency)s")
        % {"what": kinds.label_of(approval.kind), "amount": approval.amount, "currency": approval.currency},
        url=page_of(approval),
        level="warning",
    )


def figures(approval: Approval) -> dict[str, Any]:
    return {
        "kind": approval.kind,
        "subject": f"{approval.subject_type} {approval.subject_id}",
        "amount": str(approval.amount),
        "counted": str(approval.counted),
        "currency": approval.currency,
    }


def page_of(approval: Approval) -> str:
    return reverse("core:approval", args=[approval.pk])
