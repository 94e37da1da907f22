"""Two people for what one should not do alone: the one engine.

A department registers its kinds from `ready()`. The service that does the act asks, when it has taken its locks and
made its own checks, and does what it is told:

    asked = approvals.ask(actor, "billing.refund", subject=invoice, amount=amount, reason=reason, arguments={...})
    if asked.waits:
        return asked.waits          # stored, nothing else changes
    payment = _record(...)
    asked.done(payment)             # recorded, with the limit on which it was done
    return payment

Approved, the engine calls the same service again, as the person who asked, in the transaction of the decision. There
is no other way to an act above its limit: what a service may do at that moment stands in a context of this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models, transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import audit, clock, limits, money, notify, roles
from hms.core.limits import Limit
from hms.core.models import Approval, ApprovalLimit, ApprovalStatus, Facility, Membership, User
from hms.core.refusals import Refused

WAITS = timedelta(days=7)  # then a request is over: what nobody decided in a week is asked for anew
MOST = 500  # waiting requests that are looked through for the count in the rail
SHOWN = 4  # so many of those who may approve are named


@dataclass(frozen=True)
class Subject:
    """What somebody decides about, as this person may see it: where it is, and what stands there."""

    url: str
    lines: Sequence[tuple[str, Any]] = ()


@dataclass(frozen=True)
class Kind:
    key: str
    label: str
    permission: str
    act: Callable[..., models.Model | Approval | None]
    subject: Callable[[User, Approval], Subject | None]
    window: timedelta | None
    barred: Callable[[Approval], Users]


_kinds: dict[str, Kind] = {}


# User ids, perhaps as a queryset: then they are asked for as a part of another query.
Users = Iterable[UUID]


def _no_other(user_id: UUID) -> Users:
    return ()


_other_accounts: Callable[[UUID], Users] = _no_other


def _nobody(approval: Approval) -> Users:
    return ()


def register(
    key: str,
    *,
    label: str,
    permission: str,
    act: Callable[..., models.Model | Approval | None],
    subject: Callable[[User, Approval], Subject | None],
    window: timedelta | None = None,
    barred: Callable[[Approval], Users] = _nobody,
) -> None:
    """A kind of act that has limits (`limits.RULES` names them).

    `permission`: what its maker needs, still when it is approved. `act(maker, reason=…, **arguments)`: the service
    itself. `subject(user, approval)`: what it is about, None for whoever may not see that. `window`: for how long
    what one did alone is counted together; for ever without. `barred(approval)`: who besides the maker may not
    approve it, because of what they did before.
    """
    if key not in limits.RULES:
        raise LookupError(f"{key} has no line in hms/core/limits.py")
    _kinds[key] = Kind(key, label, permission, act, subject, window, barred)


def kinds() -> list[Kind]:
    """In the order of the table."""
    return [_kinds[key] for key in limits.RULES if key in _kinds]


def label_of(key: str) -> str:
    return str(_kinds[key].label) if key in _kinds else key


def other_accounts(ask: Callable[[UUID], Users]) -> None:
    """`ask(user_id)` answers with the other accounts of whoever that one belongs to."""
    global _other_accounts
    _other_accounts = ask


# Asking


@dataclass
class _Running:
    """The approved act that is being carried out now."""

    approval: Approval
    result: models.Model | None = None


_running: ContextVar[_Running | None] = ContextVar("approval_running", default=None)


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
    counted = amount + _alone(actor, _kinds[kind], pool, now)
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
    audit.record(actor, "core.approval.asked", draft, reason=draft.reason, detail=_figures(draft))
    tell(draft)
    return draft


def tell(approval: Approval) -> int:
    """Put a request under the bell of those who may approve it; returns how many they are."""
    return notify.people(
        [user.pk for user in who_may(approval)],
        approval.facility,
        text=_("To approve: %(what)s, %(amount)s %(currency)s")
        % {"what": label_of(approval.kind), "amount": approval.amount, "currency": approval.currency},
        url=page_of(approval),
        level="warning",
    )


def _figures(approval: Approval) -> dict[str, Any]:
    return {
        "kind": approval.kind,
        "subject": f"{approval.subject_type} {approval.subject_id}",
        "amount": str(approval.amount),
        "counted": str(approval.counted),
        "currency": approval.currency,
    }


def page_of(approval: Approval) -> str:
    return reverse("core:approval", args=[approval.pk])


# Deciding


def who_may(approval: Approval) -> list[User]:
    """Who works here and may approve it, by name: not the maker, by any of their accounts, nor who the kind bars.
    Two queries."""
    rows = Membership.objects.filter(facility=approval.facility_id, active=True, user__is_active=True)
    rows = rows.exclude(user=approval.asked_by_id).exclude(user__in=_other_accounts(approval.asked_by_id))
    rows = rows.exclude(user__in=_kinds[approval.kind].barred(approval)).select_related("user", "role")
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
    if actor.pk == approval.asked_by_id or actor.pk in _other_accounts(approval.asked_by_id):
        return _("You asked for this yourself. Somebody else decides about it.")
    if not actor.has_perm("core.decide_approval") or approval.facility_id != actor.facility.pk:
        return _("You do not decide about requests here.")
    if actor.pk in _kinds[approval.kind].barred(approval):
        return _("You had a part in what led to this. Somebody else decides about it.")
    if _limit(actor, approval) is None:
        own = limits.widest(limits.of(actor.facility), approval.kind, actor.roles)
        return _("This is above your own limit of %(limit)s. Somebody with a higher one decides about it.") % {
            "limit": in_words(own, approval.currency)
        }
    if _kinds[approval.kind].subject(actor, approval) is None:
        return _("You may not see what this is about. Somebody else decides about it.")
    return ""


def _limit(actor: User, approval: Approval) -> Limit | None:
    table = limits.of(actor.facility)
    return limits.covering(table, approval.kind, actor.roles, counted=approval.counted, percent=approval.percent)


def _waiting(actor: User, approval_id: object) -> Approval:
    """The request under its lock; refused once it was decided."""
    approval = (
        Approval.objects.select_for_update(of=("self",))
        .select_related("facility", "asked_by")
        .get(pk=approval_id, facility=actor.facility)
    )
    if approval.status != ApprovalStatus.WAITING:
        raise Refused(_("This was decided already: %(status)s.") % {"status": approval.get_status_display().lower()})
    return approval


def _to_decide(actor: User, approval_id: object) -> Approval:
    approval = _waiting(actor, approval_id)
    if approval.expires_at <= clock.now():
        raise Refused(_("This request has run out. It has to be asked for anew."))
    if against := why_not(actor, approval):
        raise Refused(against)
    return approval


@transaction.atomic
def approve(actor: User, *, approval_id: object, reason: str = "") -> Approval:
    """Let what was asked for be done, now, by the service that does it, as the person who asked.

    Where that is no longer possible, the request becomes void and says why. Refuses one's own request, by whichever
    account; who had a part in it; and an amount above one's own limit.
    Locks: the request, then what the act locks (encounter → its row → batch → invoice → counter).
    """
    approval = _to_decide(actor, approval_id)
    limit = _limit(actor, approval)
    try:
        with transaction.atomic():
            result = _carry_out(approval)
    except Refused as refusal:
        return _settle(actor, approval, ApprovalStatus.VOID, reason=str(refusal.message))
    approval.limit, approval.limit_percent = limit.amount, limit.percent
    approval.result_type, approval.result_id = result._meta.label_lower, result.pk
    return _settle(actor, approval, ApprovalStatus.APPROVED, reason=reason)


def _carry_out(approval: Approval) -> models.Model:
    """The act itself, once more through its service; refused where it is not what it was."""
    kind, maker = _kinds[approval.kind], approval.asked_by.at(approval.facility)
    if not maker.is_active or not maker.has_perm(kind.permission):
        raise Refused(_("Whoever asked may not do this any more."))
    with _run(approval) as running, audit.source(f"approval {approval.pk}"):
        try:
            kind.act(maker, reason=approval.reason, **approval.arguments)
        except ObjectDoesNotExist:
            raise Refused(_("What this is about is not there for whoever asked any more.")) from None
        if running.result is None:
            raise Refused(_("This was done otherwise in the meantime."))
        return running.result


@contextmanager
def _run(approval: Approval) -> Iterator[_Running]:
    running = _Running(approval)
    token = _running.set(running)
    try:
        yield running
    finally:
        _running.reset(token)


@transaction.atomic
def reject(actor: User, *, approval_id: object, reason: str) -> Approval:
    """Say no, and why; nothing changes. Refuses the same as `approve`. Locks: the request."""
    if not reason.strip():
        raise Refused(_("Say why not: whoever asked reads it."), field="reason")
    return _settle(actor, _to_decide(actor, approval_id), ApprovalStatus.REJECTED, reason=reason)


@transaction.atomic
def decide(actor: User, *, approval_id: object, decision: str, reason: str) -> Approval:
    """What the page of a request sends: `approve`, or anything else, which is `reject`."""
    act = approve if decision == "approve" else reject
    return act(actor, approval_id=approval_id, reason=reason)


@transaction.atomic
def withdraw(actor: User, *, approval_id: object) -> Approval:
    """Take back one's own request. Refuses another's. Locks: the request."""
    approval = _waiting(actor, approval_id)
    if approval.asked_by_id != actor.pk:
        raise Refused(_("Only whoever asked takes a request back."))
    return _settle(actor, approval, ApprovalStatus.WITHDRAWN)


def _settle(actor: User | None, approval: Approval, status: ApprovalStatus, *, reason: str = "") -> Approval:
    """Write the decision, last of all, and tell the maker. Under the request's lock."""
    decided = status in (ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.VOID)
    approval.status, approval.decided_at = status, clock.now()
    approval.decided_by = actor if decided else None
    approval.decision_reason = reason.strip()[:300]
    approval.save(
        update_fields=[
            "status", "decided_at", "decided_by", "decision_reason", "limit", "limit_percent", "result_type", "result_id",
        ]
    )  # fmt: skip
    detail = {**_figures(approval), "asked_by": str(approval.asked_by_id)}
    if approval.result_id:
        detail["result"] = f"{approval.result_type} {approval.result_id}"
    audit.record(actor, f"core.approval.{status}", approval, reason=approval.decision_reason, detail=detail)
    if status != ApprovalStatus.WITHDRAWN:
        notify.person(
            approval.asked_by,
            approval.facility,
            text=_("%(status)s: %(what)s, %(amount)s %(currency)s")
            % {
                "status": approval.get_status_display(),
                "what": label_of(approval.kind),
                "amount": approval.amount,
                "currency": approval.currency,
            },
            url=page_of(approval),
            level="info" if status == ApprovalStatus.APPROVED else "warning",
        )
    return approval


