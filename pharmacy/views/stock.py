"""The shelf: medicines, lots, deliveries and counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, approvals, asking, clock, lists
from hms.core.acts import once
from hms.core.lists import Column
from pharmacy.forms import CountForm, MedicineAddForm, ProductForm, ReceiveForm, WasteForm
from pharmacy.models import Batch, Product, ReorderAlert, StockMovement
from pharmacy.services import formulary, stock

SOON = timedelta(days=90)


STOCK_ORDERS = {
    "medicine": ("medicine__name", "medicine__strength", "id"),
    "usable": ("usable", "id"),
    "reorder": ("reorder_level", "id"),
    "price": ("service__price", "id"),
}


@access.needs("pharmacy.view_stock")
@require_safe
def stock_list(request: HttpRequest) -> HttpResponse:
    today = clock.today(request.user.facility)
    show = request.GET.get("show", "")
    rows = Product.objects.visible_to(request.user).with_stock(today).select_related("medicine", "service")
    if show == "low":
        rows = rows.filter(active=True).low()
    elif show == "expiring":
        rows = rows.filter(next_expiry__lte=today + SOON)
    elif show == "expired":
        rows = rows.filter(expired__gt=0)
    columns = [
        Column(_("Medicine"), lambda product: str(product.medicine)),
        Column(_("In stock"), lambda product: product.usable),
        Column(_("Unit"), lambda product: product.medicine.unit),
        Column(_("Reorder at"), lambda product: product.reorder_level),
        Column(_("Expired"), lambda product: product.expired),
        Column(_("Next expiry"), lambda product: product.next_expiry),
        Column(_("Price"), lambda product: product.service.price),
    ]
    sort, order = lists.ordering(request, STOCK_ORDERS, "medicine")
    if file := lists.export(request, rows.order_by(*order), columns, "stock"):
        return file
    context = {"page": lists.page(request, rows, order=order), "show": show, "soon": today + SOON, "sort": sort}
    return render(request, "pharmacy/stock.html", context)


def _product(request: HttpRequest, product_id: UUID) -> Product:
    scope = Product.objects.visible_to(request.user).select_related("medicine", "service", "facility")
    return access.find(request, scope, product_id)


@access.needs("pharmacy.view_stock")
@require_safe
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    found = _product(request, product_id)
    today = clock.today(request.user.facility)
    batches = found.batches.filter(balance__quantity__gt=0).select_related("balance")
    context = {
        "product": found,
        "usable": stock.usable(found),
        "batches": batches,
        "waiting": approvals.waiting_for(request.user, batches),
        "movements": lists.page(
            request,
            StockMovement.objects.filter(batch__product=found).select_related("batch", "moved_by"),
            order=("-created_at", "-id"),
        ),
        "alert": ReorderAlert.objects.filter(product=found, resolved_at=None).first(),
        "today": today,
        "soon": today + SOON,
    }
    return render(request, "pharmacy/product.html", context)


def _stock_form(request: HttpRequest, found: Product, form: object, heading: str, *, limited: str = "") -> HttpResponse:
    """`limited`: the kind of act that waits for a second person above one's limit."""
    back = reverse("pharmacy:product", args=[found.pk])
    note = {"note": approvals.own_limit(request.user, limited)} if limited else {}
    return asking.fill_in(request, form, heading=heading, back=back, **note)


@access.needs("pharmacy.receive_stock")
@once
def stock_receive(request: HttpRequest, product_id: UUID) -> HttpResponse:
    found = _product(request, product_id)
    form = ReceiveForm(request.POST or None)
    if form.carried_out(lambda data: stock.receive(request.user, product_id=found.pk, **data)):
        messages.success(request, _("Received."))
        return redirect("pharmacy:product", found.pk)
    return _stock_form(request, found, form, _("Receive %(product)s") % {"product": found})


def _batch(request: HttpRequest, batch_id: UUID) -> Batch:
    scope = Batch.objects.visible_to(request.user).select_related("product__medicine", "balance")
    return access.find(request, scope, batch_id)


@access.needs("pharmacy.adjust_stock")
@once
def stock_count(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    batch = _batch(request, batch_id)
    form = CountForm(request.POST or None, initial={"counted": batch.balance.quantity})
    if form.carried_out(lambda data: stock.count(request.user, batch_id=batch.pk, **data)):
        asking.answered(request, form.result, _("Count recorded.") if form.result else _("The count agrees."))
        return redirect("pharmacy:product", batch.product_id)
    heading = _("Count lot %(lot)s") % {"lot": batch.number}
    return _stock_form(request, batch.product, form, heading, limited="pharmacy.adjustment")


@access.needs("pharmacy.adjust_stock")
@once
def stock_waste(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    batch = _batch(request, batch_id)
    form = WasteForm(request.POST or None, initial={"quantity": batch.balance.quantity})
    if form.carried_out(lambda data: stock.throw_away(request.user, batch_id=batch.pk, **data)):
        asking.answered(request, form.result, _("Taken off the shelf."))
        return redirect("pharmacy:product", batch.product_id)
    heading = _("Throw away from lot %(lot)s") % {"lot": batch.number}
    return _stock_form(request, batch.product, form, heading, limited="pharmacy.waste")


@access.needs("pharmacy.add_medicine")
@once
def medicine_add(request: HttpRequest) -> HttpResponse:
    form = MedicineAddForm(request.POST or None)
    if form.carried_out(lambda data: formulary.add_medicine(request.user, **data)):
        messages.success(request, _("Added. Receive a delivery to have it in stock."))
        if waits := approvals.waits_for(form.result):
            messages.warning(
                request,
                _("It is in use. Its price is above what you set alone, so somebody looks at it: %(names)s.")
                % {"names": approvals.named(approvals.who_may(waits)) or _("nobody here may at present")},
            )
        return redirect("pharmacy:product", form.result.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Add a medicine"),
        back=reverse("pharmacy:stock"),
        note=approvals.own_sum(request.user, "pharmacy.price"),
    )


@access.needs("pharmacy.change_medicine")
@once
def product_change(request: HttpRequest, product_id: UUID) -> HttpResponse:
    found = _product(request, product_id)
    initial: dict[str, Any] = {name: getattr(found, name) for name in ("reorder_level", "reorder_quantity", "active")}
    form = ProductForm(request.POST or None, initial=initial)
    if form.carried_out(lambda data: formulary.change_product(request.user, product_id=found.pk, **data)):
        messages.success(request, _("Saved."))
        return redirect("pharmacy:product", found.pk)
    return _stock_form(request, found, form, str(found))
