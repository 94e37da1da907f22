"""What billing lets nobody do alone above their limit, and what a second person sees of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Charge, CreditNote, Invoice, Payment, Service
from billing.services import charges, invoices, payments, prices
from hms.core import approvals, clock
from hms.core.approvals import Subject
from hms.core.models import Approval, User
from hms.core.templatetags.hms import money
from patients.models import Patient

MONTH = timedelta(days=30)  # a price that climbs in small steps is one change


def register() -> None:
    approvals.register(
        "billing.discount",
        label=gettext_lazy("Discount"),
        permission="billing.give_discount",
        act=invoices.discount,
        subject=_invoice,
    )
    approvals.register(
        "billing.credit",
        label=gettext_lazy("Credit note"),
        permission="billing.credit_invoice",
        act=invoices.credit,
        subject=_invoice,
    )
    approvals.register(
        "billing.refund",
        label=gettext_lazy("Refund"),
        permission="billing.give_refund",
        act=payments.refund,
        subject=_invoice,
        barred=_who_credited,
    )
    approvals.register(
        "billing.payment_reversal",
        label=gettext_lazy("Reversal of a payment"),
        permission="billing.reverse_payment",
        act=payments.reverse,
        subject=_payment,
        barred=_who_took,
    )
    approvals.register(
        "billing.charge_reversal",
        label=gettext_lazy("Reversal of a charge"),
        permission="billing.reverse_charge",
        act=charges.reverse,
        subject=_charge,
    )
    approvals.register(
        "billing.waiver",
        label=gettext_lazy("Waiver of a charge"),
        permission="billing.reverse_charge",
        act=charges.reverse,
        subject=_charge,
    )
    approvals.register(
        "billing.price",
        label=gettext_lazy("New or changed price"),
        permission="billing.change_service",
        act=prices.change_service,
        subject=_price,
        window=MONTH,
    )


def _who_credited(approval: Approval) -> Iterable[UUID]:
    """Who credited an invoice made the money due: they neither give it back nor let it be given."""
    notes = CreditNote.objects.filter(invoice=approval.subject_id)
    return notes.order_by().values_list("issued_by_id", flat=True)


def _who_took(approval: Approval) -> Iterable[UUID]:
    return Payment.objects.filter(pk=approval.subject_id).order_by().values_list("received_by_id", flat=True)


def _money(amount: Decimal, approval: Approval) -> str:
    return money(amount, approval.currency)


def _whose(user: User, patient: Patient) -> list[tuple[str, Any]]:
    """The patient, for whom their name is known to by their role."""
    return [(_("Patient"), patient.name)] if user.has_perm("patients.view_patient") else []


def _of_invoice(user: User, found: Invoice, approval: Approval, *more: tuple[str, Any]) -> Subject:
    return Subject(
        url=reverse("billing:invoice", args=[found.pk]),
        lines=[
            *_whose(user, found.patient),
            (_("Total of the invoice"), _money(found.total, approval)),
            (_("Paid"), _money(found.paid, approval)),
            (_("Credited"), _money(found.credited, approval)),
            (_("Still owed"), _money(found.balance, approval)),
            *more,
        ],
    )


def _invoice(user: User, approval: Approval) -> Subject | None:
    if not user.has_perm("billing.view_invoice"):
        return None
    rows = Invoice.objects.visible_to(user).select_related("patient")
    found = rows.filter(pk=approval.subject_id).first()
    return found and _of_invoice(user, found, approval, (_("To give back"), _money(found.due_back, approval)))


def _payment(user: User, approval: Approval) -> Subject | None:
    if not user.has_perm("billing.view_invoice"):
        return None
    rows = Payment.objects.visible_to(user).select_related("invoice__patient", "received_by")
    found = rows.filter(pk=approval.subject_id).first()
    if found is None:
        return None
    taken = _("%(when)s by %(who)s") % {
        "when": clock.local(user.facility, found.received_at).strftime("%d %b %Y, %H:%M"),
        "who": found.received_by.name,
    }
    return _of_invoice(user, found.invoice, approval, (_("Taken"), taken), (_("Method"), found.get_method_display()))


def _charge(user: User, approval: Approval) -> Subject | None:
    if not user.has_perm("billing.view_account"):
        return None
    rows = Charge.objects.visible_to(user).select_related("patient", "service", "invoice_line__invoice__patient")
    found = rows.filter(pk=approval.subject_id).first()
    if found is None:
        return None
    done = (
        (_("Charged"), found.description),
        (_("Done"), clock.local(user.facility, found.occurred_at).strftime("%d %b %Y, %H:%M")),
        (_("Charge"), _money(found.amount, approval)),
    )
    if hasattr(found, "invoice_line"):
        return _of_invoice(user, found.invoice_line.invoice, approval, *done)
    bill = reverse("billing:desk-panel", args=[found.encounter_id])
    return Subject(url=bill, lines=[*_whose(user, found.patient), *done])


def _price(user: User, approval: Approval) -> Subject | None:
    found = Service.objects.visible_to(user).filter(pk=approval.subject_id).first()
    if found is None or not user.has_perm("billing.view_service"):
        return None
    asked = approval.arguments
    return Subject(
        url=reverse("billing:services"),
        lines=[
            (_("Service"), found.name),
            (_("Code"), found.code),
            (_("Now"), prices.in_words(_money(found.price, approval), found.active)),
            (_("Asked for"), prices.in_words(_money(Decimal(asked["price"]), approval), asked["active"])),
        ],
    )
