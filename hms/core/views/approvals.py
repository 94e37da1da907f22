"""Requests that wait for a second person: the queue, one's own, what became of them, and the limits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, approvals, asking, audit, clock, limits, lists, panels, roles
from hms.core.acts import once
from hms.core.forms import DecideForm, LimitForm
from hms.core.lists import Column
from hms.core.models import Approval, ApprovalStatus


def _reason(row: Approval) -> str:
    """Who reads why has learnt something of the patient, though not the name."""
    audit.seen_of([row])
    return row.reason


COLUMNS = [
    Column(gettext_lazy("Asked"), lambda row: clock.local(row.facility, row.asked_at)),
    Column(gettext_lazy("What"), lambda row: approvals.label_of(row.kind)),
    Column(gettext_lazy("Subject"), lambda row: row.subject_label),
    Column(gettext_lazy("Amount"), lambda row: row.amount),
    Column(gettext_lazy("Counted together"), lambda row: row.counted),
    Column(gettext_lazy("Currency"), lambda row: row.currency),
    Column(gettext_lazy("By"), lambda row: row.asked_by.name),
    Column(gettext_lazy("Reason"), _reason),
    Column(gettext_lazy("Status"), lambda row: row.get_status_display()),
    Column(gettext_lazy("Decided"), lambda row: row.decided_at and clock.local(row.facility, row.decided_at)),
    Column(gettext_lazy("Decided by"), lambda row: row.decided_by.name if row.decided_by else ""),
    Column(gettext_lazy("Why"), lambda row: row.decision_reason),
]


def _rows(request: HttpRequest) -> QuerySet:
    return Approval.objects.visible_to(request.user).select_related("facility", "asked_by", "decided_by")


def _of_kind(request: HttpRequest, rows: QuerySet) -> tuple[str, QuerySet]:
    """Narrowed to the kind that the address names, if there is one of that name."""
    kind = request.GET.get("kind", "")
    known = kind in {known.key for known in approvals.registered()}
    return (kind, rows.filter(kind=kind)) if known else ("", rows)


@access.needs("core.view_approval")
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """What waits, the oldest first; each line says whether it is for this person to decide."""
    kind, rows = _of_kind(request, _rows(request).waiting())
    page = lists.page(request, rows, order=("asked_at", "id"))
    approvals.mark(request.user, page.rows)
    audit.seen_of(page.rows)
    context = {"page": page, "kind": kind, "kinds": approvals.registered(), "tab": "queue"}
    return render(request, "core/approvals.html", context)


@access.signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What this person asked for, the newest first."""
    rows = _rows(request).requests().filter(asked_by=request.user)
    page = lists.page(request, rows, order=("-asked_at", "-id"))
    audit.seen_of(page.rows)
    return render(request, "core/approvals_mine.html", {"page": page, "tab": "mine"})


@access.needs("core.view_approval")
@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """Everything of these kinds that was done, asked for and decided, with the reasons."""
    kind, rows = _of_kind(request, _rows(request))
    status, facility = request.GET.get("status", ""), request.user.facility
    if status in ApprovalStatus.values:
        rows = rows.filter(status=status)
    first, last = (clock.read_day(request.GET.get(name, "")) for name in ("first", "last"))
    if first:
        rows = rows.filter(asked_at__gte=clock.day_bounds(facility, first)[0])
    if last:
        rows = rows.filter(asked_at__lt=clock.day_bounds(facility, last)[1])
    order = ("-asked_at", "-id")
    if file := lists.export(request, rows.order_by(*order), COLUMNS, "approvals"):
        return file
    page = lists.page(request, rows, order=order)
    audit.seen_of(page.rows)
    context = {"page": page, "kind": kind, "kinds": approvals.registered()}
    context |= {"status": status, "statuses": ApprovalStatus.choices, "first": first, "last": last, "tab": "history"}
    return render(request, "core/approvals_history.html", context)


def _page(request: HttpRequest, found: Approval, form: DecideForm | None) -> HttpResponse:
    subject = approvals.subject_of(request.user, found)
    waits = found.status == ApprovalStatus.WAITING
    context: dict[str, Any] = {"approval": found, "subject": subject, "tab": ""}
    if waits:
        against = approvals.why_not(request.user, found)
        context |= {"against": against, "who": approvals.named(approvals.who_may(found))}
        context["form"] = None if against else form or DecideForm()
    audit.record(request.user, "core.approval.viewed", found)
    return render(request, "core/approval.html", context)


@access.signed_in
@require_safe
def approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    return _page(request, access.find(request, _rows(request), approval_id), None)


@access.needs("core.decide_approval")
@once
@require_POST
def approval_decide(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = access.find(request, _rows(request), approval_id)
    form = DecideForm(request.POST)
    if form.carried_out(lambda data: approvals.decide(request.user, approval_id=found.pk, **data)):
        decided = form.result
        if decided.status == ApprovalStatus.VOID:
            messages.warning(
                request,
                _("This is no longer possible, so nothing was done: %(why)s") % {"why": decided.decision_reason},
            )
        else:
            messages.success(
                request,
                _("%(status)s: %(what)s.")
                % {"status": decided.get_status_display(), "what": approvals.label_of(decided.kind)},
            )
        return redirect("core:approvals")
    return _page(request, found, form)


@access.signed_in
@once
@require_POST
def approval_withdraw(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    found = access.find(request, _rows(request), approval_id)
    approvals.withdraw(request.user, approval_id=found.pk)
    messages.success(request, _("Taken back. Nothing was done."))
    return redirect("core:approvals-mine")


@access.needs("core.view_approvallimit")
@require_safe
def limit_list(request: HttpRequest) -> HttpResponse:
    """Up to how much each role does alone, and approves, by kind; why, and what differs from the table."""
    facility = request.user.facility
    return render(request, "core/limits.html", {"lines": approvals.limit_lines(facility), "tab": "limits"})


@access.needs("core.change_approvallimit")
@once
def limit_set(request: HttpRequest, act: str, role: str) -> HttpResponse:
    if act not in {kind.key for kind in approvals.registered()} or role not in roles.ROLES:
        raise Http404
    now = limits.of(request.user.facility).get((act, role), limits.NOTHING)
    initial = {"any_amount": now.amount is None, "amount": now.amount, "percent": now.percent}
    form = LimitForm(request.POST or None, initial=initial, currency=request.user.facility.currency)
    if form.carried_out(lambda data: approvals.set_limit(request.user, kind=act, role=role, **data)):
        messages.success(request, _("Saved. Those who approve were told."))
        return redirect("core:limits")
    return asking.fill_in(
        request,
        form,
        heading=_("Limit of %(role)s: %(kind)s") % {"role": roles.label(role), "kind": approvals.label_of(act)},
        back=reverse("core:limits"),
    )


@access.needs("core.decide_approval")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """For whoever approves: what waits for them."""
    rows = approvals.for_me(request.user)
    shown = rows[:8]
    audit.seen_of(shown)
    return panels.render_panel(request, "core/approvals_panel.html", {"rows": shown, "count": len(rows)})
