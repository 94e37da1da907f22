"""The clinical record: panels of the chart and the forms that write it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from patients import banner, diagnoses, vitals
from patients.forms import AllergyForm, ConditionForm, ImmunizationForm, MedicationForm
from patients.models import (
    Allergy,
    CarePlan,
    ClinicalNote,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
)
from patients.services import clinical
from patients.views.registry import find

# Entries that can be marked as errors: the word in the address → the model, and who may.
MARKABLE = {
    "allergy": (Allergy, "patients.change_allergies"),
    "condition": (Condition, "patients.change_clinical"),
    "observation": (Observation, "patients.record_vitals"),
    "immunization": (Immunization, "patients.record_vitals"),
    "procedure": (Procedure, "patients.change_clinical"),
    "medication": (MedicationStatement, "patients.change_clinical"),
}


LONG_AGO = date(1, 1, 1)  # before everything that says since when


def _panel(request: HttpRequest, patient: Patient, name: str, **context: Any) -> HttpResponse:
    audit.record(request.user, f"patients.{name}.viewed", patient)
    shown = {"patient": patient, "banner": banner.of(request.user, patient), **context}
    return panels.render_panel(request, f"patients/chart_{name}.html", shown)


@access.needs("patients.view_chart")
@require_safe
def chart_allergies(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    rows = Allergy.objects.visible_to(request.user).filter(patient=patient).select_related("recorded_by")
    return _panel(request, patient, "allergies", rows=rows.order_by("entered_in_error", "criticality", "substance"))


@access.needs("patients.view_chart")
@require_safe
def chart_problems(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    rows = Condition.objects.visible_to(request.user).valid().filter(patient=patient, category="problem-list-item")
    return _panel(
        request,
        patient,
        "problems",
        current=rows.filter(resolved_on=None),
        resolved=lists.page(request, rows.exclude(resolved_on=None), order=("-resolved_on", "-id"), size=15),
    )


@access.needs("patients.view_chart")
@require_safe
def chart_medicines(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    rows = MedicationStatement.objects.visible_to(request.user).valid().filter(patient=patient)
    rows = rows.annotate(since=Coalesce("started_on", Value(LONG_AGO)))
    return _panel(
        request, patient, "medicines", page=lists.page(request, rows, order=("status", "-since", "-id"), size=20)
    )


@access.needs("patients.view_chart")
@require_safe
def chart_vitals(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    return _panel(request, patient, "vitals", series=vitals.latest(request.user, patient))


@access.needs("patients.view_chart")
@require_safe
def observations(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Everything that was measured, newest first; what was measured together as a clinician reads it."""
    patient = find(request, patient_id)
    audit.record(request.user, "patients.observations.viewed", patient)
    rows = Observation.objects.visible_to(request.user).filter(patient=patient).select_related("recorded_by")
    page = lists.page(request, vitals.ranked(rows), order=("-observed_at", "rank", "display", "id"))
    context = {"patient": patient, "banner": banner.of(request.user, patient), "page": page}
    return render(request, "patients/observations.html", context)


