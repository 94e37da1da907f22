"""The consultation desk."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doctors import desk
from doctors.forms import NoteForm, PlanForm
from doctors.services import consultation
from hms.core import access, asking, audit, clock, panels
from hms.core.acts import once
from patients import amended, banner, holds, vitals
from patients.models import CarePlan, ClinicalNote, Encounter
from patients.models.encounter import EncounterKind
from patients.services import clinical, notes
from staff import licences


def _encounter(request: HttpRequest, encounter_id: UUID, **more: Any) -> Encounter:
    scope = Encounter.objects.visible_to(request.user).annotate(**more)
    scope = scope.select_related("patient", "department", "attending", "facility")
    return access.find(request, scope, encounter_id)


def _around(request: HttpRequest, encounter: Encounter) -> dict[str, Any]:
    """What a page that asks about a consultation has around it."""
    back = reverse("doctors:desk-encounter", args=[encounter.pk])
    return banner.around(request.user, encounter.patient, back=back)


@access.needs("doctors.use_desk")
@require_safe
def desk_day(request: HttpRequest) -> HttpResponse:
    """The doctor's day: who is in, who waits, who was seen."""
    return render(request, "doctors/desk_day.html", {"day": desk.of_day(request.user)})


@access.needs("doctors.use_desk")
@require_safe
def desk_panel(request: HttpRequest) -> HttpResponse:
    """The dashboard's panel of the same."""
    return panels.render_panel(request, "doctors/desk_panel.html", {"day": desk.of_day(request.user)})


