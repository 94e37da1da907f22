"""Visits: today's list, one visit, its end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, clock, lists, panels
from hms.core.acts import once, onward
from hms.core.forms import ReasonForm
from patients import banner, care, holds, vitals
from patients.forms import AmendForm, CarePlanForm, VisitForm, VitalsForm
from patients.models import CarePlan, ClinicalNote, Encounter, Patient
from patients.models.encounter import EncounterKind
from patients.services import clinical, encounters, notes
from staff import licences


def _encounter(request: HttpRequest, encounter_id: UUID) -> Encounter:
    scope = Encounter.objects.visible_to(request.user).select_related("patient", "department", "attending", "facility")
    return access.find(request, scope, encounter_id)


def _around(request: HttpRequest, encounter: Encounter) -> dict[str, Any]:
    """What a page that asks about a visit has around it."""
    return banner.around(request.user, encounter.patient, back=reverse("patients:visit", args=[encounter.pk]))


@access.needs("patients.view_encounter")
@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    """The visits that are open now, or those of today; filtered by kind."""
    start, end = clock.day_bounds(request.user.facility, clock.today(request.user.facility))
    show = request.GET.get("show", "open")
    rows = Encounter.objects.visible_to(request.user).select_related("patient", "department", "attending")
    rows = rows.filter(started_at__gte=start, started_at__lt=end) if show == "today" else rows.open()
    kind = request.GET.get("kind", "")
    if kind in EncounterKind.values:
        rows = rows.filter(kind=kind)
    context = {
        "page": lists.page(request, rows, order=("-started_at", "-id")),
        "show": show,
        "kind": kind,
        "kinds": EncounterKind.choices,
    }
    return render(request, "patients/visits.html", context)


@access.needs("patients.view_encounter")
@require_safe
def visit(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    audit.record(request.user, "patients.encounter.viewed", encounter)
    user = request.user
    clinical_view = care.reads(user, encounter.patient_id)
    closed = not care.treats(user, encounter.patient_id)
    return render(
        request,
        "patients/visit.html",
        {
            "encounter": encounter,
            "patient": encounter.patient,
            "banner": banner.of(user, encounter.patient),
            "slots": panels.slots(
                "desk", user, without=care.CLINICAL if closed else frozenset(), encounter_id=encounter.pk
            ),
            "clinical_view": clinical_view,
            "closed": closed and user.has_perm("patients.view_chart"),
            "ends_here": encounter.is_open and not holds.why_not_end(encounter),
            "vitals": vitals.latest(user, encounter.patient, since=encounter.started_at) if clinical_view else [],
            "notes": encounter.notes.exclude(status="draft").select_related("author").prefetch_related("diagnoses")
            if clinical_view
            else [],
            "drafts": encounter.notes.filter(status="draft").exclude(author=user).select_related("author")
            if clinical_view and encounter.is_open
            else [],
            "plans": encounter.careplan_set.valid() if clinical_view else [],
        },
    )


@access.needs("patients.add_encounter")
@once
def visit_open(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Open a visit for someone who walked in."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    form = VisitForm(
        request.POST or None,
        facility=request.user.facility,
        initial={"department": getattr(request, "department", None)},
    )
    if form.carried_out(lambda data: encounters.open_encounter(request.user, patient=patient, **data)):
        messages.success(request, _("Visit opened. The patient waits."))
        return redirect("patients:visit", form.result.pk)
    return asking.fill_in(request, form, heading=_("Open a visit"), **banner.around(request.user, patient))


@access.needs("patients.record_vitals")
@once
def vitals_record(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    form = VitalsForm(request.POST or None)

    def act(data: dict) -> object:
        observed_at = data.pop("observed_at")
        return clinical.record_vitals(request.user, encounter_id=encounter.pk, values=data, observed_at=observed_at)

    if form.carried_out(act):
        messages.success(request, _("Vital signs recorded."))
        return onward(request, "patients:visit", encounter.pk)
    return asking.fill_in(request, form, heading=_("Vital signs"), **_around(request, encounter))


@access.needs("patients.change_encounter")
@once
def visit_close(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    if request.method == "POST":
        encounters.close(request.user, encounter_id=encounter.pk)
        messages.success(request, _("Visit closed. The invoice is being made."))
        return redirect("patients:visit", encounter.pk)
    return asking.fill_in(
        request,
        None,
        heading=_("Close this visit"),
        label=_("Close the visit"),
        template="patients/visit_close.html",
        still_open=holds.still_open(encounter),
        **_around(request, encounter),
    )


@access.needs("patients.cancel_encounter")
@once
def visit_cancel(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    return _with_reason(
        request,
        encounter_id,
        encounters.cancel,
        heading=_("Cancel this visit"),
        question=_("Cancel this visit?"),
        detail=_("For a patient who left unseen, or a visit opened by mistake."),
        label=_("Cancel the visit"),
        done=_("Visit cancelled."),
    )


@access.needs("patients.change_encounter")
@once
def visit_reopen(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    return _with_reason(
        request,
        encounter_id,
        encounters.reopen,
        heading=_("Reopen this visit"),
        question=_("Reopen this visit?"),
        detail=_("What is charged from now on goes onto a further invoice."),
        label=_("Reopen"),
        done=_("Visit reopened."),
    )


def _with_reason(request: HttpRequest, encounter_id: UUID, act: object, *, done: str, **texts: str) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: act(request.user, encounter_id=encounter.pk, **data)):
        messages.success(request, done)
        return redirect("patients:visit", encounter.pk)
    return asking.confirm(request, form, **texts, **_around(request, encounter))


@access.needs("patients.change_clinical")
@once
def care_plan_add(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    form = CarePlanForm(request.POST or None)
    if form.carried_out(lambda data: clinical.add_care_plan(request.user, encounter_id=encounter.pk, **data)):
        messages.success(request, _("Plan added."))
        return redirect("patients:visit", encounter.pk)
    return asking.fill_in(request, form, heading=_("Treatment plan"), **_around(request, encounter))


@access.needs("patients.change_clinical")
@once
@require_POST
def care_plan_end(request: HttpRequest, plan_id: UUID) -> HttpResponse:
    plan = access.find(request, CarePlan.objects.visible_to(request.user), plan_id)
    clinical.end_care_plan(request.user, plan_id=plan.pk, completed=request.POST.get("completed") == "yes")
    messages.success(request, _("Plan ended."))
    return redirect("patients:visit", plan.encounter_id)


def _note(request: HttpRequest, note_id: UUID) -> ClinicalNote:
    return access.find(
        request, ClinicalNote.objects.visible_to(request.user).select_related("encounter__patient", "patient"), note_id
    )


@access.needs("patients.change_clinical")
@once
def note_amend(request: HttpRequest, note_id: UUID) -> HttpResponse:
    note = _note(request, note_id)
    form = AmendForm(request.POST or None)
    if form.carried_out(lambda data: notes.amend(request.user, note_id=note.pk, **data)):
        messages.success(request, _("Addendum signed."))
        return redirect("patients:visit", note.encounter_id)
    return asking.fill_in(
        request,
        form,
        heading=_("Add to a signed note"),
        notice=licences.notice(request.user, licences.Act.SIGN),
        **_around(request, note.encounter),
    )


@access.needs("patients.change_clinical")
@once
@require_POST
def note_take_over(request: HttpRequest, note_id: UUID) -> HttpResponse:
    note = _note(request, note_id)
    notes.take_over(request.user, note_id=note.pk)
    messages.success(request, _("The draft is yours now: sign it, or throw it away."))
    return redirect("patients:visit", note.encounter_id)


@access.needs("patients.change_clinical")
@once
def note_error(request: HttpRequest, note_id: UUID) -> HttpResponse:
    note = _note(request, note_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: notes.mark_error(request.user, note_id=note.pk, **data)):
        messages.success(request, _("Marked as entered in error."))
        return redirect("patients:visit", note.encounter_id)
    return asking.confirm(
        request,
        form,
        heading=_("Note entered in error"),
        question=_("Mark your note as entered in error?"),
        detail=_("It stays in the record, struck through, with your reason; so do its diagnoses."),
        label=_("Mark as error"),
        **_around(request, note.encounter),
    )
