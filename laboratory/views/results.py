"""Results: entered, verified, corrected, and the report."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, audit, documents
from hms.core.acts import once
from hms.core.models import DocumentKind
from laboratory.forms import CorrectForm, ResultsForm
from laboratory.models import DiagnosticReport, OrderStatus, Result
from laboratory.services import reports, results
from laboratory.views.orders import around, find
from patients import banner


@access.needs("laboratory.enter_result")
@once
def results_enter(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = find(request, order_id)
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
    found = find(request, order_id)
    ids = list(found.results.filter(status=OrderStatus.ENTERED).values_list("pk", flat=True))
    chosen = [pk for pk in ids if str(pk) in request.POST.getlist("result")]
    after = results.verify(request.user, order_id=found.pk, result_ids=chosen)
    left = len(ids) - len(chosen)
    if after.status == OrderStatus.VERIFIED:
        messages.success(request, _("Verified. The report is being made."))
    elif left:
        text = ngettext(
            "Verified. %(count)s result is not ticked: the report is made when you have verified it too.",
            "Verified. %(count)s results are not ticked: the report is made when you have verified them too.",
            left,
        )
        messages.warning(request, text % {"count": left})
    else:
        messages.success(request, _("Verified. The report is made when the last test is."))
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
    return asking.confirm(request, form, heading=heading, label=_("Change it"), **around(request, result.order))


@access.needs("laboratory.view_laborder")
@require_safe
def report_pdf(request: HttpRequest, report_id: UUID) -> HttpResponse:
    report = access.find(request, DiagnosticReport.objects.visible_to(request.user), report_id)
    if report.order_id is None:
        return redirect("laboratory:report", report.pk)
    paper = documents.ensure(report, DocumentKind.LAB_REPORT, lambda: reports.draw(request.user, report_id=report.pk))
    if paper is None:
        messages.info(request, _("A result was changed since. The new report comes once all are verified."))
        return redirect("laboratory:order", report.order_id)
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
