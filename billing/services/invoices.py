"""Invoices: made by a worker when a visit closes, from the charges that stand on none yet."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from billing.models import Charge, CreditNote, Invoice, InvoiceLine
from billing.models.invoicing import CreditKind
from billing.models.ledger import Account
from billing.services import ledger
from hms.core import approvals, audit, clock, documents, money, numbering, outbox
from hms.core.models import Approval, Document, DocumentKind, User
from hms.core.refusals import Refused
from patients.paper import identity
from patients.services.encounters import locked

ISSUED = "billing.invoice_issued"


@transaction.atomic
def issue(actor: User, *, encounter_id: object) -> Invoice | None:
    """Invoice every charge of the visit that stands on no invoice yet; None when there is none.

    Safe to run twice: the second finds nothing left. Locks: the encounter, then the number counter.
    """
    encounter = locked(encounter_id)
    charges = list(Charge.objects.uninvoiced().filter(encounter=encounter).order_by("occurred_at", "id"))
    if not charges:
        return None
    total = sum((charge.amount for charge in charges), money.ZERO)
    invoice = Invoice(
        facility=encounter.facility,
        patient_id=encounter.patient_id,
        encounter=encounter,
        currency=encounter.facility.currency,
        issued_at=clock.now(),
        issued_by=actor,
        total=total,
        number=numbering.next_number(encounter.facility, "INV"),
    )
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(
        [
            InvoiceLine(
                invoice=invoice,
                charge=charge,
                position=position,
                description=charge.description,
                quantity=charge.quantity,
                unit_price=charge.unit_price,
                amount=charge.amount,
            )
            for position, charge in enumerate(charges, start=1)
        ]
    )
    ledger.post(
        actor,
        facility=encounter.facility,
        kind="invoice",
        source=invoice,
        entries=[(Account.RECEIVABLE, total), (Account.UNBILLED, -total)],
        patient_id=encounter.patient_id,
    )
    outbox.publish(ISSUED, invoice_id=str(invoice.pk))
    audit.record(actor, "billing.invoice.issued", invoice, detail={"lines": len(charges)})
    return invoice


def draw(actor: User, *, invoice_id: object) -> Document:
    """The invoice's PDF, drawn once; asked again, the one that is there."""
    invoice = Invoice.objects.select_related("facility", "patient", "encounter", "encounter__attending").get(
        pk=invoice_id
    )
    if found := documents.latest(invoice, DocumentKind.INVOICE):
        return found
    return documents.issue(
        actor,
        kind=DocumentKind.INVOICE,
        source=invoice,
        number=invoice.number,
        title=str(_("Invoice")),
        template="print/invoice.html",
        paper=invoice.facility.paper,
        facility=invoice.facility,
        dated=invoice.issued_at,
        snapshot=snapshot(invoice),
        patient_id=invoice.patient_id,
    )


def snapshot(invoice: Invoice) -> dict[str, Any]:
    """What stands on the paper, as JSON; amounts as text with two places."""
    facility, patient, encounter = invoice.facility, invoice.patient, invoice.encounter

    def local(moment: Any) -> str:
        return clock.local(facility, moment).strftime("%d %b %Y, %H:%M")

    return {
        "patient": identity(patient, at=invoice.issued_at),
        "number": invoice.number,
        "currency": invoice.currency,
        "date": local(invoice.issued_at),
        "visit": {
            "kind": str(encounter.get_kind_display()),
            "from": local(encounter.started_at),
            "to": local(encounter.ended_at) if encounter.ended_at else "",
            "attending": encounter.attending.name if encounter.attending else "",
        },
        "lines": [
            {
                "position": line.position,
                "date": clock.local(facility, line.charge.occurred_at).strftime("%d %b"),
                "description": line.description,
                "category": str(line.charge.service.get_category_display()),
                "quantity": f"{line.quantity.normalize():f}",
                "unit_price": str(line.unit_price),
                "amount": str(line.amount),
            }
            for line in invoice.lines.select_related("charge__service")
        ],
        "total": str(invoice.total),
    }


def since_issued(invoice: Invoice) -> list[str]:
    """What was taken back of it since, in a line for each credit note and discount: for every later print."""
    words = {
        CreditKind.CREDIT: _("Credited by %(number)s of %(when)s: %(amount)s %(currency)s"),
        CreditKind.DISCOUNT: _("Discount %(number)s of %(when)s: %(amount)s %(currency)s"),
    }
    return [
        words[CreditKind(note.kind)]
        % {
            "number": note.number,
            "when": clock.local(invoice.facility, note.issued_at).strftime("%d %b %Y"),
            "amount": note.amount,
            "currency": invoice.currency,
        }
        for note in invoice.credit_notes.order_by("issued_at", "number")
    ]


def locked_invoice(invoice_id: object) -> Invoice:
    """The invoice under its lock, looked at again."""
    return Invoice.objects.select_for_update(of=("self",)).select_related("facility", "patient").get(pk=invoice_id)


@transaction.atomic
def credit(actor: User, *, invoice_id: object, amount: Decimal, reason: str) -> CreditNote | Approval:
    """Take back a part of what is still owed, because it is not owed; above one's limit, ask for it.

    Refuses more than that: who takes back a line reverses its charge, who takes back money reverses its payment.
    Locks: the invoice, then the number counter.
    """
    invoice, amount = _owed(invoice_id, amount, _("To take back a line, credit that line."))
    return _granted(actor, "billing.credit", invoice, amount, reason, CreditKind.CREDIT)


