"""The counter, the shelf, and the prescriptions in the chart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, asking, audit, clock, documents, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.lists import Column
from hms.core.models import DocumentKind
from patients import banner
from patients import search as patient_search
from patients.models import Encounter, Patient
from patients.models.encounter import EncounterKind
from pharmacy.forms import CountForm, HandOutForm, MedicineAddForm, PrescribeForm, ProductForm, ReceiveForm, WasteForm
from pharmacy.models import Batch, Dispense, DispenseLine, Prescription, Product, ReorderAlert, StockMovement
from pharmacy.services import dispensing, formulary, prescribing, stock

SOON = timedelta(days=90)
LINES = 10
FOUND = 50
STOCK_ORDERS = {
    "medicine": ("medicine__name", "medicine__strength", "id"),
    "usable": ("usable", "id"),
    "reorder": ("reorder_level", "id"),
    "price": ("service__price", "id"),
}


def _prescription(request: HttpRequest, prescription_id: UUID) -> Prescription:
    scope = Prescription.objects.visible_to(request.user).select_related("patient", "prescriber", "encounter")
    return access.find(request, scope, prescription_id)


@access.needs("pharmacy.view_prescription", reads_by_post=True)
def prescription_list(request: HttpRequest) -> HttpResponse:
    """What waits at the counter, or everything; by ward or outpatients, by day. The words of a search (a
    patient, an MRN, a number) come by POST and look through everything."""
    user = request.user
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    chosen = {name: request.GET.get(name, "") for name in ("show", "where", "day")}
    rows = (
        Prescription.objects.visible_to(user)
        .select_related("patient", "prescriber", "encounter")
        .prefetch_related("lines__product__medicine")
    )
    orders = {"when": ("prescribed_at", "id"), "number": ("number",)}
    if words:
        people = list(patient_search.patients(user, words).values_list("pk", flat=True)[:200])
        found = Q(number=words.upper()) | Q(patient__in=people)
        shown = list(rows.filter(found).order_by("-prescribed_at", "-id")[:FOUND])
        audit.record(user, "pharmacy.prescription.searched", detail={"hits": len(shown)})
        context = {"q": words, "chosen": chosen, "rows": shown, "capped": len(shown) == FOUND}
        return render(request, "pharmacy/prescriptions.html", context)
    if chosen["show"] != "all":
        rows = rows.open()
        orders["patient"] = ("patient__family_name", "patient__given_name", "id")
    if chosen["where"] in ("ward", "outpatient"):
        inpatient = Q(encounter__kind=EncounterKind.INPATIENT)
        rows = rows.filter(inpatient if chosen["where"] == "ward" else ~inpatient)
    if chosen["day"] == "today":
        start, end = clock.day_bounds(user.facility, clock.today(user.facility))
        rows = rows.filter(prescribed_at__gte=start, prescribed_at__lt=end)
    sort, order = lists.ordering(request, orders, "-when")
    page = lists.page(request, rows, order=order)
    context = {"page": page, "rows": page.rows, "chosen": chosen, "sort": sort}
    return render(request, "pharmacy/prescriptions.html", context)


@access.needs("pharmacy.view_prescription")
@require_safe
def prescription(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = _prescription(request, prescription_id)
    audit.record(request.user, "pharmacy.prescription.viewed", found)
    context = {
        "prescription": found,
        "banner": banner.of(request.user, found.patient),
        "lines": found.lines.select_related("product__medicine"),
        "dispenses": found.dispenses.select_related("handed_out_by").prefetch_related(
            Prefetch("lines", DispenseLine.objects.select_related("batch", "line__product__medicine"))
        ),
    }
    return render(request, "pharmacy/prescription.html", context)


@access.needs("pharmacy.view_prescription")
@require_safe
def prescription_pdf(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = _prescription(request, prescription_id)
    paper = documents.ensure(found, DocumentKind.PRESCRIPTION, lambda: prescribing.draw(request.user, found))
    return documents.hand_over(request.user, paper)


@access.needs("pharmacy.prescribe")
@once
def prescribe(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    encounter = access.find(
        request, Encounter.objects.visible_to(request.user).select_related("patient", "facility"), encounter_id
    )
    form = PrescribeForm(request.POST or None, facility=encounter.facility)
    if form.carried_out(lambda data: prescribing.prescribe(request.user, encounter_id=encounter.pk, **data)):
        messages.success(request, _("Prescription %(number)s written.") % {"number": form.result.number})
        return redirect("pharmacy:prescription", form.result.pk)
    context = {"form": form, "encounter": encounter, "banner": banner.of(request.user, encounter.patient)}
    return render(request, "pharmacy/prescribe.html", context)


@access.needs("pharmacy.end_prescription")
@once
def prescription_cancel(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = _prescription(request, prescription_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: prescribing.cancel(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Prescription cancelled."))
        return redirect("pharmacy:prescription", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Cancel a prescription"),
        question=_("Cancel prescription %(number)s?") % {"number": found.number},
        detail=_("It stays in the record as cancelled. Paper copies become invalid."),
        label=_("Cancel the prescription"),
        **_around(request, found),
    )


@access.needs("pharmacy.end_prescription")
@once
def prescription_end(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = _prescription(request, prescription_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: prescribing.end(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Nothing more is handed out on this prescription."))
        return redirect("pharmacy:prescription", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("End a prescription"),
        question=_("End the rest of prescription %(number)s?") % {"number": found.number},
        detail=_("What was handed out stays. Paper copies become invalid."),
        label=_("End the rest"),
        **_around(request, found),
    )


def _around(request: HttpRequest, found: Prescription) -> dict[str, Any]:
    """What a page that asks about a prescription has around it."""
    return banner.around(request.user, found.patient, back=reverse("pharmacy:prescription", args=[found.pk]))


@access.needs("pharmacy.dispense")
@once
def hand_out(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = _prescription(request, prescription_id)
    form = HandOutForm(request.POST or None, prescription=found)
    if form.carried_out(lambda data: dispensing.hand_out(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Handed out and charged."))
        return redirect("pharmacy:prescription", found.pk)
    today = clock.today(request.user.facility)
    there = {
        product.pk: product
        for product in Product.objects.visible_to(request.user)
        .filter(prescription_lines__prescription=found)
        .with_stock(today)
    }
    for line in form.lines:  # nobody is offered to hand out what is not on the shelf
        form.initial[f"line-{line.pk}"] = min(
            line.left, there[line.product_id].usable if line.product_id in there else 0
        )
    rows = [(line, field, there.get(line.product_id)) for line, field in form.rows()]
    context = {"form": form, "rows": rows, "prescription": found, "banner": banner.of(request.user, found.patient)}
    return render(request, "pharmacy/hand_out.html", context)


@access.needs("pharmacy.dispense")
@once
def take_back(request: HttpRequest, dispense_id: UUID) -> HttpResponse:
    dispense = access.find(
        request, Dispense.objects.visible_to(request.user).select_related("prescription__patient"), dispense_id
    )
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: dispensing.take_back(request.user, dispense_id=dispense.pk, **data)):
        messages.success(request, _("Taken back: stock returned, charges reversed or credited."))
        return redirect("pharmacy:prescription", dispense.prescription_id)
    return asking.confirm(
        request,
        form,
        heading=_("Take back what was handed out"),
        question=_("Take back this dispense?"),
        detail=_("The goods return to stock. The charges are reversed, or credited where they are invoiced."),
        label=_("Take back"),
        **_around(request, dispense.prescription),
    )


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
        Column("Medicine", lambda product: str(product.medicine)),
        Column("In stock", lambda product: product.usable),
        Column("Unit", lambda product: product.medicine.unit),
        Column("Reorder at", lambda product: product.reorder_level),
        Column("Expired", lambda product: product.expired),
        Column("Next expiry", lambda product: product.next_expiry),
        Column("Price", lambda product: product.service.price),
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
    context = {
        "product": found,
        "usable": stock.usable(found),
        "batches": found.batches.filter(balance__quantity__gt=0).select_related("balance"),
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


def _stock_form(request: HttpRequest, found: Product, form: object, heading: str) -> HttpResponse:
    return asking.fill_in(request, form, heading=heading, back=reverse("pharmacy:product", args=[found.pk]))


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
        messages.success(request, _("Count recorded.") if form.result else _("The count agrees."))
        return redirect("pharmacy:product", batch.product_id)
    return _stock_form(request, batch.product, form, _("Count lot %(lot)s") % {"lot": batch.number})


@access.needs("pharmacy.adjust_stock")
@once
def stock_waste(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    batch = _batch(request, batch_id)
    form = WasteForm(request.POST or None, initial={"quantity": batch.balance.quantity})
    if form.carried_out(lambda data: stock.throw_away(request.user, batch_id=batch.pk, **data)):
        messages.success(request, _("Taken off the shelf."))
        return redirect("pharmacy:product", batch.product_id)
    return _stock_form(request, batch.product, form, _("Throw away from lot %(lot)s") % {"lot": batch.number})


@access.needs("pharmacy.add_medicine")
@once
def medicine_add(request: HttpRequest) -> HttpResponse:
    form = MedicineAddForm(request.POST or None)
    if form.carried_out(lambda data: formulary.add_medicine(request.user, **data)):
        messages.success(request, _("Added. Receive a delivery to have it in stock."))
        return redirect("pharmacy:product", form.result.pk)
    return asking.fill_in(request, form, heading=_("Add a medicine"), back=reverse("pharmacy:stock"))


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
