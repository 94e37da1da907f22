"""Money in, and the supervised way out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import Invoice, Payment
from billing.services import payments
from hms.core import documents
from hms.core.models import Document, DocumentKind, User
from hms.core.refusals import Refused
from tests.billing.conftest import account, faults, text_of
from tests.project.lived import unguarded


def take(actor: User, invoice: Invoice, amount: str, method: str = "cash", reference: str = "") -> Payment:
    return payments.take(actor, invoice_id=invoice.pk, amount=Decimal(amount), method=method, reference=reference)


def test_a_payment_lowers_what_is_owed_and_enters_the_ledger(cashier: User, invoice: Invoice) -> None:
    assert invoice.status == "due"
    first = take(cashier, invoice, "60.00")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("part_paid", Decimal(40))
    second = take(cashier, invoice, "40.00", "card", " T-1182 ")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("paid", 0)
    assert [first.number[-6:], second.number[-6:]] == ["000001", "000002"]
    assert second.reference == "T-1182"
    assert (account("cash"), account("card"), account("receivable")) == (60, 40, 0)


@pytest.mark.parametrize("amount", ["0", "-1", "0.004"])
def test_nothing_is_not_a_payment(cashier: User, invoice: Invoice, amount: str) -> None:
    with pytest.raises(Refused, match="above zero") as refused:
        take(cashier, invoice, amount)
    assert refused.value.field == "amount"
    assert not Payment.objects.exists()


def test_more_than_is_owed_is_refused_with_the_amount_to_take(cashier: User, invoice: Invoice) -> None:
    with pytest.raises(Refused, match=r"Only 100\.00 is owed"):
        take(cashier, invoice, "100.01")
    take(cashier, invoice, "100.00")
    with pytest.raises(Refused, match="Nothing is owed"):
        take(cashier, invoice, "0.01")


@pytest.mark.parametrize("method", ["card", "transfer", "mobile", "cheque"])
def test_only_cash_needs_no_reference(cashier: User, invoice: Invoice, method: str) -> None:
    with pytest.raises(Refused) as refused:
        take(cashier, invoice, "10.00", method, "  ")
    assert refused.value.field == "reference"
    assert take(cashier, invoice, "10.00", method, "R-7").method == method


@pytest.mark.printed
def test_the_receipt_says_what_was_paid_and_what_is_left(cashier: User, invoice: Invoice) -> None:
    payment = take(cashier, invoice, "60.00", "card", "T-1182")
    text = " ".join(text_of(bytes(Document.objects.get(kind=DocumentKind.RECEIPT).content)).split())
    for expected in (
        payment.number,
        invoice.number,
        "Raghunathan",
        invoice.patient.mrn,
        "Card",
        "T-1182",
        cashier.name,
        "Invoice total 100.00",
        "Paid now 60.00 GBP",
        "Still to pay 40.00",
    ):
        assert expected in text, (expected, text)


@pytest.mark.printed
def test_a_payment_is_reversed_by_a_second_person(cashier: User, accountant: User, invoice: Invoice) -> None:
    payment = take(cashier, invoice, "100.00")
    with pytest.raises(Refused, match="You took this payment yourself"):
        payments.reverse(cashier, payment_id=payment.pk, reason="Mistake")
    reversal = payments.reverse(accountant, payment_id=payment.pk, reason="Wrong patient")
    invoice.refresh_from_db()
    assert (reversal.amount, invoice.paid, invoice.status) == (Decimal(-100), 0, "due")
    assert (account("cash"), account("receivable")) == (0, 100)
    assert Payment.objects.count() == 2
    assert documents.latest(payment, DocumentKind.RECEIPT).status == "withdrawn", "its receipt proves nothing any more"
    receipt = Document.objects.get(kind=DocumentKind.RECEIPT, number=reversal.number)
    text = text_of(bytes(receipt.content))
    assert "Wrong patient" in text
    assert "−100.00" in text


def test_a_receipt_that_is_drawn_only_after_the_reversal_proves_nothing(
    cashier: User, accountant: User, invoice: Invoice
) -> None:
    payment = take(cashier, invoice, "100.00")
    payments.reverse(accountant, payment_id=payment.pk, reason="Wrong patient")
    with unguarded() as cursor:  # as if it had never been drawn
        cursor.execute("delete from core_document where source_id = %s", [payment.pk])
    payments.draw_receipt(cashier, payment)
    assert documents.latest(payment, DocumentKind.RECEIPT).status == "withdrawn"


def test_a_payment_is_reversed_once_and_a_reversal_never(cashier: User, accountant: User, invoice: Invoice) -> None:
    payment = take(cashier, invoice, "100.00")
    reversal = payments.reverse(accountant, payment_id=payment.pk, reason="Wrong")
    with pytest.raises(Refused, match="already"):
        payments.reverse(accountant, payment_id=payment.pk, reason="Wrong")
    with pytest.raises(Refused, match="a reversal itself"):
        payments.reverse(cashier, payment_id=reversal.pk, reason="Back")
    take(cashier, invoice, "100.00")
    assert [fault for fault in faults() if "closed visits" not in fault] == []
