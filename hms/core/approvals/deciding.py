"""Deciding: approved, what was asked for is done at once, by its own service, as the person who asked."""

from __future__ import annotations

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, notify
from hms.core.approvals import asking, deciders, kinds
from hms.core.models import Approval, ApprovalStatus, User
from hms.core.refusals import Refused


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
    if against := deciders.why_not(actor, approval):
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
    limit = deciders.limit_of(actor, approval)
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
    kind, maker = kinds.of(approval.kind), approval.asked_by.at(approval.facility)
    if not maker.is_active or not maker.has_perm(kind.permission):
        raise Refused(_("Whoever asked may not do this any more."))
    with asking.carrying_out(approval) as running, audit.source(f"approval {approval.pk}"):
        try:
            kind.act(maker, reason=approval.reason, **approval.arguments)
        except ObjectDoesNotExist:
            raise Refused(_("What this is about is not there for whoever asked any more.")) from None
        if running.result is None:
            raise Refused(_("This was done otherwise in the meantime."))
        return running.result


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
    detail = {**asking.figures(approval), "asked_by": str(approval.asked_by_id)}
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
                "what": kinds.label_of(approval.kind),
                "amount": approval.amount,
                "currency": approval.currency,
            },
            url=asking.page_of(approval),
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