@transaction.atomic
def discount(actor: User, *, invoice_id: object, amount: Decimal, reason: str) -> CreditNote | Approval:
    """Let the patient pay less than is still owed, as a credit note that says so; above one's limit, ask for it.

    The charges keep their price and the revenue stays: what is given away stands in "Credits granted". Limits count
    all that one person gave on the invoice, also in per cent of its total. Refuses more than is still owed.
    Locks: the invoice, then the number counter.
    """
    invoice, amount = _owed(invoice_id, amount, _("What is paid is not discounted any more."))
    return _granted(actor, "billing.discount", invoice, amount, reason, CreditKind.DISCOUNT, base=invoice.total)


def _owed(invoice_id: object, amount: Decimal, otherwise: str) -> tuple[Invoice, Decimal]:
    """The invoice under its lock, and the amount, which is no more than is still owed on it."""
    invoice = locked_invoice(invoice_id)
    amount = money.rounded(Decimal(amount))
    if amount <= 0:
        raise Refused(_("The amount must be above zero."), field="amount")
    if amount > invoice.balance:
        text = _("Only %(balance)s is still owed on this invoice.") % {"balance": invoice.balance}
        raise Refused(f"{text} {otherwise}", field="amount")
    return invoice, amount


def _granted(
    actor: User, act: str, invoice: Invoice, amount: Decimal, reason: str, kind: str, base: Decimal | None = None
) -> CreditNote | Approval:
    asked = approvals.ask(
        actor,
        act,
        subject=invoice,
        label=_("Invoice %(number)s") % {"number": invoice.number},
        amount=amount,
        reason=reason,
        arguments={"invoice_id": invoice.pk, "amount": amount},
        base=base,
        patient_id=invoice.patient_id,
    )
    if asked.waits:
        return asked.waits
    note = _credit(actor, invoice, amount, reason, lines=[], kind=kind)
    asked.done(note)
    return note


def credit_lines(actor: User, charges: dict[UUID, list[Charge]], *, reason: str) -> dict[UUID | None, CreditNote]:
    """Take charges back from the invoices (by id) on which they stand: a credit note for each invoice.

    No more is credited than the invoice still holds: what somebody credited before is not credited twice,
    and an invoice that was credited whole gets no further note. Where it was paid, the money is due back.
    Runs in the caller's transaction, under the visit's lock. Locks: the invoices by id, then the counter.
    """
    notes: dict[UUID | None, CreditNote] = {}
    for invoice in [locked_invoice(invoice_id) for invoice_id in sorted(charges)]:
        lines = [charge for charge in charges[invoice.pk] if charge.amount]
        amount = min(sum((charge.amount for charge in lines), money.ZERO), invoice.total - invoice.credited)
        if amount > 0:
            notes[invoice.pk] = _credit(actor, invoice, amount, reason, lines=lines)
    return notes


def _credit(
    actor: User,
    invoice: Invoice,
    amount: Decimal,
    reason: str,
    *,
    lines: list[Charge],
    kind: str = CreditKind.CREDIT,
) -> CreditNote:
    """Under the invoice's lock."""
    note = CreditNote(
        kind=kind,
        facility=invoice.facility,
        patient_id=invoice.patient_id,
        invoice=invoice,
        amount=amount,
        reason=reason,
        issued_by=actor,
        issued_at=clock.now(),
        number=numbering.next_number(invoice.facility, "CN"),
    )
    note.save(force_insert=True)
    Invoice.objects.filter(pk=invoice.pk).update(credited=F("credited") + amount, due_back=due_back(credited=amount))
    ledger.post(
        actor,
        facility=invoice.facility,
        kind="discount" if kind == CreditKind.DISCOUNT else "credit-note",
        source=note,
        entries=[(Account.CREDITS, amount), (Account.RECEIVABLE, -amount)],
        patient_id=invoice.patient_id,
    )
    draw_credit_note(actor, note, lines=lines)
    verb = "discounted" if kind == CreditKind.DISCOUNT else "credited"
    audit.record(actor, f"billing.invoice.{verb}", note, reason=reason, detail={"lines": len(lines)})
    return note


def draw_credit_note(actor: User, note: CreditNote, *, lines: Sequence[Charge] | None = None) -> Document:
    """The credit note's PDF, with the charges that it takes back; those that are reversed for it, when it is drawn later."""
    invoice = note.invoice
    if lines is None:
        lines = Charge.objects.filter(reversal__credit_note=note).order_by("occurred_at", "id")
    return documents.issue(
        actor,
        kind=DocumentKind.CREDIT_NOTE,
        source=note,
        number=note.number,
        title=str(_("Discount") if note.kind == CreditKind.DISCOUNT else _("Credit note")),
        template="print/credit_note.html",
        paper=invoice.facility.paper,
        facility=invoice.facility,
        dated=note.issued_at,
        snapshot={
            "patient": identity(invoice.patient, at=note.issued_at),
            "number": note.number,
            "invoice_number": invoice.number,
            "currency": invoice.currency,
            "lines": [{"description": charge.description, "amount": str(charge.amount)} for charge in lines],
            "amount": str(note.amount),
            "discount": note.kind == CreditKind.DISCOUNT,
            "reason": note.reason,
        },
        patient_id=invoice.patient_id,
    )


def due_back(*, paid: Decimal = money.ZERO, credited: Decimal = money.ZERO) -> Greatest:
    """What is due back once so much more is paid and credited, as an expression."""
    return Greatest(F("paid") + paid + F("credited") + credited - F("total"), money.ZERO)
