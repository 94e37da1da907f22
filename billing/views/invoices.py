"""Invoices and credit notes: the list, one invoice, its papers."""

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

from billing.forms import CreditForm, DiscountForm
from billing.models import CreditNote, Invoice
from billing.models.invoicing import InvoiceStatus
from billing.services import invoices
from hms.core import access, approvals, asking, audit, clock, documents, lists
from hms.core.acts import once
from hms.core.lists import Column
from hms.core.models import DocumentKind
from patients import banner
from patients.models import Encounter

INVOICE_ORDERS = {"issued": ("issued_at", "id"), "number": ("number",)}


INVOICE_COLUMNS = [
    Column(gettext_lazy("Number"), lambda invoice: invoice.number),
    Column(gettext_lazy("Issued"), lambda invoice: clock.local(invoice.facility, invoice.issued_at)),
    Column(gettext_lazy("Total"), lambda invoice: invoice.total),
    Column(gettext_lazy("Paid"), lambda invoice: invoice.paid),
    Column(gettext_lazy("Credited"), lambda invoice: invoice.credited),
    Column(gettext_lazy("Balance"), lambda invoice: invoice.balance),
    Column(gettext_lazy("To give back"), lambda invoice: invoice.due_back),
    Column(gettext_lazy("Status"), lambda invoice: invoice.status.label),
]


WHOSE = [
    Column(gettext_lazy("Patient"), lambda invoice: invoice.patient.name),
    Column(gettext_lazy("MRN"), lambda invoice: invoice.patient.mrn),
]


def find(request: HttpRequest, invoice_id: UUID) -> Invoice:
    scope = Invoice.objects.visible_to(request.user).select_related("patient", "facility", "encounter")
    return access.find(request, scope, invoice_id)


def around(request: HttpRequest, found: Invoice) -> dict[str, Any]:
    """What a page that asks about an invoice has around it."""
    return banner.around(request.user, found.patient, back=reverse("billing:invoice", args=[found.pk]))


@access.needs("billing.view_invoice")
@require_safe
def invoice_list(request: HttpRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    rows = Invoice.objects.visible_to(request.user).with_status(status).select_related("patient", "facility")
    # The balance has no index over all invoices: it orders what is narrowed to one status.
    orders = INVOICE_ORDERS | ({"balance": ("balance", "id")} if status else {})
    sort, order = lists.ordering(request, orders, "-issued")
    columns = [*INVOICE_COLUMNS[:2], *WHOSE * request.user.has_perm("patients.view_patient"), *INVOICE_COLUMNS[2:]]
    if file := lists.export(request, rows.order_by(*order), columns, "invoices"):
        return file
    page = lists.page(request, rows, order=order)
    context = {"page": page, "status": status, "statuses": InvoiceStatus.choices, "sort": sort}
    return render(request, "billing/invoices.html", context)


@access.needs("billing.view_invoice")
@require_safe
def invoice(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
    audit.record(request.user, "billing.invoice.viewed", found)
    lines = found.lines.select_related("charge__service", "charge__reversal__credit_note")
    taken = found.payments.select_related("received_by", "reversal")
    about = [found.pk, *(payment.pk for payment in taken), *(line.charge_id for line in lines)]
    return render(
        request,
        "billing/invoice.html",
        {
            "invoice": found,
            "banner": banner.of(request.user, found.patient),
            "lines": lines,
            "payments": taken,
            "waiting": approvals.waiting_for(request.user, about),
            "credit_notes": found.credit_notes.select_related("issued_by"),
        },
    )


@access.needs("billing.print_invoice")
@require_safe
def invoice_pdf(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
    paper = documents.ensure(found, DocumentKind.INVOICE, lambda: invoices.draw(request.user, invoice_id=found.pk))
    return documents.hand_over(request.user, paper, since=invoices.since_issued(found))


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


@access.needs("billing.credit_invoice")
@once
def invoice_credit(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
    form = CreditForm(request.POST or None, initial={"amount": found.balance})
    if form.carried_out(lambda data: invoices.credit(request.user, invoice_id=found.pk, **data)):
        asking.answered(
            request, form.result, lambda: _("Credit note %(number)s issued.") % {"number": form.result.number}
        )
        return redirect("billing:invoice", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Credit note"),
        question=_("Issue a credit note for invoice %(number)s?") % {"number": found.number},
        detail=_("The invoice itself is never changed. To take back one line, credit that line on the invoice."),
        label=_("Issue the credit note"),
        note=approvals.own_limit(request.user, "billing.credit"),
        **around(request, found),
    )


@access.needs("billing.give_discount")
@once
def invoice_discount(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
    form = DiscountForm(request.POST or None, invoice=found)
    if form.carried_out(lambda data: invoices.discount(request.user, invoice_id=found.pk, **data)):
        asking.answered(
            request,
            form.result,
            lambda: (
                _("Discount of %(amount)s %(currency)s given, by credit note %(number)s.")
                % {"amount": form.result.amount, "currency": found.currency, "number": form.result.number}
            ),
        )
        return redirect("billing:invoice", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Discount"),
        question=_("Let the patient pay less on invoice %(number)s?") % {"number": found.number},
        detail=_(
            "%(balance)s %(currency)s is still owed. The invoice itself is never changed: the discount is a credit note."
        )
        % {"balance": found.balance, "currency": found.currency},
        label=_("Give the discount"),
        note=approvals.own_limit(request.user, "billing.discount"),
        **around(request, found),
    )


@access.needs("billing.print_invoice")
@require_safe
def credit_note_pdf(request: HttpRequest, credit_id: UUID) -> HttpResponse:
    note = access.find(request, CreditNote.objects.visible_to(request.user), credit_id)
    paper = documents.ensure(note, DocumentKind.CREDIT_NOTE, lambda: invoices.draw_credit_note(request.user, note))
    return documents.hand_over(request.user, paper)
