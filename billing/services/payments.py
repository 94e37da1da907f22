"""Taking money, and the supervised way back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from billing.models import Invoice, Payment
from billing.models.invoicing import PaymentMethod
from billing.models.ledger import Account
from billing.services import ledger
from billing.services.invoices import due_back, locked_invoice
from hms.core import approvals, audit, clock, documents, money, numbering
from hms.core.models import Approval, DocumentKind, Paper, User
from hms.core.refusals import Refused
from patients.paper import identity

ACCOUNT_OF = {
    PaymentMethod.CASH: Account.CASH,
    PaymentMethod.CARD: Account.CARD,
    PaymentMethod.TRANSFER: Account.BANK,
    PaymentMethod.MOBILE: Account.MOBILE,
    PaymentMethod.CHEQUE: Account.CHEQUES,
}


@transaction.atomic
def take(actor: User, *, invoice_id: object, amount: Decimal, method: str, reference: str = "") -> Payment:
    """Take a payment for an invoice and draw its receipt.

    Refuses more than is owed, and anything but cash without a reference.
    Locks: the invoice, then the receipt counter.
    """
    invoice = locked_invoice(invoice_id)
    amount = money.rounded(amount)
    if amount <= 0:
        raise Refused(_("The amount must be above zero."), field="amount")
    if invoice.balance <= 0:
        raise Refused(_("Nothing is owed on this invoice any more."))
    if amount > invoice.balance:
        raise Refused(
            _("Only %(balance)s is owed. Take that much, and give change.") % {"balance": invoice.balance},
            field="amount",
        )
    reference = _reference(method, reference)
    payment = _record(actor, invoice, amount=amount, method=method, reference=reference)
    draw_receipt(actor, payment)
    audit.record(actor, "billing.payment.taken", payment, detail={"method": method})
    return payment


def _reference(method: str, reference: str) -> str:
    reference = reference.strip()
    if method != PaymentMethod.CASH and not reference:
        raise Refused(_("Write down the terminal, transfer or cheque number."), field="reference")
    return reference


@transaction.atomic
def refund(
    actor: User, *, invoice_id: object, amount: Decimal, method: str, reason: str, reference: str = ""
) -> Payment | Approval:
    """Give back what was credited after it had been paid, and draw the receipt of it; above one's limit, ask for it.

    Refuses more than is due back, and whoever issued a credit note of the invoice: that takes two.
    Locks: the invoice, then the receipt counter.
    """
    invoice = locked_invoice(invoice_id)
    amount = money.rounded(Decimal(amount))
    if amount <= 0:
        raise Refused(_("The amount must be above zero."), field="amount")
    if amount > invoice.due_back:
        raise Refused(_("Only %(due)s is to be given back.") % {"due": invoice.due_back}, field="amount")
    if invoice.credit_notes.filter(issued_by=actor).exists():
        raise Refused(_("You credited this invoice yourself. Ask a colleague to give the money back."))
    reference = _reference(method, reference)
    asked = approvals.ask(
        actor,
        "billing.refund",
        subject=invoice,
        label=_("Invoice %(number)s") % {"number": invoice.number},
        amount=amount,
        reason=reason,
        arguments={"invoice_id": invoice.pk, "amount": amount, "method": str(method), "reference": reference},
        patient_id=invoice.patient_id,
    )
    if asked.waits:
        return asked.waits
    payment = _record(actor, invoice, amount=-amount, method=method, reference=reference, reason=reason)
    asked.done(payment)
    draw_receipt(actor, payment)
    audit.record(actor, "billing.payment.refunded", payment, reason=reason, detail={"method": method})
    return payment


def _record(
    actor: User,
    invoice: Invoice,
    *,
    amount: Decimal,
    method: str,
    reference: str,
    reverses: Payment | None = None,
    reason: str = "",
) -> Payment:
    payment = Payment(
        facility=invoice.facility,
        patient_id=invoice.patient_id,
        invoice=invoice,
        amount=amount,
        method=method,
        reference=reference,
        received_by=actor,
        received_at=clock.now(),
        reverses=reverses,
        reason=reason,
        number=numbering.next_number(invoice.facility, "REC"),
    )
    payment.save(force_insert=True)
    change: dict[str, Any] = {"paid": F("paid") + amount}
    if reason:  # only a way back may change what is due back: a payment never makes more of it
        change["due_back"] = due_back(paid=amount)
    Invoice.objects.filter(pk=invoice.pk).update(**change)
    ledger.post(
        actor,
        facility=invoice.facility,
        kind="payment-reversal" if reverses else "payment" if amount > 0 else "refund",
        source=payment,
        entries=[(ACCOUNT_OF[PaymentMethod(method)], amount), (Account.RECEIVABLE, -amount)],
        patient_id=invoice.patient_id,
    )
    return payment


def draw_receipt(actor: User, payment: Payment) -> None:
    """The 80 mm receipt of a payment, with what remains to be paid at that moment. One of a payment that was reversed
    before it was ever drawn is withdrawn at once."""
    invoice = Invoice.objects.select_related("facility", "patient").get(pk=payment.invoice_id)
    documents.issue(
        actor,
        kind=DocumentKind.RECEIPT,
        source=payment,
        number=payment.number,
        title=str(_("Receipt")),
        template="print/receipt.html",
        paper=Paper.RECEIPT,
        facility=invoice.facility,
        dated=payment.received_at,
        snapshot={
            "patient": identity(invoice.patient, at=payment.received_at),
            "number": payment.number,
            "date": clock.local(invoice.facility, payment.received_at).strftime("%d %b %Y, %H:%M"),
            "currency": invoice.currency,
            "invoice_number": invoice.number,
            "method": str(payment.get_method_display()),
            "reference": payment.reference,
            "amount": str(payment.amount),
            "total": str(invoice.total),
            "balance": str(_left_after(payment, invoice)),
            "received_by": payment.received_by.name,
            "reason": payment.reason,
        },
        patient_id=invoice.patient_id,
    )
    if Payment.objects.filter(reverses=payment).exists():
        documents.withdraw(actor, source=payment, kind=DocumentKind.RECEIPT)


def _left_after(payment: Payment, invoice: Invoice) -> Decimal:
    """What was still owed on the invoice once this payment had been taken."""
    paid = invoice.payments.filter(received_at__lte=payment.received_at).aggregate(sum=Sum("amount"))["sum"]
    credited = invoice.credit_notes.filter(issued_at__lte=payment.received_at).aggregate(sum=Sum("amount"))["sum"]
    return max(invoice.total - (paid or money.ZERO) - (credited or money.ZERO), money.ZERO)


@transaction.atomic
def reverse(actor: User, *, payment_id: object, reason: str) -> Payment | Approval:
    """Take back a payment or a refund that was entered wrongly; above one's limit, ask for it. The first stays in the books.

    Refuses one's own: a second person reverses it; and a payment of which a part was refunded. Locks: the invoice, then the counter.
    """
    payment = Payment.objects.visible_to(actor).get(pk=payment_id)
    invoice = locked_invoice(payment.invoice_id)
    if payment.reverses_id:
        raise Refused(_("This is a reversal itself."))
    if Payment.objects.filter(reverses=payment).exists():
        raise Refused(_("This payment was reversed already."))
    if payment.received_by_id == actor.pk:
        raise Refused(_("You took this payment yourself. Ask a colleague to reverse it."))
    if invoice.paid < payment.amount:
        raise Refused(_("A part of this money was given back already. Reverse that refund first."))
    asked = approvals.ask(
        actor,
        "billing.payment_reversal",
        subject=payment,
        label=_("Receipt %(number)s") % {"number": payment.number},
        amount=payment.amount,
        reason=reason,
        arguments={"payment_id": payment.pk},
        pool=invoice.pk,
        patient_id=payment.patient_id,
    )
    if asked.waits:
        return asked.waits
    reversal = _record(
        actor,
        invoice,
        amount=-payment.amount,
        method=payment.method,
        reference=payment.reference,
        reverses=payment,
        reason=reason,
    )
    asked.done(reversal)
    draw_receipt(actor, reversal)
    documents.withdraw(actor, source=payment, kind=DocumentKind.RECEIPT)
    audit.record(actor, "billing.payment.reversed", reversal, reason=reason)
    return reversal
