"""What must be kept for somebody's sake, and what is erased: the privacy officer's screens, and the second person's."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.apps import apps
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, erasures, lists, panels
from hms.core.acts import once
from hms.core.models import Erasure, ErasureGround, ErasureStatus, LegalHold
from hms.core.models.tracking import Change
from hms.core.views.factors import way_to_sign_in_again
from patients import banner
from patients.forms import EraseForm, HoldForm, LiftForm, RejectErasureForm
from patients.models import Patient
from patients.services import erasing, legal_holds


def _patient(request: HttpRequest, patient_id: UUID) -> Patient:
    return access.find(request, Patient.objects.visible_to(request.user), patient_id)


def _erasure(request: HttpRequest, erasure_id: UUID) -> Erasure:
    rows = Erasure.objects.readable_by(request.user).select_related("facility", "asked_by", "decided_by")
    return access.find(request, rows, erasure_id)


def _own_erasure(request: HttpRequest, erasure_id: UUID) -> Erasure:
    """To act on: what was asked for in this facility."""
    return access.find(request, Erasure.objects.visible_to(request.user), erasure_id)


@access.needs("core.view_legalhold")
@require_safe
def chart_keeping(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """On the patient's page: what holds the record, and whether it is to be erased."""
    patient = _patient(request, patient_id)
    audit.record(request.user, "patients.keeping.viewed", patient)
    holds = LegalHold.objects.standing().filter(patient_id=patient.pk).select_related("placed_by")
    waiting = Erasure.objects.filter(patient_id=patient.pk, status=ErasureStatus.WAITING).select_related("facility")
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "holds": holds,
        "waiting": waiting.first(),
    }
    return panels.render_panel(request, "patients/chart_keeping.html", context)


@access.needs("core.view_legalhold")
@require_safe
def legal_hold_list(request: HttpRequest) -> HttpResponse:
    """The holds that stand; or all there were."""
    rows, show = LegalHold.objects.visible_to(request.user).select_related("placed_by", "lifted_by"), "all"
    if request.GET.get("show") != "all":
        rows, show = rows.standing(), "standing"
    page = lists.page(request, rows, order=("-placed_at", "-id"))
    patients = Patient.objects.visible_to(request.user).in_bulk([row.patient_id for row in page.rows])
    for row in page.rows:
        row.patient = patients.get(row.patient_id)
    return render(request, "patients/legal_holds.html", {"page": page, "show": show})


