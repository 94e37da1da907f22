"""Money taken and money given back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.forms import PaymentForm, RefundForm
from billing.models import Payment
from billing.services import payments
from billing.views.invoices import around, find
from hms.core import access, approvals, asking, documents
from hms.core.acts import once
from hms.core.forms import ReasonForm
from hms.core.models import DocumentKind


def _payment(request: HttpRequest, payment_id: UUID) -> Payment:
    scope = Payment.objects.visible_to(request.user).select_related("invoice", "patient")
    return access.find(request, scope, payment_id)


@access.needs("billing.take_payment")
@once
def payment_take(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
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


@access.needs("billing.print_invoice")
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
        done = _("Payment reversed. Give the money back against the new receipt.")
        asking.answered(request, form.result, done)
        return redirect("billing:invoice", payment.invoice_id)
    return asking.confirm(
        request,
        form,
        heading=_("Reverse a payment"),
        question=_("Reverse payment %(number)s of %(amount)s?") % {"number": payment.number, "amount": payment.amount},
        detail=_("The payment stays in the books; a reversal with its own receipt is added."),
        label=_("Reverse the payment"),
        note=approvals.own_limit(request.user, "billing.payment_reversal"),
        **around(request, payment.invoice),
    )


@access.needs("billing.give_refund")
@once
def payment_refund(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    found = find(request, invoice_id)
    form = RefundForm(request.POST or None, invoice=found)
    if form.carried_out(lambda data: payments.refund(request.user, invoice_id=found.pk, **data)):
        asking.answered(
            request,
            form.result,
            lambda: _("Give the money back against receipt %(number)s.") % {"number": form.result.number},
        )
        return redirect("billing:invoice", found.pk)
    return asking.confirm(
        request,
        form,
        heading=_("Give money back"),
        question=_("Give back what was credited on invoice %(number)s?") % {"number": found.number},
        detail=_("%(due)s %(currency)s of what was paid is the patient's.")
        % {"due": found.due_back, "currency": found.currency},
        label=_("Give back"),
        note=approvals.own_limit(request.user, "billing.refund"),
        **around(request, found),
    )