def expire() -> int:
    """End what nobody decided in time; returns how many. Safe to run twice. Locks: each request by itself."""
    over = Approval.objects.waiting().filter(expires_at__lte=clock.now()).order_by("expires_at")
    ended = 0
    for approval_id in over.values_list("pk", flat=True):
        with transaction.atomic():
            rows = Approval.objects.select_for_update(of=("self",), skip_locked=True).waiting()
            if found := rows.select_related("facility", "asked_by").filter(pk=approval_id).first():
                _settle(User.objects.system(), found, ApprovalStatus.EXPIRED)
                ended += 1
    return ended


# What waits for whom


def mark(user: User, rows: Iterable[Approval]) -> None:
    """Note on each request, as `to_decide`, whether its amount is this person's to decide. Two queries."""
    table, own = limits.of(user.facility), {user.pk, *_other_accounts(user.pk)}
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
    return _kinds[approval.kind].subject(user, approval)


# Limits


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
    for kind in kinds():
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
    if kind not in _kinds or role not in roles.ROLES:
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
        % {"kind": label_of(kind), "role": roles.label(role), "to": words["to"]},
        url=reverse("core:limits"),
    )
    return row


def in_words(limit: Limit, currency: str) -> str:
    if limit.amount is None and limit.percent is None:
        return _("any amount")
    if not limit.amount and limit.amount is not None:
        return _("nothing alone")
    amount = _("any amount") if limit.amount is None else f"{money.rounded(limit.amount)} {currency}"
    if limit.percent is None:
        return amount
    return _("%(amount)s and %(percent)s %%") % {"amount": amount, "percent": f"{limit.percent.normalize():f}"}


# What people are told


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


def named(users: Sequence[User]) -> str:
    """Names for a running sentence, each keeping its own direction."""
    names = [f"\u2068{user.name}\u2069" for user in users[:SHOWN]]
    return ", ".join(names) + (_(" and others") if len(users) > SHOWN else "")


def explained(approval: Approval) -> str:
    """To whoever asked, in place of "done"."""
    able = who_may(approval)
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
    who = named(who_may(rows[0]))
    return [
        Shown(row, label_of(row.kind), who if row is rows[0] else "", page_of(row) if _follows(user, row) else "")
        for row in rows
    ]


def subjects_waiting(user: User, subjects: Iterable[models.Model]) -> set[UUID]:
    """Which of these rows of a list have something that waits. One query."""
    keys = [row.pk for row in subjects]
    rows = Approval.objects.waiting().filter(facility=user.facility, subject_id__in=keys)
    return set(rows.values_list("subject_id", flat=True))


def _follows(user: User, approval: Approval) -> bool:
    return user.pk == approval.asked_by_id or user.has_perm("core.view_approval")
