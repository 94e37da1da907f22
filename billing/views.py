"""Invoices, payments, prices and the books."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing import account, uses
from billing.forms import CreditForm, PaymentForm, PriceForm, RefundForm, ServiceForm
from billing.models import Charge, CreditNote, Invoice, LedgerEntry, Payment, Service
from billing.models.invoicing import InvoiceStatus
from billing.models.ledger import Account
from billing.services import charges, invoices, payments, prices
from hms.core import access, asking, audit, clock, documents, lists, panels
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.lists import Column
from hms.core.models import DocumentKind
from patients import banner
from patients.models import Encounter, Patient

INVOICE_ORDERS = {"issued": ("issued_at", "id"), "number": ("number",)}
SERVICE_ORDERS = {
    "category": ("category", "name", "id"),
    "name": ("name", "id"),
    "code": ("code", "id"),
    "price": ("price", "id"),
}
INVOICE_COLUMNS = [
    Column("Number", lambda invoice: invoice.number),
    Column("Issued", lambda invoice: clock.local(invoice.facility, invoice.issued_at)),
    Column("Patient", lambda invoice: invoice.patient.name),
    Column("MRN", lambda invoice: invoice.patient.mrn),
    Column("Total", lambda invoice: invoice.total),
    Column("Paid", lambda invoice: invoice.paid),
    Column("Credited", lambda invoice: invoice.credited),
    Column("Balance", lambda invoice: invoice.balance),
    Column("To give back", lambda invoice: invoice.due_back),
    Column("Status", lambda invoice: invoice.status.label),
]


def read_day(request: HttpRequest, name: str = "day") -> date:
    """The hospital day asked for; today where none, nonsense or another age is asked."""
    return clock.read_day(request.GET.get(name, "")) or clock.today(request.user.facility)


@access.needs("billing.view_invoice")
@require_safe
def invoice_list(request: HttpRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    rows = Invoice.objects.visible_to(request.user).with_status(status).select_related("patient", "facility")
    # The balance has no index over all invoices: it orders what is narrowed to one status.
    orders = INVOICE_ORDERS | ({"balance": ("balance", "id")} if status else {})
    sort, order = lists.ordering(request, orders, "-issued")
    if file := lists.export(request, rows.order_by(*order), INVOICE_COLUMNS, "invoices"):
        return file
    page = lists.page(request, rows, order=order)
    context = {"page": page, "status": status, "statuses": InvoiceStatus.choices, "sort": sort}
    return render(request, "billing/invoices.html", context)


def _invoice(request: HttpRequest, invoice_id: UUID) -> Invoice:
    scope = Invoice.objects.visible_to(request.user).select_related("patient", "facility", "encounter")
    return access.find(request, scope, invoice_id)


def around(request: HttpRequest, found: Invoice) -> dict[str, Any]:
    """What a page that asks about an invoice has around it."""
    return banner.around(request.user, found.patient, back=reverse("billing:invoice", args=[found.pk]))


@access.needs("billing.view_invoice")
@require_safe
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = _invoice(request, invoice_id)
    audit.record(request.user, "billing.invoice.viewed", found)
    return render(
        request,
        "billing/invoice.html",
        {
            "invoice": found,
            "banner": banner.of(request.user, found.patient),
            "lines": found.lines.select_related("charge__service", "charge__reversal__credit_note"),
            "payments": found.payments.select_related("received_by", "reversal"),
            "credit_notes": found.credit_notes.select_related("issued_by"),
        },
    )


@access.needs("billing.view_invoice")
@require_safe
def invoice_pdf(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = _invoice(request, invoice_id)
    paper = documents.ensure(found, DocumentKind.INVOICE, lambda: invoices.draw(request.user, invoice_id=found.pk))
    return documents.hand_over(request.user, paper)


@access.needs("billing.take_payment")
@once
def payment_take(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = _invoice(request, invoice_id)
    form = PaymentForm(request.POST or None, invoice=found)
    if form.carried_out(lambda data: payments.take(request.user, invoice_id=found.pk, **data)):
        messages.success(request, _("Paid. Receipt %(number)s.") % {"number": form.result.number})
        return redirect("billing:invoice", found.pk)
    return asking.fill_in(
        request,
        form,
        heading=_("Take payment"),
        label=_("Take payment"),
        icon="cash-coin",
        template="billing/payment_take.html",
        invoice=found,
        **around(request, found),
    )


def _payment(request: HttpRequest, payment_id: UUID) -> Payment:
    scope = Payment.objects.visible_to(request.user).select_related("invoice", "patient")
    return access.find(request, scope, payment_id)


@access.needs("billing.view_invoice")
@require_safe
def receipt_pdf(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    paper = documents.ensure(payment, DocumentKind.RECEIPT, lambda: payments.draw_receipt(request.user, payment))
    return documents.hand_over(request.user, paper)


@access.needs("billing.reverse_payment")
@once
def payment_reverse(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: payments.reverse(request.user, payment_id=payment.pk, **data)):
        messages.success(request, _("Payment reversed. Give the money back against the new receipt."))
        return redirect("billing:invoice", payment.invoice_id)
    return asking.confirm(
        request,
        form,
        heading=_("Reverse a payment"),
        question=_("Reverse payment %(number)s of %(amount)s?") % {"number": payment.number, "amount": payment.amount},
        detail=_("The payment stays in the books; a reversal with its own receipt is added."),
        label=_("Reverse the payment"),
        **around(request, payment.invoice),
    )


@access.needs("billing.give_refund")
@once
def payment_refund(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = _invoice(request, invoice_id)
    form = RefundForm(request.POST or None, invoice=found)
    if form.carried_out(lambda data: payments.refund(request.user, invoice_id=found.pk, **data)):
        messages.success(request, _("Give the money back against receipt %(number)s.") % {"number": form.result.number})
        return redirect("billing:invoice", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Give money back"),
        question=_("Give back what was credited on invoice %(number)s?") % {"number": found.number},
        detail=_("%(due)s %(currency)s of what was paid is the patient's.")
        % {"due": found.due_back, "currency": found.currency},
        label=_("Give back"),
        **around(request, found),
    )


@access.needs("billing.credit_invoice")
@once
def invoice_credit(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = _invoice(request, invoice_id)
    form = CreditForm(request.POST or None, initial={"amount": found.balance})
    if form.carried_out(lambda data: invoices.credit(request.user, invoice_id=found.pk, **data)):
        messages.success(request, _("Credit note %(number)s issued.") % {"number": form.result.number})
        return redirect("billing:invoice", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Credit note"),
        question=_("Issue a credit note for invoice %(number)s?") % {"number": found.number},
        detail=_("The invoice itself is never changed. To take back one line, credit that line on the invoice."),
        label=_("Issue the credit note"),
        **around(request, found),
    )


@access.needs("billing.view_invoice")
@require_safe
def credit_note_pdf(request: HttpRequest, credit_id: UUID) -> HttpResponse:
    note = access.find(request, CreditNote.objects.visible_to(request.user), credit_id)
    return documents.hand_over(request.user, documents.latest(note, DocumentKind.CREDIT_NOTE))


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
        "to_invoice": any(not hasattr(charge, "invoice_line") for charge in rows),
    }
    return panels.render_panel(request, "billing/desk_panel.html", context)


@access.needs("billing.issue_invoice")
@once
@require_POST
def invoice_issue(request: HttpRequest, encounter_id: UUID) -> HttpResponse:
    """An interim invoice, before the visit is closed."""
    encounter = access.find(request, Encounter.objects.visible_to(request.user), encounter_id)
    made = invoices.issue(request.user, encounter_id=encounter.pk)
    if made is None:
        messages.info(request, _("There is nothing to invoice."))
        return redirect("patients:chart", encounter.patient_id)
    messages.success(request, _("Invoice %(number)s issued.") % {"number": made.number})
    return redirect("billing:invoice", made.pk)


@access.needs("billing.reverse_charge")
@once
def charge_reverse(request: HttpRequest, charge_id: UUID) -> HttpResponse:
    charge = access.find(
        request, Charge.objects.visible_to(request.user).select_related("patient", "encounter"), charge_id
    )
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: charges.reverse(request.user, charge_id=charge.pk, **data)):
        messages.success(request, _("Charge reversed."))
        return redirect("billing:desk-panel", charge.encounter_id)
    return asking.confirm(
        request,
        form,
        heading=_("Reverse a charge"),
        question=_("Reverse “%(what)s” of %(amount)s?") % {"what": charge.description, "amount": charge.amount},
        detail=_("Both the charge and its reversal stay in the books. Where it is invoiced, a credit note is issued.")
        + " "
        + _("Only for a charge that is wrong: the act itself stays, and is to be charged again or undone."),
        label=_("Reverse the charge"),
        **banner.around(request.user, charge.patient),
    )


@access.needs("billing.reverse_charge")
@once
@require_POST
def charge_again(request: HttpRequest, charge_id: UUID) -> HttpResponse:
    """For a charge that was reversed by mistake."""
    charge = access.find(request, Charge.objects.visible_to(request.user), charge_id)
    charges.charge_again(request.user, charge_id=charge.pk)
    messages.success(request, _("Charged again."))
    return redirect("billing:desk-panel", charge.encounter_id)


@access.needs("billing.view_service")
@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    category = request.GET.get("category", "")
    rows = Service.objects.visible_to(request.user)
    categories = Service._meta.get_field("category").choices
    if category in dict(categories):
        rows = rows.filter(category=category)
    columns = [
        Column("Code", lambda service: service.code),
        Column("Name", lambda service: service.name),
        Column("Category", lambda service: service.get_category_display()),
        Column("Price", lambda service: service.price),
        Column("Active", lambda service: "yes" if service.active else "no"),
    ]
    sort, order = lists.ordering(request, SERVICE_ORDERS, "category")
    if file := lists.export(request, rows.order_by(*order), columns, "prices"):
        return file
    page = lists.page(request, rows, order=order, size=100)
    used = uses.of(page.rows)
    for service in page.rows:
        service.uses = used.get(service.pk, [])
    context = {"page": page, "category": category, "categories": categories, "sort": sort}
    return render(request, "billing/services.html", context)


@access.needs("billing.add_service")
@once
def service_add(request: HttpRequest) -> HttpResponse:
    form = ServiceForm(request.POST or None)
    if form.carried_out(lambda data: prices.add_service(request.user, **data)):
        messages.success(request, _("Service added."))
        return redirect("billing:services")
    return asking.fill_in(request, form, heading=_("Add a service"), back=reverse("billing:services"))


@access.needs("billing.change_service")
@once
def service_change(request: HttpRequest, service_id: UUID) -> HttpResponse:
    service = access.find(request, Service.objects.visible_to(request.user), service_id)
    form = PriceForm(request.POST or None, instance=service)
    if form.carried_out(lambda data: prices.change_service(request.user, service_id=service.pk, **data)):
        messages.success(request, _("Saved. Charges that were posted keep their price."))
        return redirect("billing:services")
    return asking.fill_in(request, form, heading=service.code, back=reverse("billing:services"))


@access.needs("billing.view_ledger")
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """The movements of one hospital day by account, and that they sum to zero."""
    day = read_day(request)
    start, end = clock.day_bounds(request.user.facility, day)
    entries = LedgerEntry.objects.filter(
        transaction__facility=request.user.facility,
        transaction__occurred_at__gte=start,
        transaction__occurred_at__lt=end,
    )
    labels = dict(Account.choices)
    rows = [
        {"account": labels[row["account"]], "sum": row["sum"], "count": row["count"]}
        for row in entries.values("account").annotate(sum=Sum("amount"), count=Count("id")).order_by("account")
    ]
    columns = [
        Column("Account", lambda row: row["account"]),
        Column("Entries", lambda row: row["count"]),
        Column("Sum", lambda row: row["sum"]),
    ]
    if file := lists.export(request, rows, columns, f"ledger-{day}"):
        return file
    context = {"day": day, "rows": rows, "total": sum((row["sum"] for row in rows), start=0)}
    return render(request, "billing/ledger.html", context)


@access.needs("billing.take_payment")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    """For the cashier: what was taken today, by method, and who still has to pay."""
    facility = request.user.facility
    start, end = clock.day_bounds(facility, clock.today(facility))
    taken = (
        Payment.objects.visible_to(request.user)
        .filter(received_at__gte=start, received_at__lt=end)
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
