"""The board, a stay, and the way in and out of a bed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, clock, documents, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.models import DocumentKind
from patients import banner, care, holds, vitals
from patients import search as patient_search
from patients.models import Encounter, Patient
from staff import licences
from wards import board as boards
from wards import rounds, stay_paper
from wards.forms import AdmitForm, BedStateForm, DischargeForm, NoteForm, TransferForm
from wards.models import Admission, Bed, NursingNote, Ward
from wards.services import admission as admissions
from wards.services import beds, notes


@access.needs("wards.view_board")
@require_safe
def board(request: HttpRequest, ward_id: UUID | None = None) -> HttpResponse:
    wards = list(Ward.objects.visible_to(request.user).filter(active=True))
    ward = next((w for w in wards if w.pk == ward_id), None)
    if ward_id and ward is None:
        raise access.OutOfScope(Ward, ward_id)
    here = getattr(request, "department", None)
    own = next((w for w in wards if here is not None and w.department_id == here.pk), None)
    ward = ward or own or next(iter(wards), None)
    places = boards.of(request.user, ward, clock.today(request.user.facility)) if ward else []
    if ward:
        audit.record(request.user, "wards.board.viewed", ward)
    context = {
        "wards": wards,
        "ward": ward,
        "places": places,
        "occupied": sum(place.state == "occupied" for place in places),
        "free": sum(place.state == "ready" for place in places),
        "cleaning": sum(place.state == "cleaning" for place in places),
        "leaving": sum(place.leaving for place in places),
    }
    return render(request, "wards/board.html", context)


@access.needs("wards.admit", reads_by_post=True)
def admit_whom(request: HttpRequest) -> HttpResponse:
    """From a free bed: find the patient to put into it. The words come by POST."""
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    found = patient_search.patients(request.user, words).active().order_by("family_name", "given_name")[:20]
    if words:
        audit.record(request.user, "patients.patient.searched", detail={"hits": len(found)})
    return render(request, "wards/admit_whom.html", {"q": words, "rows": found, "bed": request.GET.get("bed", "")})


@access.needs("wards.admit")
@once
def admit(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    lies = Admission.objects.visible_to(request.user).current().filter(patient=patient).first()
    if lies and request.method == "GET":
        messages.info(request, _("This patient is admitted already."))
        return redirect("wards:admission", lies.pk)
    form = AdmitForm(request.POST or None, facility=request.user.facility, initial={"bed": request.GET.get("bed")})

    def act(data: dict[str, Any]) -> Admission:
        bed = data.pop("bed")
        return admissions.admit(request.user, patient_id=patient.pk, bed_id=bed.pk, **data)

    if form.carried_out(act):
        messages.success(request, _("Admitted."))
        return redirect("wards:admission", form.result.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Admit to a bed"),
        label=_("Admit"),
        icon="box-arrow-in-right",
        **banner.around(request.user, patient),
    )


def _admission(request: HttpRequest, admission_id: UUID) -> Admission:
    scope = Admission.objects.visible_to(request.user).select_related("patient", "encounter__attending", "facility")
    return access.find(request, scope, admission_id)


@access.needs("wards.view_admission")
@require_safe
def stay(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """The way from a visit to its stay, for floors that know visits only."""
    visit = access.find(request, Encounter.objects.visible_to(request.user), encounter_id)
    found = Admission.objects.visible_to(request.user).filter(encounter=visit).first()
    return redirect("wards:admission", found.pk) if found else redirect("patients:visit", visit.pk)


@access.needs("wards.view_admission")
@require_safe
def admission(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    audit.record(request.user, "wards.admission.viewed", found)
    user = request.user
    may_read = care.reads(user, found.patient_id)
    summary = getattr(found, "summary", None)
    told = found.notes.select_related("author", "corrects").with_corrected()
    context = {
        "admission": found,
        "banner": banner.of(user, found.patient),
        "stays": found.stays.select_related("bed__room__ward", "moved_by"),
        "bed_days": found.bed_days.count(),
        "notes": lists.page(request, told, order=("-written_at", "-id"), size=20) if may_read else None,
        "note_form": NoteForm(initial={"kind": "round" if user.has_perm("doctors.use_desk") else "nursing"}),
        "vitals": vitals.latest(user, found.patient, since=found.admitted_at) if may_read else None,
        "summary": summary if may_read else None,
        "discharged": summary is not None,
        "slots": panels.slots("desk", user, encounter_id=found.encounter_id),
    }
    return render(request, "wards/admission.html", context)


def _around(request: HttpRequest, found: Admission) -> dict[str, Any]:
    """What a page that asks about a stay has around it."""
    return banner.around(request.user, found.patient, back=reverse("wards:admission", args=[found.pk]))


@access.needs("wards.transfer")
@once
def transfer(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    form = TransferForm(request.POST or None, facility=request.user.facility)
    if form.carried_out(
        lambda data: admissions.transfer(
            request.user, admission_id=found.pk, bed_id=data["bed"].pk, reason=data["reason"]
        )
    ):
        messages.success(request, _("Moved to bed %(bed)s.") % {"bed": form.result.bed})
        return redirect("wards:admission", found.pk)
    return asking.fill_in(request, form, heading=_("Move to another bed"), label=_("Move"), **_around(request, found))


@access.needs("wards.discharge")
@once
def discharge(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    medicines = "\n".join(stay_paper.medicines(found))
    form = DischargeForm(request.POST or None, initial={"diagnosis": found.reason, "instructions": medicines})
    if form.carried_out(lambda data: admissions.discharge(request.user, admission_id=found.pk, **data)):
        messages.success(request, _("Discharged. The invoice is being made."))
        return redirect("wards:admission", found.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Discharge"),
        label=_("Sign and discharge"),
        template="wards/discharge.html",
        notice=licences.notice(request.user, licences.Act.SIGN),
        still_open=holds.still_open(found.encounter),
        results=stay_paper.results(found) if request.user.has_perm("laboratory.view_laborder") else [],
        **_around(request, found),
    )


@access.needs("wards.admit")
@once
def cancel(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: admissions.cancel(request.user, admission_id=found.pk, **data)):
        messages.success(request, _("Admission cancelled."))
        return redirect("wards:admission", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Cancel this admission"),
        label=_("Cancel the admission"),
        **_around(request, found),
    )


@access.needs("wards.add_note")
@once
@require_POST
def note_write(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    form = NoteForm(request.POST)
    if form.carried_out(lambda data: notes.write(request.user, admission_id=found.pk, **data)):
        messages.success(request, _("Note written."))
        return redirect("wards:admission", found.pk)
    return asking.fill_in(request, form, heading=_("Write a note"), **_around(request, found))


@access.needs("wards.add_note")
@once
def note_correct(request: HttpRequest, nursing_note_id: UUID) -> HttpResponse:
    wrong = access.find(request, NursingNote.objects.visible_to(request.user), nursing_note_id)
    found = _admission(request, wrong.admission_id)
    form = NoteForm(request.POST or None, initial={"kind": wrong.kind, "text": wrong.text})
    if form.carried_out(lambda data: notes.correct(request.user, note_id=wrong.pk, **data)):
        messages.success(request, _("Note corrected; the earlier one stays, struck through."))
        return redirect("wards:admission", found.pk)
    return asking.fill_in(request, form, heading=_("Correct a note"), **_around(request, found))


@access.needs("patients.view_chart")
@require_safe
def summary_pdf(request: HttpRequest, admission_id: UUID) -> HttpResponse:
    found = _admission(request, admission_id)
    if not hasattr(found, "summary"):
        messages.info(request, _("There is no summary before discharge."))
        return redirect("wards:admission", found.pk)
    paper = documents.ensure(
        found.summary,
        DocumentKind.DISCHARGE_SUMMARY,
        lambda: admissions.draw_summary(request.user, found, found.summary),
    )
    return documents.hand_over(request.user, paper)


@access.needs("wards.change_bed_state")
@once
def bed_state(request: HttpRequest, bed_id: UUID) -> HttpResponse:
    bed = access.find(request, Bed.objects.visible_to(request.user).select_related("room__ward"), bed_id)
    form = BedStateForm(request.POST or None, initial={"state": bed.state, "reason": bed.state_reason})
    if form.carried_out(lambda data: beds.set_state(request.user, bed_id=bed.pk, **data)):
        messages.success(request, _("Bed %(bed)s: %(state)s.") % {"bed": bed, "state": form.result.get_state_display()})
        return redirect("wards:ward", bed.room.ward_id)
    return asking.fill_in(
        request,
        form,
        heading=_("Bed %(bed)s") % {"bed": bed.label},
        back=reverse("wards:ward", args=[bed.room.ward_id]),
    )


@access.needs("wards.view_admission")
@require_safe
def chart_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "wards.admissions.viewed", patient)
    rows = Admission.objects.visible_to(request.user).filter(patient=patient).prefetch_related("stays__bed__room__ward")
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "page": lists.page(request, rows, order=("-admitted_at", "-id"), size=6),
    }
    return panels.render_panel(request, "wards/chart_panel.html", context)


@access.needs("wards.view_board")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """Beds at a glance, ward by ward."""
    rows = Ward.objects.visible_to(request.user).with_beds(clock.today(request.user.facility)).filter(active=True)[:12]
    return panels.render_panel(request, "wards/dashboard_panel.html", {"rows": rows})


@access.needs("wards.add_note")
@require_safe
def patients_panel(request: HttpRequest) -> HttpResponse:
    """For those who care at the bedside: who lies in their wards, and whose vital signs are due."""
    user = request.user
    if not (user.has_perm("wards.view_admission") and user.has_perm("patients.view_chart")):
        raise PermissionDenied
    wards = rounds.own_wards(user, getattr(request, "department", None))
    rows = rounds.of(user, wards)
    context = {"wards": wards, "rows": rows, "overdue": sum(row.overdue for row in rows), "shown": rounds.SHOWN}
    return panels.render_panel(request, "wards/patients_panel.html", context)
