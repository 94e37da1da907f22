"""What billing shows on the pages of others: the chart, the desk, the cashier's first page."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from billing import account
from billing.models import Charge, Invoice, Payment
from hms.core import access, approvals, audit, clock, lists, panels
from patients import banner
from patients.models import Encounter, Patient


@access.needs("billing.view_account")
@require_safe
def chart_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What the patient owes here, in the chart."""
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "billing.account.viewed", patient)
    rows = Invoice.objects.visible_to(request.user).filter(patient=patient)
    context = {
        "patient": patient,
        "banner": banner.of(request.user, patient),
        "page": lists.page(request, rows, order=("-issued_at", "-id"), size=8),
        "owed": account.balance(request.user, patient),
        "due_back": account.due_back(request.user, patient),
        "unbilled": account.unbilled(request.user, patient),
    }
    return panels.render_panel(request, "billing/chart_panel.html", context)


@access.needs("billing.view_account")
@require_safe
def desk_panel(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """The running bill of one visit."""
    encounter = access.find(request, Encounter.objects.visible_to(request.user).select_related("patient"), encounter_id)
    audit.record(request.user, "billing.account.viewed", encounter)
    rows = list(
        Charge.objects.visible_to(request.user)
        .standing()
        .filter(encounter=encounter)
        .select_related("service", "invoice_line__invoice")
    )
    context = {
        "encounter": encounter,
        "banner": banner.of(request.user, encounter.patient),
        "rows": rows,
        "missing": Charge.objects.visible_to(request.user).to_charge_again().filter(encounter=encounter),
        "total": sum((charge.amount for charge in rows), start=0),
        "waiting": approvals.waiting_for(request.user, rows),
        "to_invoice": any(not hasattr(charge, "invoice_line") for charge in rows),
    }
    return panels.render_panel(request, "billing/desk_panel.html", context)


@access.needs("billing.take_payment")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """For the cashier: what was taken today, by method, and who still has to pay."""
    facility = request.user.facility
    start, end = clock.day_bounds(facility, clock.today(facility))
    taken = (
        # Every payment counts, also of those whom this person may not find.
        Payment.objects.filter(facility=facility, received_at__gte=start, received_at__lt=end)
        .values("method")
        .annotate(sum=Sum("amount"))
        .order_by("method")
    )
    methods = dict(Payment._meta.get_field("method").choices)
    invoices_here = Invoice.objects.visible_to(request.user).select_related("patient").order_by("-issued_at")
    context = {
        "taken": [(methods[row["method"]], row["sum"]) for row in taken],
        "due": invoices_here.unpaid()[:10],
        "to_refund": invoices_here.to_refund()[:10],
    }
    return panels.render_panel(request, "billing/dashboard_panel.html", context)
