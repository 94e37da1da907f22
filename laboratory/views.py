"""The bench: worklists, one order from tube to report, and the catalogue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, documents, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.models import DocumentKind
from laboratory.forms import CorrectForm, OrderForm, RangeForm, ResultsForm, TestChangeForm, TestForm
from laboratory.models import DiagnosticReport, LabOrder, OrderStatus, ReferenceRange, Result, Specimen, TestDefinition
from laboratory.services import catalogue, orders, reports, results
from patients import banner
from patients.models import Encounter, Patient


@access.needs("laboratory.view_laborder")
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    """The worklist: what is to be collected, entered or verified; urgent ones are marked."""
    status = request.GET.get("status", "")
    rows = LabOrder.objects.visible_to(request.user).select_related("patient", "ordered_by")
    rows = rows.filter(status=status) if status in OrderStatus.values else rows.unfinished()
    rows = rows.annotate(tests=Count("results"))
    context = {
        "page": lists.page(request, rows, order=("-ordered_at", "-id")),
        "status": status,
        "statuses": OrderStatus.choices,
    }
    return render(request, "laboratory/orders.html", context)


def _order(request: HttpRequest, order_id: UUID) -> LabOrder:
    scope = LabOrder.objects.visible_to(request.user).select_related("patient", "ordered_by", "encounter", "facility")
    return access.find(request, scope, order_id)


@access.needs("laboratory.view_laborder")
@require_safe
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = _order(request, order_id)
    audit.record(request.user, "laboratory.order.viewed", found)
    rows = list(
        found.results.select_related("test", "specimen", "entered_by", "verified_by")
        .prefetch_related("revisions")
        .order_by("status", "test__name")
    )
    report = DiagnosticReport.objects.filter(order=found).first()
    states = {result.status for result in rows}
    mine = any(result.status == "entered" and result.entered_by_id == request.user.pk for result in rows)
    context = {
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
    found = _order(request, order_id)
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


def _around(request: HttpRequest, found: LabOrder) -> dict[str, Any]:
    """What a page that asks about an order has around it."""
    return banner.around(request.user, found.patient, back=reverse("laboratory:order", args=[found.pk]))


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
    return asking.confirm(request, form, heading=heading, label=_("Reject"), **_around(request, specimen.order))


@access.needs("laboratory.cancel_laborder")
@once
def order_cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = _order(request, order_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: orders.cancel(request.user, order_id=found.pk, **data)):
        messages.success(request, _("Cancelled. What was charged for it is reversed."))
        return redirect("laboratory:order", found.pk)
    heading = _("Cancel order %(number)s") % {"number": found.number}
    return asking.confirm(request, form, heading=heading, label=_("Cancel the order"), **_around(request, found))


@access.needs("laboratory.enter_result")
@once
def results_enter(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = _order(request, order_id)
    form = ResultsForm(request.POST or None, order=found)
    if form.carried_out(lambda data: results.enter(request.user, order_id=found.pk, **data)):
        messages.success(request, _("Entered. A second person verifies."))
        return redirect("laboratory:order", found.pk)
    context = {"form": form, "rows": form.rows(), "order": found, "banner": banner.of(request.user, found.patient)}
    return render(request, "laboratory/results_enter.html", context)


@access.needs("laboratory.verify_result")
@once
@require_POST
def results_verify(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = _order(request, order_id)
    ids = list(found.results.filter(status=OrderStatus.ENTERED).values_list("pk", flat=True))
    chosen = [pk for pk in ids if str(pk) in request.POST.getlist("result")]
    results.verify(request.user, order_id=found.pk, result_ids=chosen)
    messages.success(request, _("Verified. The report is being made."))
    return redirect("laboratory:order", found.pk)


@access.needs("laboratory.verify_result")
@once
def result_correct(request: HttpRequest, result_id: UUID) -> HttpResponse:
    scope = Result.objects.visible_to(request.user).select_related(
        "order__patient", "order__facility", "test", "specimen"
    )
    result = access.find(request, scope, result_id)
    form = CorrectForm(request.POST or None, result=result, initial={"value": result.value_text})
    if form.carried_out(lambda data: results.correct(request.user, result_id=result.pk, **data)):
        messages.success(request, _("Changed. A second person verifies it."))
        return redirect("laboratory:order", result.order_id)
    heading = _("Change a verified result: %(test)s") % {"test": result.test}
    return asking.confirm(request, form, heading=heading, label=_("Change it"), **_around(request, result.order))


@access.needs("laboratory.view_laborder")
@require_safe
def report_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = access.find(request, DiagnosticReport.objects.visible_to(request.user), report_id)
    if report.order_id is None:
        return redirect("laboratory:report", report.pk)
    paper = documents.ensure(
        report, DocumentKind.LAB_REPORT, lambda: reports.issue(report.order.ordered_by, order_id=report.order_id)
    )
    return documents.hand_over(request.user, paper)


@access.needs("laboratory.view_laborder")
@require_safe
def report(request: HttpRequest, report_id: UUID) -> HttpResponse:
    """A report on screen: for those brought in from elsewhere, which have no order here."""
    found = access.find(request, DiagnosticReport.objects.visible_to(request.user).select_related("patient"), report_id)
    audit.record(request.user, "laboratory.report.viewed", found)
    context = {
        "report": found,
        "banner": banner.of(request.user, found.patient),
        "observations": found.observations.order_by("display")[:200],
    }
    return render(request, "laboratory/report.html", context)


@access.needs("laboratory.view_laborder")
@require_safe
def chart_panel(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.find(request, Patient.objects.visible_to(request.user), patient_id)
    audit.record(request.user, "laboratory.orders.viewed", patient)
    rows = LabOrder.objects.visible_to(request.user).filter(patient=patient).prefetch_related("results__test")
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


@access.needs("laboratory.view_testdefinition")
@require_safe
def test_list(request: HttpRequest) -> HttpResponse:
    rows = TestDefinition.objects.visible_to(request.user).select_related("service").prefetch_related("ranges")
    page = lists.page(request, rows, order=("name", "id"), size=100)
    return render(request, "laboratory/tests.html", {"page": page})


def _test(request: HttpRequest, test_id: UUID) -> TestDefinition:
    return access.find(request, TestDefinition.objects.visible_to(request.user).select_related("service"), test_id)


@access.needs("laboratory.view_testdefinition")
@require_safe
def test(request: HttpRequest, test_id: UUID) -> HttpResponse:
    found = _test(request, test_id)
    return render(request, "laboratory/test.html", {"test": found, "ranges": found.ranges.all()})


@access.needs("laboratory.add_testdefinition")
@once
def test_add(request: HttpRequest) -> HttpResponse:
    form = TestForm(request.POST or None)
    if form.carried_out(lambda data: catalogue.add_test(request.user, **data)):
        messages.success(request, _("Added. Now say what is usual."))
        return redirect("laboratory:test", form.result.pk)
    return asking.fill_in(request, form, heading=_("Add a test"), back=reverse("laboratory:tests"))


@access.needs("laboratory.change_testdefinition")
@once
def test_change(request: HttpRequest, test_id: UUID) -> HttpResponse:
    found = _test(request, test_id)
    form = TestChangeForm(request.POST or None, instance=found)
    if form.carried_out(lambda data: catalogue.change_test(request.user, test_id=found.pk, **data)):
        messages.success(request, _("Saved."))
        return redirect("laboratory:test", found.pk)
    return asking.fill_in(request, form, heading=found.name, back=reverse("laboratory:test", args=[found.pk]))


@access.needs("laboratory.add_referencerange")
@once
def range_add(request: HttpRequest, test_id: UUID) -> HttpResponse:
    found = _test(request, test_id)
    form = RangeForm(request.POST or None)
    if form.carried_out(lambda data: catalogue.set_range(request.user, test_id=found.pk, **data)):
        messages.success(request, _("Range added."))
        return redirect("laboratory:test", found.pk)
    return asking.fill_in(request, form, heading=_("Add a range"), back=reverse("laboratory:test", args=[found.pk]))


@access.needs("laboratory.change_referencerange")
@once
def range_change(request: HttpRequest, range_id: UUID) -> HttpResponse:
    scope = ReferenceRange.objects.filter(test__facility=request.user.facility).select_related("test")
    row = access.find(request, scope, range_id)
    form = RangeForm(request.POST or None, instance=row)
    if form.carried_out(lambda data: catalogue.set_range(request.user, test_id=row.test_id, range_id=row.pk, **data)):
        messages.success(request, _("Saved. Results already entered keep their range."))
        return redirect("laboratory:test", row.test_id)
    return asking.fill_in(request, form, heading=row.test.name, back=reverse("laboratory:test", args=[row.test_id]))
