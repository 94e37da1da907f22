"""Charts opened by name: in an emergency, to a colleague; the auditor's queue; records kept narrower."""

from __future__ import annotations

import functools
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, actions, acts, asking, audit, clock, lists, panels
from hms.core.acts import once
from hms.core.sign_in import throttle
from hms.core.views.factors import way_to_sign_in_again
from patients import banner
from patients.forms import BreakGlassForm, ConfidentialityForm, EmergencyForm, ReviewForm, ShareForm
from patients.models import ChartGrant, Patient
from patients.services import grants


def _patient(request: HttpRequest, patient_id: UUID) -> Patient:
    return access.find(request, Patient.objects.visible_to(request.user), patient_id)


@access.needs("patients.break_glass")
@once
def break_glass(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Whoever asks proves first that it is really them."""
    patient = _patient(request, patient_id)
    if not did_recently_reauthenticate(request):
        return redirect(way_to_sign_in_again(request, request.get_full_path()))
    form = BreakGlassForm(request.POST or None)
    if form.carried_out(lambda data: grants.break_glass(request.user, patient_id=patient.pk, **data)):
        return _opened(request, form.result)
    return asking.confirm(
        request,
        form,
        heading=_("Open this chart in an emergency"),
        question=_("You are not treating this patient."),
        detail=_(
            "If they need you now, open the chart for %(hours)s hours. Everything you look at is recorded"
            " under your name, and the auditor reviews it."
        )
        % {"hours": grants.EMERGENCY.seconds // 3600},
        label=_("Open the chart"),
        **banner.around(request.user, patient),
    )


def _opened(request: HttpRequest, grant: ChartGrant) -> HttpResponse:
    until = clock.local(request.user.facility, grant.until)
    messages.warning(
        request, _("The chart is open to you until %(time)s. Every look is reviewed.") % {"time": f"{until:%H:%M}"}
    )
    return acts.onward(request, "patients:chart", grant.patient_id)


def _guessed_slowly(view: acts.View) -> acts.View:
    """Whoever asks proves first that it is really them; then each pair that they send is counted, before it is judged
    and apart from the view's transaction, which takes back what was refused."""

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if not did_recently_reauthenticate(request):
            return redirect(way_to_sign_in_again(request, request.get_full_path()))
        if request.method == "POST" and EmergencyForm(request.POST).is_valid():
            request.attempt = throttle.attempt(request, "emergency", request.user.username)
        return view(request)

    return answer


@access.needs("patients.break_glass")
@_guessed_slowly
@once
def emergency(request: HttpRequest) -> HttpResponse:
    """The same by record number and birth date, for a patient whom the search does not show."""
    form = EmergencyForm(request.POST or None)
    if form.carried_out(lambda data: grants.break_glass_by_number(request.user, **data)):
        request.attempt.succeeded()
        return _opened(request, form.result)
    return asking.fill_in(
        request,
        form,
        heading=_("Open a chart in an emergency"),
        label=_("Open the chart"),
        back=reverse("patients:list"),
        template="patients/emergency.html",
        hours=grants.EMERGENCY.seconds // 3600,
    )


@access.needs("patients.share_chart")
@once
def share(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.treated_by(request.user), patient_id)
    form = ShareForm(request.POST or None, user=request.user)
    if form.carried_out(lambda data: grants.share(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Shared with %(name)s.") % {"name": form.result.user.name})
        return redirect("patients:chart", patient.pk)
    running = ChartGrant.objects.filter(patient=patient, facility=request.user.facility, kind="shared").running()
    return asking.fill_in(
        request,
        form,
        heading=_("Share this chart"),
        label=_("Share"),
        template="patients/share.html",
        running=running.select_related("user", "granted_by"),
        **banner.around(request.user, patient),
    )


@access.needs("patients.view_patient")
@once
@require_POST
def grant_end(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    grant = access.find(request, ChartGrant.objects.visible_to(request.user), grant_id)
    grants.end(request.user, grant_id=grant.pk)
    messages.success(request, _("The chart is closed again."))
    return acts.onward(request, "patients:chart", grant.patient_id)


@access.needs("patients.review_grant")
@require_safe
def grant_list(request: HttpRequest) -> HttpResponse:
    """The queue of emergency accesses without a verdict, oldest first; or all there were."""
    rows = ChartGrant.objects.visible_to(request.user).select_related("patient", "user", "reviewed_by", "granted_by")
    show = request.GET.get("show", "queue")
    if show == "all":
        page = lists.page(request, rows, order=("-created_at", "-id"))
    else:
        page = lists.page(request, rows.to_review(), order=("created_at", "id"))
    return render(request, "patients/grants.html", {"page": page, "show": show})


@access.needs("patients.review_grant")
@once
def grant_review(request: HttpRequest, grant_id: UUID) -> HttpResponse:
    rows = ChartGrant.objects.visible_to(request.user).select_related("patient", "user", "reviewed_by")
    grant = access.find(request, rows, grant_id)
    form = ReviewForm(request.POST or None)
    if form.carried_out(lambda data: grants.review(request.user, grant_id=grant.pk, **data)):
        messages.success(request, _("Reviewed."))
        return redirect("patients:grants")
    context = {"form": form, "grant": grant, "banner": banner.of(request.user, grant.patient)}
    return render(
        request,
        "patients/grant_review.html",
        {**context, "looks": [(actions.words(look.action), look.at) for look in grant.looks()[:200]]},
    )


@access.needs("patients.review_grant")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """For the auditor: emergency accesses that wait for a verdict."""
    rows = ChartGrant.objects.visible_to(request.user).to_review().select_related("user").order_by("created_at")[:8]
    audit.seen_of(rows)
    return panels.render_panel(request, "patients/grants_panel.html", {"rows": rows})


@access.needs("patients.restrict_patient")
@once
def confidentiality(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    form = ConfidentialityForm(
        request.POST or None, user=request.user, initial={"confidentiality": patient.confidentiality}
    )
    if form.carried_out(lambda data: grants.keep_narrow(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("Saved."))
        return redirect("patients:chart", patient.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Confidentiality"),
        template="patients/confidentiality.html",
        **banner.around(request.user, patient),
    )
