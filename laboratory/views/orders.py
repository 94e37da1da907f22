"""The worklist, and one order from its placing to the tube."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, clock, documents, lists
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.lists import Column
from hms.core.models import DocumentKind
from laboratory.forms import OrderForm
from laboratory.models import DiagnosticReport, LabOrder, OrderStatus, Specimen
from laboratory.services import orders
from patients import banner
from patients.models import Encounter
from staff import licences

ORDER = ("-ordered_at", "-id")
COLUMNS = [
    Column(gettext_lazy("Order"), lambda order: order.number),
    Column(gettext_lazy("Ordered"), lambda order: clock.local(order.facility, order.ordered_at)),
    Column(gettext_lazy("Patient"), lambda order: order.patient.name),
    Column(gettext_lazy("MRN"), lambda order: order.patient.mrn),
    Column(gettext_lazy("Priority"), lambda order: order.get_priority_display()),
    Column(gettext_lazy("Tests"), lambda order: order.tests),
    Column(gettext_lazy("Ordered by"), lambda order: order.ordered_by.name),
    Column(gettext_lazy("State"), lambda order: order.get_status_display()),
]


def find(request: HttpRequest, order_id: UUID) -> LabOrder:
    scope = LabOrder.objects.visible_to(request.user).select_related("patient", "ordered_by", "encounter", "facility")
    return access.find(request, scope, order_id)


def around(request: HttpRequest, found: LabOrder) -> dict[str, Any]:
    """What a page that asks about an order has around it."""
    return banner.around(request.user, found.patient, back=reverse("laboratory:order", args=[found.pk]))


@access.needs("laboratory.view_laborder")
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """The worklist: what is to be collected, entered or verified; urgent ones are marked. As a file with `?format=`."""
    status = request.GET.get("status", "")
    rows = LabOrder.objects.visible_to(request.user).select_related("patient", "ordered_by", "facility")
    rows = rows.filter(status=status) if status in OrderStatus.values else rows.unfinished()
    rows = rows.with_tests()
    if file := lists.export(request, rows.order_by(*ORDER), COLUMNS, "laboratory-orders"):
        return file
    context = {
        "page": lists.page(request, rows, order=ORDER),
        "status": status,
        "statuses": OrderStatus.choices,
    }
    return render(request, "laboratory/orders.html", context)


@access.needs("laboratory.view_laborder")
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = find(request, order_id)
    audit.record(request.user, "laboratory.order.viewed", found)
    rows = list(
        found.results.select_related("test", "specimen", "entered_by", "verified_by")
        .prefetch_related("revisions")
        .order_by("status", "test__name")
    )
    report = DiagnosticReport.objects.filter(order=found).first()
    states = {result.status for result in rows}
    mine = any(result.status == "entered" and result.entered_by_id == request.user.pk for result in rows)
    verifies = "entered" in states and request.user.has_perm("laboratory.verify_result")
    context = {
        "notice": licences.notice(request.user, licences.Act.VERIFY) if verifies else None,
        "order": found,
        "banner": banner.of(request.user, found.patient),
        "rows": rows,
        "specimens": found.specimens.select_related("collected_by"),
        "report": report,
        "to_collect": "ordered" in states,
        "to_enter": bool(states & {"collected", "entered"}),
        "to_verify": "entered" in states,
        "entered_by_me": mine,
        "cancellable": bool(states & {"ordered", "collected", "entered"}),
    }
    return render(request, "laboratory/order.html", context)


@access.needs("laboratory.add_laborder")
@once
def order_place(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = access.find(
        request, Encounter.objects.visible_to(request.user).select_related("patient", "facility"), encounter_id
    )
    form = OrderForm(request.POST or None, facility=encounter.facility)

    def act(data: dict[str, Any]) -> LabOrder:
        test_ids = [test.pk for test in data.pop("tests")]
        return orders.order(request.user, encounter_id=encounter.pk, test_ids=test_ids, **data)

    if form.carried_out(act):
        messages.success(request, _("Order %(number)s placed.") % {"number": form.result.number})
        return redirect("laboratory:order", form.result.pk)
    context = {"form": form, "encounter": encounter, "banner": banner.of(request.user, encounter.patient)}
    return render(request, "laboratory/order_place.html", context)


@access.needs("laboratory.collect")
@once
@require_POST
def collect(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = find(request, order_id)
    made = orders.collect(request.user, order_id=found.pk)
    messages.success(request, _("%(count)s collected. Print the labels now.") % {"count": len(made)})
    return redirect("laboratory:order", found.pk)


@access.needs("laboratory.collect")
@require_safe
def label_pdf(request: HttpRequest, specimen_id: UUID) -> HttpResponse:
    scope = Specimen.objects.visible_to(request.user).select_related("order__facility", "order__patient")
    specimen = access.find(request, scope, specimen_id)
    paper = documents.ensure(
        specimen, DocumentKind.SPECIMEN_LABEL, lambda: orders.draw_label(request.user, specimen.order, specimen)
    )
    return documents.hand_over(request.user, paper)


@access.needs("laboratory.collect")
@once
def specimen_reject(request: HttpRequest, specimen_id: UUID) -> HttpResponse:
    scope = Specimen.objects.visible_to(request.user).select_related("order__patient")
    specimen = access.find(request, scope, specimen_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: orders.reject_specimen(request.user, specimen_id=specimen.pk, **data)):
        messages.success(request, _("Rejected. Its tests are to be collected again."))
        return redirect("laboratory:order", specimen.order_id)
    heading = _("Reject specimen %(number)s") % {"number": specimen.accession}
    return asking.confirm(request, form, heading=heading, label=_("Reject"), **around(request, specimen.order))


@access.needs("laboratory.cancel_laborder")
@once
def order_cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = find(request, order_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: orders.cancel(request.user, order_id=found.pk, **data)):
        messages.success(request, _("Cancelled. What was charged for it is reversed."))
        return redirect("laboratory:order", found.pk)
    heading = _("Cancel order %(number)s") % {"number": found.number}
    return asking.confirm(request, form, heading=heading, label=_("Cancel the order"), **around(request, found))
