"""What becomes of the books when a patient's record is erased: every figure stays, and nobody is named."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models import Charge, CreditNote, Invoice, InvoiceLine, LedgerEntry, LedgerTransaction, Payment
from hms.core import erasures
from hms.core.erasures import ERASED, SAID


def register() -> None:
    erasures.forbids(
        _("An invoice is not settled: something is owed, or has to be given back. Settle or credit it first."),
        lambda patient_id: Invoice.objects.filter(patient=patient_id).filter(~Q(balance=0) | Q(due_back__gt=0)),
    )
    erasures.forbids(
        _("Something was charged and is on no invoice yet. Close the visit, or reverse the charge."),
        lambda patient_id: Charge.objects.standing().filter(patient=patient_id, invoice_line=None).exclude(amount=0),
    )
    erasures.stays(
        Charge,
        why="income, and what it was for",
        kept=(
            "source_type", "source_id", "quantity", "unit_price", "amount", "occurred_at", "posted_at", "act_undone",
            "waived",
        ),
        description=ERASED,
        reason=SAID,
    )  # fmt: skip
    erasures.stays(
        Invoice,
        why="numbers without gaps, and what was owed and paid",
        kept=("number", "currency", "issued_at", "total", "paid", "credited", "due_back"),
    )
    erasures.stays(
        InvoiceLine,
        why="an invoice is the sum of its lines",
        kept=("position", "quantity", "unit_price", "amount"),
        description=ERASED,
    )
    erasures.stays(Payment, why="money that was taken", kept=("number", "method", "amount", "received_at"), reason=SAID)
    erasures.stays(CreditNote, why="money that was let go", kept=("number", "kind", "amount", "issued_at"), reason=SAID)
    erasures.stays(LedgerTransaction, why="the ledger", kept=("kind", "occurred_at", "source_type", "source_id"))
    erasures.stays(LedgerEntry, why="the ledger", kept=("account", "amount", "patient_id"))
