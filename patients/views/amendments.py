"""What patients ask to have corrected: taken down, decided, disagreed with; and the letters that answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, asking, audit, clock, documents, lists, panels
from hms.core.acts import once
from hms.core.forms import Form, ReasonForm
from hms.core.models import DocumentKind
from patients import amendable, banner, care
from patients.forms import AcceptAmendmentForm, AmendmentForm, DenyAmendmentForm, DisagreementForm, RebuttalForm
from patients.models import AmendmentRequest
from patients.services import amendments
from patients.views.registry import find

SHOWN = ("mine", "open", "all")


def _find(request: HttpRequest, amendment_id: UUID) -> AmendmentRequest:
    rows = AmendmentRequest.objects.visible_to(request.user)
    rows = rows.select_related("patient", "facility", "author", "entered_by", "decided_by", "rebutted_by", "addendum")
    return access.find(request, rows, amendment_id)


@access.needs("patients.view_amendmentrequest")
@require_safe
def amendment_list(request: HttpRequest) -> HttpResponse:
    """Those that wait for this person, the first due first; all that are open; all there were."""
    rows = AmendmentRequest.objects.visible_to(request.user).select_related("patient", "decided_by")
    show = request.GET.get("show", "")
    show = show if show in SHOWN else "open" if request.user.has_perm("patients.enter_amendment") else "mine"
    if show == "all":
        page = lists.page(request, rows, order=("-received_on", "-id"))
    else:
        rows = rows.filter(status="open") if show == "open" else rows.to_decide(request.user)
        page = lists.page(request, rows, order=("due_on", "id"))
    context = {"page": page, "show": show, "today": clock.today(request.user.facility)}
    return render(request, "patients/amendments.html", context)


@access.needs("patients.view_amendmentrequest")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """What waits for this person, and when it is due; no patient's name."""
    rows = AmendmentRequest.objects.visible_to(request.user).filter(status="open")
    if not request.user.has_perm("patients.review_amendment"):
        rows = rows.to_decide(request.user)
    shown = rows.order_by("due_on", "id")[:8]
    audit.seen_of(shown)
    context = {"rows": shown, "today": clock.today(request.user.facility)}
    return panels.render_panel(request, "patients/amendments_panel.html", context)


@access.needs("patients.view_amendmentrequest")
@require_safe
def chart_amendments(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Everything the patient asked to have corrected, the latest first."""
    patient = find(request, patient_id)
    audit.record(request.user, "patients.amendments.viewed", patient)
    rows = AmendmentRequest.objects.visible_to(request.user).filter(patient=patient)
    page = lists.page(request, rows, order=("-received_on", "-id"), size=10)
    context = {"patient": patient, "banner": banner.of(request.user, patient), "page": page}
    return panels.render_panel(request, "patients/chart_amendments.html", context)


@access.needs("patients.view_amendmentrequest")
@require_safe
def amendment(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    found = _find(request, amendment_id)
    audit.record(request.user, "patients.amendment.viewed", found)
    against = amendments.why_not(request.user, found)
    kind = amendable.kind_of(found.record_type)
    reads = found.author_id == request.user.pk or care.reads(request.user, found.patient_id)
    entry = None
    if kind and reads and kind.clinical:
        entry = kind.of(found.patient_id, request.user.facility).filter(pk=found.record_id).first()
    context = {
        "asked": found,
        "banner": banner.of(request.user, found.patient),
        "entry": kind.says(entry) if kind and entry else [],
        "of_person": kind is not None and not kind.clinical,
        "against": against,
        "overdue": found.status == "open" and found.due_on < clock.today(request.user.facility),
        "letter": documents.latest(found, DocumentKind.AMENDMENT_ANSWER),
    }
    return render(request, "patients/amendment.html", context)


@access.needs("patients.view_amendmentrequest")
@require_safe
def amendment_letter(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    letter = documents.latest(_find(request, amendment_id), DocumentKind.AMENDMENT_ANSWER)
    if letter is None:
        raise Http404
    return documents.hand_over(request.user, letter)


@access.needs("patients.enter_amendment")
@once
def amendment_enter(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    first = {"received_on": clock.today(request.user.facility), "asker": _("The patient")}
    form = AmendmentForm(request.POST or None, patient_id=patient.pk, facility=request.user.facility, initial=first)
    if form.carried_out(lambda data: amendments.enter(request.user, patient_id=patient.pk, **data)):
        messages.success(
            request, _("Taken down. To be answered by %(day)s.") % {"day": f"{form.result.due_on:%d %b %Y}"}
        )
        return redirect("patients:amendment", form.result.pk)
    return asking.fill_in(
        request, form, heading=_("The patient asks for a correction"), label=_("Take it down"),
        **banner.around(request.user, patient),
    )  # fmt: skip


def _act(
    request: HttpRequest,
    amendment_id: UUID,
    form_class: type[Form],
    act: Callable[..., Any],
    *,
    heading: str,
    label: str,
    done: str,
) -> HttpResponse:
    """One step of one request, then back to its page."""
    found = _find(request, amendment_id)
    form = form_class(request.POST or None)
    if form.carried_out(lambda data: act(request.user, request_id=found.pk, **data)):
        messages.success(request, done)
        return redirect("patients:amendment", found.pk)
    around = banner.around(request.user, found.patient, back=reverse("patients:amendment", args=[found.pk]))
    return asking.fill_in(
        request, form, heading=heading, label=label, template="patients/amendment_act.html", asked=found, **around
    )


@access.needs("patients.enter_amendment")
@once
def amendment_extend(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, ReasonForm, amendments.extend,
        heading=_("Take more time"), label=_("Take more time"), done=_("There is more time. Tell the patient why."),
    )  # fmt: skip


@access.needs("patients.decide_amendment")
@once
def amendment_accept(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, AcceptAmendmentForm, amendments.accept,
        heading=_("Amend the record"), label=_("Accept and amend"), done=_("The record is amended. Print the letter."),
    )  # fmt: skip


@access.needs("patients.decide_amendment")
@once
def amendment_deny(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, DenyAmendmentForm, amendments.deny,
        heading=_("Leave the record as it is"), label=_("Deny"), done=_("Denied. Print the letter."),
    )  # fmt: skip


@access.needs("patients.enter_amendment")
@once
def amendment_withdraw(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, ReasonForm, amendments.withdraw,
        heading=_("The patient takes it back"), label=_("Withdraw"), done=_("Withdrawn."),
    )  # fmt: skip


@access.needs("patients.enter_amendment")
@once
def amendment_disagree(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, DisagreementForm, amendments.disagree,
        heading=_("The patient disagrees"), label=_("Keep the statement"), done=_("It stands with the entry now."),
    )  # fmt: skip


@access.needs("patients.decide_amendment")
@once
def amendment_rebut(request: HttpRequest, amendment_id: UUID) -> HttpResponse:
    return _act(
        request, amendment_id, RebuttalForm, amendments.rebut,
        heading=_("Answer the disagreement"), label=_("Keep the answer"), done=_("It stands with the entry now."),
    )  # fmt: skip
