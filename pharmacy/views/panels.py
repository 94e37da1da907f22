"""What the pharmacy shows on the pages of others: the chart, the desk, its own first page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, audit, clock, lists, panels
from patients import banner
from patients.models import Encounter, Patient
from pharmacy.models import Prescription, ReorderAlert

LINES = 10


@access.needs("pharmacy.view_prescription")
@require_safe
def chart_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "pharmacy.prescriptions.viewed", patient)
    rows = (
        Prescription.objects.visible_to(request.user)
        .filter(patient=patient)
        .select_related("prescriber")
        .prefetch_related("lines__product__medicine")
    )
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "page": lists.page(request, rows, order=("-prescribed_at", "-id"), size=6),
    }
    return panels.render_panel(request, "pharmacy/chart_panel.html", context)


@access.needs("pharmacy.view_prescription")
@require_safe
def desk_panel(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = access.find(request, Encounter.objects.visible_to(request.user).select_related("patient"), encounter_id)
    audit.record(request.user, "pharmacy.prescriptions.viewed", encounter)
    context = {
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "rows": Prescription.objects.visible_to(request.user)
        .filter(encounter=encounter)
        .prefetch_related("lines__product__medicine"),
    }
    return panels.render_panel(request, "pharmacy/desk_panel.html", context)


@access.needs("pharmacy.dispense")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """Who waits: those of today in the order of their coming; of earlier days only how many."""
    user = request.user
    since, _until = clock.day_bounds(user.facility, clock.today(user.facility))
    waiting = Prescription.objects.visible_to(user).open()
    today = waiting.filter(prescribed_at__gte=since)
    context = {
        "waiting": today.select_related("patient").order_by("prescribed_at")[:LINES],
        "count": today.count(),
        "lines": LINES,
        "earlier": waiting.filter(prescribed_at__lt=since).count(),
    }
    return panels.render_panel(request, "pharmacy/dashboard_panel.html", context)


@access.needs("pharmacy.view_reorderalert")
@require_safe
def reorder_panel(request: HttpRequest) -> HttpResponse:
    """What fell to its reorder level."""
    alerts = ReorderAlert.objects.visible_to(request.user).filter(resolved_at=None)
    context = {"alerts": alerts.select_related("product__medicine")[:LINES], "count": alerts.count(), "lines": LINES}
    return panels.render_panel(request, "pharmacy/reorder_panel.html", context)