@access.needs("patients.view_chart")
@require_safe
def chart_plans(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What was agreed to do, the plans that run first."""
    patient = find(request, patient_id)
    rows = CarePlan.objects.visible_to(request.user).valid().filter(patient=patient)
    return _panel(
        request, patient, "plans", page=lists.page(request, rows, order=("status", "-created_at", "-id"), size=5)
    )


@access.needs("patients.view_chart")
@require_safe
def chart_visits(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    rows = (
        Encounter.objects.visible_to(request.user)
        .filter(patient=patient)
        .select_related("department", "attending")
        .prefetch_related("condition_set")
    )
    return _panel(request, patient, "visits", page=lists.page(request, rows, order=("-started_at", "-id"), size=12))


@access.needs("patients.view_chart")
@require_safe
def chart_notes(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    rows = (
        ClinicalNote.objects.visible_to(request.user)
        .filter(patient=patient)
        .exclude(status="draft")
        .select_related("author", "encounter")
        .prefetch_related("diagnoses")
    )
    return _panel(request, patient, "notes", page=lists.page(request, rows, order=("-signed_at", "-id"), size=6))


@access.needs("patients.view_chart")
@require_safe
def chart_prevention(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Vaccines given, and procedures done."""
    patient = find(request, patient_id)
    given = Immunization.objects.visible_to(request.user).valid()
    done = Procedure.objects.visible_to(request.user).valid()
    return _panel(
        request,
        patient,
        "prevention",
        immunizations=lists.page(
            request, given.filter(patient=patient), order=("-given_at", "-id"), size=10, name="v-"
        ),
        procedures=lists.page(
            request, done.filter(patient=patient), order=("-performed_at", "-id"), size=10, name="p-"
        ),
    )


def _write(
    request: HttpRequest,
    patient_id: UUID,
    form_class: type,
    heading: str,
    act: Callable[[Patient, dict], Any],
    done: str,
) -> HttpResponse:
    """One form about one patient, then back to the chart."""
    patient = find(request, patient_id)
    form = form_class(request.POST or None)
    if form.carried_out(lambda data: act(patient, data)):
        messages.success(request, done)
        return redirect("patients:chart", patient.pk)
    return asking.fill_in(request, form, heading=heading, **banner.around(request.user, patient))


@access.needs("patients.change_allergies")
@once
def allergy_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _write(
        request,
        patient_id,
        AllergyForm,
        _("Record an allergy"),
        lambda patient, data: clinical.record_allergy(request.user, patient_id=patient.pk, **data),
        _("Allergy recorded."),
    )


@access.needs("patients.change_allergies")
@once
@require_POST
def allergies_none(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = find(request, patient_id)
    clinical.confirm_no_allergies(request.user, patient_id=patient.pk)
    messages.success(request, _("Recorded: asked, no known allergies."))
    return redirect("patients:chart", patient.pk)


@access.needs("patients.change_clinical")
@once
def problem_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _write(
        request,
        patient_id,
        ConditionForm,
        _("Add a problem"),
        lambda patient, data: clinical.add_condition(request.user, patient_id=patient.pk, **data),
        _("Added to the problem list."),
    )


@access.needs("patients.change_clinical")
@once
@require_POST
def problem_resolve(request: HttpRequest, condition_id: UUID) -> HttpResponse:
    condition = access.find(request, Condition.objects.visible_to(request.user), condition_id)
    clinical.resolve_condition(request.user, condition_id=condition.pk)
    messages.success(request, _("Marked as resolved."))
    return redirect("patients:chart", condition.patient_id)


@access.needs("patients.record_vitals")
@once
def immunization_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _write(
        request,
        patient_id,
        ImmunizationForm,
        _("Record a vaccine"),
        lambda patient, data: clinical.add_immunization(request.user, patient_id=patient.pk, **data),
        _("Vaccine recorded."),
    )


@access.needs("patients.change_clinical")
@once
def medicine_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _write(
        request,
        patient_id,
        MedicationForm,
        _("Record a medicine taken"),
        lambda patient, data: clinical.add_medication_statement(request.user, patient_id=patient.pk, **data),
        _("Medicine recorded."),
    )


@access.needs("patients.view_chart")
@once
def mark_error(request: HttpRequest, kind: str, record_id: UUID) -> HttpResponse:
    """Say that an entry was wrong; it stays, struck through."""
    model, permission = MARKABLE[kind]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    record = access.find(request, model.objects.visible_to(request.user), record_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: clinical.mark_error(request.user, record=record, **data)):
        messages.success(request, _("Marked as entered in error."))
        return redirect("patients:chart", record.patient_id)
    return asking.confirm(
        request,
        form,
        heading=_("Entered in error"),
        question=_("Mark “%(what)s” as entered in error?") % {"what": record},
        detail=_("It stays in the record, struck through, with your reason."),
        label=_("Mark as error"),
        **banner.around(request.user, record.patient),
    )


@access.needs("patients.view_chart")
@require_safe
def diagnosis_search(request: HttpRequest) -> JsonResponse:
    """ICD-10-CM codes for a pick list: [{"value": code, "text": "code title"}], 30 at most."""
    found = diagnoses.search(request.GET.get("q", ""))
    return JsonResponse([{"value": row.code, "text": f"{row.code} {row.title}"} for row in found], safe=False)