@access.needs("doctors.use_desk")
@once
def desk_encounter(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """One consultation. The button that was pressed says what happens: draft, sign, or close (sign and close)."""
    encounter = _encounter(request, encounter_id, papers=licences.on_file(request.user), asked=amended.any_of())
    if not encounter.asked:
        amended.nothing_of(request, encounter.patient_id)
    draft, signed = desk.notes(request.user, encounter)
    form = NoteForm(request.POST or None, initial=_written(draft))
    act = request.POST.get("act", "draft")
    if form.carried_out(lambda data: _write(request, encounter, act, data)):
        return _after(request, encounter, act)
    if request.method == "GET":
        audit.record(request.user, "doctors.desk.opened", encounter)
    return render(request, "doctors/desk_encounter.html", _shown(request, encounter, form, draft, signed))


def _written(draft: ClinicalNote | None) -> dict[str, Any]:
    if draft is None:
        return {}
    return {name: getattr(draft, name) for name in notes.TEXTS} | {"codes": draft.draft_codes}


def _write(request: HttpRequest, encounter: Encounter, act: str, data: dict[str, Any]) -> ClinicalNote:
    if act in ("sign", "close"):
        return consultation.sign(request.user, encounter_id=encounter.pk, close=act == "close", **data)
    return notes.save_draft(request.user, encounter_id=encounter.pk, **data)


def _after(request: HttpRequest, encounter: Encounter, act: str) -> HttpResponse:
    if act == "close":
        messages.success(request, _("Signed, and the visit is closed. Its invoice is being made."))
        for line in holds.still_open(encounter):
            messages.warning(request, _("Still open in this visit: %(what)s") % {"what": line})
        return redirect("doctors:desk")
    messages.success(request, _("Note signed.") if act == "sign" else _("Draft saved."))
    return redirect("doctors:desk-encounter", encounter.pk)


def _shown(
    request: HttpRequest, encounter: Encounter, form: NoteForm, draft: ClinicalNote | None, signed: list[ClinicalNote]
) -> dict[str, Any]:
    user = request.user
    patient = encounter.patient
    return {
        "encounter": encounter,
        "patient": patient,
        "banner": banner.of(user, patient),
        "form": form,
        "draft": draft,
        "signed": signed,
        "is_today": clock.local(user.facility, encounter.started_at).date() == clock.today(user.facility),
        "attends": encounter.attending is not None and encounter.attending.user_id == user.pk,
        "problems": desk.problems(user, patient),
        "vitals": vitals.latest(user, patient),
        "earlier": desk.earlier(user, encounter),
        "plans": panels.Slot(_("Treatment plans"), reverse("doctors:desk-plans", args=[encounter.pk]), "side"),
        "medicines": _slot(_("Medicines taken"), "patients:chart-medicines", patient.pk),
        "past_notes": _slot(_("Earlier notes"), "patients:chart-notes", patient.pk),
        "slots": panels.slots("desk", user, encounter_id=encounter.pk),
        # Only a stay has more than the desk itself: no other visit asks for it.
        "acts": panels.slots("desk-acts", user, encounter_id=encounter.pk)
        if encounter.kind == EncounterKind.INPATIENT
        else [],
        "notice": licences.notice(user, licences.Act.SIGN, encounter.papers) if encounter.is_open else None,
    }


def _slot(title: str, url_name: str, patient_id: UUID) -> panels.Slot:
    return panels.Slot(title, reverse(url_name, args=[patient_id]), "side")


@access.needs("doctors.use_desk")
@once
@require_POST
def desk_draft(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """What was written so far, kept while the doctor writes on."""
    encounter = _encounter(request, encounter_id)
    form = NoteForm(request.POST)
    if form.carried_out(lambda data: notes.save_draft(request.user, encounter_id=encounter.pk, **data)):
        context = {"encounter": encounter, "saved_at": form.result.saved_at}
        answer = render(request, "doctors/desk_saved.html", context, status=201)
        answer.headers["Location"] = reverse("doctors:desk-encounter", args=[encounter.pk])
        return answer
    return render(request, "doctors/desk_saved.html", {"encounter": encounter, "form": form})


@access.needs("doctors.use_desk")
@once
def discard_draft(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Throw one's own unsigned words away, after asking: an unsigned draft keeps a visit from closing."""
    encounter = _encounter(request, encounter_id)
    if request.method == "POST":
        notes.discard_draft(request.user, encounter_id=encounter.pk)
        messages.success(request, _("Draft thrown away."))
        return redirect("doctors:desk-encounter", encounter.pk)
    draft, _earlier = desk.notes(request.user, encounter)
    return asking.confirm(
        request,
        None,
        heading=_("Throw the draft away"),
        question=_("Throw away what you have written?"),
        detail=_("It was never signed, so it is no part of the record."),
        label=_("Throw away"),
        template="doctors/discard_draft.html",
        draft=draft,
        **_around(request, encounter),
    )


@access.needs("doctors.use_desk")
@once
@require_POST
def start(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    consultation.start(request.user, encounter_id=encounter.pk)
    return redirect("doctors:desk-encounter", encounter.pk)


@access.needs("doctors.use_desk")
@require_safe
def desk_plans(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """The plans that run for the patient who sits at the desk."""
    encounter = _encounter(request, encounter_id)
    audit.record(request.user, "doctors.plans.viewed", encounter)
    context = {
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "plans": desk.plans(request.user, encounter.patient),
    }
    return panels.render_panel(request, "doctors/desk_plans.html", context)


@access.needs("doctors.use_desk")
@once
def add_plan(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """Agree on a treatment plan, and go on with the consultation."""
    encounter = _encounter(request, encounter_id)
    form = PlanForm(request.POST or None)
    if form.carried_out(lambda data: clinical.add_care_plan(request.user, encounter_id=encounter.pk, **data)):
        messages.success(request, _("Plan added."))
        return redirect("doctors:desk-encounter", encounter.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Treatment plan"),
        label=_("Agree"),
        **_around(request, encounter),
    )


@access.needs("doctors.use_desk")
@once
@require_POST
def end_plan(request: HttpRequest, encounter_id: UUID, plan_id: UUID) -> HttpResponse:
    encounter = _encounter(request, encounter_id)
    plan = access.find(request, CarePlan.objects.visible_to(request.user).filter(patient=encounter.patient), plan_id)
    clinical.end_care_plan(request.user, plan_id=plan.pk, completed=request.POST.get("completed") == "yes")
    messages.success(request, _("Plan ended."))
    return redirect("doctors:desk-encounter", encounter.pk)
