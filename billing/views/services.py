"""The price list."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing import uses
from billing.forms import PriceForm, ServiceForm
from billing.models import Service
from billing.services import prices
from hms.core import access, approvals, asking, lists
from hms.core.acts import once
from hms.core.lists import Column

SERVICE_ORDERS = {
    "category": ("category", "name", "id"),
    "name": ("name", "id"),
    "code": ("code", "id"),
    "price": ("price", "id"),
}


@access.needs("billing.view_service")
@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    category = request.GET.get("category", "")
    rows = Service.objects.visible_to(request.user)
    categories = Service._meta.get_field("category").choices
    if category in dict(categories):
        rows = rows.filter(category=category)
    columns = [
        Column(_("Code"), lambda service: service.code),
        Column(_("Name"), lambda service: service.name),
        Column(_("Category"), lambda service: service.get_category_display()),
        Column(_("Price"), lambda service: service.price),
        Column(_("Active"), lambda service: _("yes") if service.active else _("no")),
    ]
    sort, order = lists.ordering(request, SERVICE_ORDERS, "category")
    if file := lists.export(request, rows.order_by(*order), columns, "prices"):
        return file
    page = lists.page(request, rows, order=order, size=100)
    used, waits = uses.of(page.rows), approvals.subjects_waiting(request.user, page.rows)
    for service in page.rows:
        service.uses = used.get(service.pk, [])
        service.waits = service.pk in waits
    context = {"page": page, "category": category, "categories": categories, "sort": sort}
    return render(request, "billing/services.html", context)


@access.needs("billing.add_service")
@once
def service_add(request: HttpRequest) -> HttpResponse:
    form = ServiceForm(request.POST or None)
    if form.carried_out(lambda data: prices.add_service(request.user, **data)):
        asking.answered(request, approvals.waits_for(form.result), _("Service added."))
        return redirect("billing:services")
    return asking.fill_in(
        request,
        form,
        heading=_("Add a service"),
        back=reverse("billing:services"),
        note=approvals.own_sum(request.user, "billing.price"),
    )


@access.needs("billing.change_service")
@once
def service_change(request: HttpRequest, service_id: UUID) -> HttpResponse:
    service = access.find(request, Service.objects.visible_to(request.user), service_id)
    form = PriceForm(request.POST or None, instance=service)
    if form.carried_out(lambda data: prices.change_service(request.user, service_id=service.pk, **data)):
        asking.answered(request, form.result, _("Saved. Charges that were posted keep their price."))
        return redirect("billing:services")
    return asking.fill_in(
        request,
        form,
        heading=service.code,
        back=reverse("billing:services"),
        template="form_page_waiting.html",
        note=approvals.own_limit(request.user, "billing.price"),
        waiting=approvals.waiting_for(request.user, [service]),
    )
