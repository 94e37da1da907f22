"""What the database itself refuses, whoever asks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, connection, models, transaction

from billing.models import (
    Charge,
    CreditNote,
    Invoice,
    InvoiceLine,
    LedgerEntry,
    LedgerTransaction,
    Payment,
)
from billing.services import charges, invoices, payments
from hms.core import clock
from hms.core.models import User
from patients.models import Encounter
from tests.billing.conftest import charge


def unbalanced(actor: User, *amounts: str) -> None:
    """Entries written past the service."""
    movement = LedgerTransaction.objects.create(
        facility=actor.facility,
        kind="by-hand",
        occurred_at=clock.now(),
        source_type="core.user",
        source_id="00000000-0000-7000-8000-000000000000",
        posted_by=actor,
    )
    for amount in amounts:
        LedgerEntry.objects.create(transaction=movement, account="cash", amount=Decimal(amount))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("amounts", [("5.00",), ("5.00", "-4.99"), ("-0.01",)])
def test_a_ledger_transaction_that_does_not_sum_to_zero_is_refused_at_commit(
    reception: User, amounts: tuple[str, ...]
) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        unbalanced(reception, *amounts)
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_that_sums_to_zero_only_at_its_end_is_accepted(reception: User) -> None:
    with transaction.atomic():
        unbalanced(reception, "5.00", "-2.00", "-3.00")
    assert LedgerEntry.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_an_entry_slipped_into_a_finished_transaction_is_refused(reception: User) -> None:
    with transaction.atomic():
        unbalanced(reception, "5.00", "-5.00")
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        LedgerEntry.objects.create(transaction=LedgerTransaction.objects.get(), account="cash", amount=Decimal("1.00"))


@pytest.fixture
def books(cashier: User, accountant: User, invoice: Invoice) -> Invoice:
    """A row in every table that only grows."""
    payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(10), method="cash")
    invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal(10), reason="Goodwill")
    return invoice


@pytest.mark.parametrize("model", [Charge, InvoiceLine, Payment, CreditNote, LedgerTransaction, LedgerEntry])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_what_stands_in_the_books_is_neither_changed_nor_removed(
    books: Invoice, model: type[models.Model], verb: str
) -> None:
    table = model._meta.db_table
    sql = {"update": f"update {table} set created_at = now()", "delete": f"delete from {table}"}[verb]
    before = model._default_manager.count()
    assert before
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert model._default_manager.count() == before


@pytest.mark.parametrize(
    "change",
    [{"paid": Decimal("100.01")}, {"credited": Decimal("-1")}, {"total": Decimal("-1")}],
    ids=["paid more than the total", "credited below zero", "total below zero"],
)
def test_an_invoice_never_holds_an_impossible_amount(invoice: Invoice, change: dict[str, Decimal]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).update(**change)


def test_a_charge_stands_on_one_invoice_line(invoice: Invoice) -> None:
    line = invoice.lines.first()
    with pytest.raises(IntegrityError, match="charge_id"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=invoice, charge=line.charge, position=99, description="Again", quantity=1, unit_price=1, amount=1
        )


def test_a_reversal_without_a_reason_is_refused(invoice: Invoice, cashier: User) -> None:
    paid = payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(10), method="cash")
    with pytest.raises(IntegrityError, match="billing_payment_sign"), transaction.atomic():
        Payment.objects.create(
            facility=paid.facility,
            patient_id=paid.patient_id,
            invoice=invoice,
            number="X",
            method="cash",
            amount=Decimal(-10),
            received_by=cashier,
            received_at=clock.now(),
            reverses=paid,
        )


def copy_of(charge: Charge, **changed: object) -> Charge:
    """The same act, charged past the service."""
    kept = ["facility", "patient", "encounter", "service", "source_type", "source_id", "description", "posted_by"]
    fields = {
        name: getattr(charge, name) for name in [*kept, "quantity", "unit_price", "amount", "occurred_at", "posted_at"]
    }
    return Charge(**{**fields, **changed})


def test_of_one_act_no_two_charges_stand_whoever_writes_them(manager: User, reception: User, visit: Encounter) -> None:
    first = charge(reception, visit)
    other = charge(reception, visit, "OTHER")
    reversal = charges.reverse(manager, charge_id=first.pk, reason="Wrong")
    others_reversal = charges.reverse(manager, charge_id=other.pk, reason="Wrong")
    second = charge(reception, visit)
    taken_back = {"quantity": -1, "amount": Decimal(-40), "reason": "Again"}
    refused = {
        "another first": {},
        "another after the same reversal": {"after": reversal},
        "after the reversal of another service": {"after": others_reversal},
        "after a charge": {"after": second},
        "a second reversal": {"reverses": first, **taken_back},
        "the reversal of a reversal": {"reverses": reversal, **taken_back},
        "the reversal of another amount": {"reverses": second, **taken_back, "amount": Decimal(-39)},
        "a reversal that is also a charge anew": {"reverses": second, "after": reversal, **taken_back},
    }
    for name, fields in refused.items():
        with pytest.raises(IntegrityError), transaction.atomic():
            copy_of(first, **fields).save()
            pytest.fail(name)
    assert list(Charge.objects.standing()) == [second]
