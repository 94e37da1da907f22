"""What the laboratory shows on the pages of others: the chart, the desk, its own first page."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, audit, lists, panels
from laboratory.models import DiagnosticReport, LabOrder, OrderStatus
from patients import banner
from patients.models import Encounter, Patient


@access.needs("laboratory.view_laborder")
@require_safe
def chart_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "laboratory.orders.viewed", patient)
    rows = (
        LabOrder.objects.visible_to(request.user)
        .filter(patient=patient)
        .select_related("report")
        .prefetch_related("results__test")
    )
    brought_in = DiagnosticReport.objects.visible_to(request.user).filter(patient=patient, order=None)
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "page": lists.page(request, rows, order=("-ordered_at", "-id"), size=6),
        "reports": lists.page(request, brought_in, order=("-issued_at", "-id"), size=10, name="r-"),
    }
    return panels.render_panel(request, "laboratory/chart_panel.html", context)


@access.needs("laboratory.view_laborder")
@require_safe
def desk_panel(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = access.find(request, Encounter.objects.visible_to(request.user).select_related("patient"), encounter_id)
    audit.record(request.user, "laboratory.orders.viewed", encounter)
    context = {
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "rows": LabOrder.objects.visible_to(request.user).filter(encounter=encounter).prefetch_related("results__test"),
    }
    return panels.render_panel(request, "laboratory/desk_panel.html", context)


@access.needs("laboratory.view_laborder")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    user = request.user
    rows = LabOrder.objects.visible_to(user).unfinished().select_related("patient").order_by("-priority", "ordered_at")
    counts = dict(LabOrder.objects.visible_to(user).unfinished().order_by().values_list("status").annotate(Count("id")))
    context = {"rows": rows[:10], "counts": [(label, counts.get(value, 0)) for value, label in OrderStatus.choices[:3]]}
    return panels.render_panel(request, "laboratory/dashboard_panel.html", context)
