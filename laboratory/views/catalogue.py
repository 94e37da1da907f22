"""The tests that are offered, and what is usual."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, approvals, asking, lists
from hms.core.acts import once
from laboratory.forms import RangeForm, TestChangeForm, TestForm
from laboratory.models import ReferenceRange, TestDefinition
from laboratory.services import catalogue


def _test(request: HttpRequest, test_id: UUID) -> TestDefinition:
    return access.find(request, TestDefinition.objects.visible_to(request.user).select_related("service"), test_id)


@access.needs("laboratory.view_testdefinition")
@require_safe
def test_list(request: HttpRequest) -> HttpResponse:
    rows = TestDefinition.objects.visible_to(request.user).select_related("service").prefetch_related("ranges")
    page = lists.page(request, rows, order=("name", "id"), size=100)
    return render(request, "laboratory/tests.html", {"page": page})


@access.needs("laboratory.view_testdefinition")
@require_safe
def test(request: HttpRequest, test_id: UUID) -> HttpResponse:
    found = _test(request, test_id)
    waiting = approvals.waiting_for(request.user, [found.service])
    return render(request, "laboratory/test.html", {"test": found, "ranges": found.ranges.all(), "waiting": waiting})


@access.needs("laboratory.add_testdefinition")
@once
def test_add(request: HttpRequest) -> HttpResponse:
    form = TestForm(request.POST or None)
    if form.carried_out(lambda data: catalogue.add_test(request.user, **data)):
        messages.success(request, _("Added. Now say what is usual."))
        if waits := approvals.waits_for(form.result.service):
            asking.answered(request, waits, "")
        return redirect("laboratory:test", form.result.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Add a test"),
        back=reverse("laboratory:tests"),
        note=approvals.own_sum(request.user, "billing.price"),
    )


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