@access.needs("core.keep_legalhold")
@once
def legal_hold_place(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = _patient(request, patient_id)
    form = HoldForm(request.POST or None)
    if form.carried_out(lambda data: legal_holds.place(request.user, patient_id=patient.pk, **data)):
        messages.success(request, _("The record is held: nothing of it is erased."))
        return redirect("patients:chart", patient.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Place a legal hold"),
        label=_("Place the hold"),
        note=_("While it stands, nothing of this record is erased, whoever asks for it."),
        **banner.around(request.user, patient),
    )


@access.needs("core.keep_legalhold")
@once
def legal_hold_lift(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    hold = access.find(request, LegalHold.objects.visible_to(request.user), hold_id)
    if not did_recently_reauthenticate(request):
        return redirect(way_to_sign_in_again(request, request.get_full_path()))
    form = LiftForm(request.POST or None)
    if form.carried_out(lambda data: legal_holds.lift(request.user, hold_id=hold.pk, **data)):
        messages.success(request, _("The hold is lifted."))
        return redirect("patients:legal-holds")
    patient = Patient.objects.visible_to(request.user).filter(pk=hold.patient_id).first()
    return asking.confirm(
        request,
        form,
        heading=_("Lift a legal hold"),
        question=_("Is this hold no longer needed?"),
        detail=_("The record may then be erased when the other rules allow it."),
        label=_("Lift the hold"),
        back=reverse("patients:legal-holds"),
        banner=banner.of(request.user, patient) if patient else None,
    )


@access.needs("core.ask_erasure")
@once
def erase(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Whoever asks for it proves first that it is really them."""
    patient = _patient(request, patient_id)
    if not did_recently_reauthenticate(request):
        return redirect(way_to_sign_in_again(request, request.get_full_path()))
    form = EraseForm(request.POST or None)
    if form.carried_out(lambda data: erasing.ask(request.user, patient_id=patient.pk, **data)):
        messages.warning(request, _("Asked for. Somebody else decides about it; until then nothing is erased."))
        return redirect("patients:erasure", form.result.pk)
    standing = [] if form.is_bound else erasures.obstacles(patient.pk, ErasureGround.ASKED)
    return asking.fill_in(
        request,
        form,
        heading=_("Ask for this record to be erased"),
        label=_("Ask for it"),
        template="patients/erase.html",
        standing=standing,
        **banner.around(request.user, patient),
    )


@access.needs("core.view_erasure")
@require_safe
def erasure_list(request: HttpRequest) -> HttpResponse:
    """What was asked here, or elsewhere of a patient who is known here too, and what became of it. Nobody is named."""
    rows = Erasure.objects.readable_by(request.user).select_related("facility", "asked_by", "decided_by")
    page = lists.page(request, rows, order=("-asked_at", "-id"))
    return render(request, "patients/erasures.html", {"page": page})


@access.needs("core.view_erasure")
@require_safe
def erasure(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """A request with what stands in its way, and what was done. Who decides sees no name."""
    found = _erasure(request, erasure_id)
    audit.record(request.user, "core.erasure.viewed", found)
    waits = found.status == ErasureStatus.WAITING
    context = {
        "patient": _number(request, found),
        "erasure": found,
        "standing": erasures.obstacles(found.patient_id, found.ground) if waits else [],
        "lifted": _lifted(found) if waits else [],
        "elsewhere": erasing.elsewhere(found),
        "asked_elsewhere": found.facility_id != request.user.facility.pk,
        "may_hold": waits and request.user.has_perm("core.keep_legalhold"),
        "against": erasing.against(request.user, found) if waits else "",
        "rows": sum(found.counts.values()),
        "emptied": _emptied(found),
    }
    return render(request, "patients/erasure.html", context)


def _emptied(found: Erasure) -> list[tuple[str, int, int]]:
    """What was emptied or removed, by its name as people say it: how many entries, and how many earlier versions."""
    entries: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    for model in apps.get_models(include_auto_created=True):
        kept = model.pgh_tracked_model if issubclass(model, Change) else model
        of = versions if kept is not model else entries
        of[capfirst(kept._meta.verbose_name_plural)] += found.counts.get(model._meta.db_table, 0)
    return [(name, entries[name], versions[name]) for name in sorted(+(entries + versions))]


def _lifted(found: Erasure) -> QuerySet[LegalHold]:
    """Who decides knows of the holds that somebody took off this record, perhaps to have it erased."""
    rows = LegalHold.objects.filter(patient_id=found.patient_id, lifted_at__isnull=False)
    return rows.select_related("lifted_by").order_by("-lifted_at")[:20]


def _number(request: HttpRequest, found: Erasure) -> dict[str, object] | None:
    """The record's number, for whose business it is who that is; what else there was may be gone."""
    if not request.user.has_perm("patients.view_patient"):
        return None
    return Patient.objects.filter(pk=found.patient_id).values("pk", "mrn", "erased_at").first()


@access.needs("core.decide_erasure")
@once
def erasure_approve(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """Whoever approves proves first that it is really them."""
    found = _own_erasure(request, erasure_id)
    if not did_recently_reauthenticate(request):
        return redirect(way_to_sign_in_again(request, request.get_full_path()))
    if request.method == "POST":
        erasing.approve(request.user, erasure_id=found.pk)
        messages.success(request, _("The record is erased."))
        return redirect("patients:erasure", found.pk)
    return asking.confirm(
        request,
        None,
        heading=_("Erase the record"),
        question=_("Erase everything that is kept of this patient?"),
        detail=_("It is done at once, for all facilities, and cannot be undone. The books and the stock keep their figures; nobody is named in them."),
        label=_("Erase for good"),
        back=reverse("patients:erasure", args=[found.pk]),
    )  # fmt: skip


@access.needs("core.decide_erasure")
@once
def erasure_reject(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    found = _own_erasure(request, erasure_id)
    form = RejectErasureForm(request.POST or None)
    if form.carried_out(lambda data: erasing.reject(request.user, erasure_id=found.pk, **data)):
        messages.success(request, _("Rejected: the record stays."))
        return redirect("patients:erasure", found.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Reject the erasure"),
        label=_("Reject"),
        back=reverse("patients:erasure", args=[found.pk]),
    )


@access.needs("core.ask_erasure")
@once
@require_POST
def erasure_withdraw(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    found = _own_erasure(request, erasure_id)
    erasing.withdraw(request.user, erasure_id=found.pk)
    messages.success(request, _("Taken back: the record stays."))
    return redirect("patients:erasure", found.pk)
