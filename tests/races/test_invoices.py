"""One invoice paid at many desks at once; one visit invoiced by several workers at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from billing.models import Charge, CreditNote, Invoice, InvoiceLine, LedgerEntry, Payment
from billing.services import charges, invoices, payments
from hms.core.models import OutboxMessage, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.services import encounters
from tests.billing.conftest import account, charge, faults, make_invoice, make_service
from tests.conftest import drain, make_patient
from tests.races.crowd import again, crowd, looking_together, unlocked, without

CROWD = 6
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invoice(reception: User) -> Invoice:
    return make_invoice(reception, make_patient(reception), "60.00", "40.00")


def receipts() -> list[int]:
    return sorted(int(number.rpartition("-")[2]) for number in Payment.objects.values_list("number", flat=True))


def pay_at_once(reception: User, invoice: Invoice, amount: str) -> list[Any]:
    def act(_number: int) -> Payment:
        return payments.take(again(reception), invoice_id=invoice.pk, amount=Decimal(amount), method="cash")

    return crowd(act, CROWD)


def test_the_full_amount_is_taken_once(reception: User, invoice: Invoice) -> None:
    answers = pay_at_once(reception, invoice, "100.00")
    assert sum(isinstance(answer, Payment) for answer in answers) == 1, answers
    refused = [answer.message for answer in answers if isinstance(answer, Refused)]
    assert refused == ["Nothing is owed on this invoice any more."] * (CROWD - 1), answers
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.balance, invoice.status) == (Decimal(100), 0, "paid")
    assert receipts() == [1]
    assert account("cash") == 100
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0
    assert faults() == []


def test_parts_taken_at_once_never_make_more_than_the_whole(reception: User, invoice: Invoice) -> None:
    answers = pay_at_once(reception, invoice, "30.00")
    assert sum(isinstance(answer, Payment) for answer in answers) == 3, answers
    refused = {answer.message for answer in answers if isinstance(answer, Refused)}
    assert refused == {"Only 10.00 is owed. Take that much, and give change."}
    assert receipts() == [1, 2, 3]  # who was refused took no number
    assert faults() == []


def test_a_payment_is_reversed_once_by_two_who_try_at_once(reception: User, invoice: Invoice, person: Any) -> None:
    taken = payments.take(reception, invoice_id=invoice.pk, amount=Decimal(100), method="cash")
    accountant = person("accountant")

    def act(_number: int) -> Payment:
        return payments.reverse(again(accountant), payment_id=taken.pk, reason="Wrong patient")

    answers = crowd(act, 4)
    assert sum(isinstance(answer, Payment) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 3, answers
    assert account("cash") == 0
    assert faults() == []


def pay_without_the_lock(reception: User, invoice: Invoice) -> list[Any]:
    """Every till takes the whole amount by our own service; all have read the balance before anyone pays."""
    with unlocked(Invoice), looking_together(Invoice, CROWD):
        return pay_at_once(reception, invoice, "100.00")


def test_without_the_lock_only_the_constraint_stands_between_the_tills_and_one_invoice(
    reception: User, invoice: Invoice
) -> None:
    """The control of the lock."""
    answers = pay_without_the_lock(reception, invoice)
    assert sum(isinstance(answer, Payment) for answer in answers) == 1, answers
    assert sum("billing_invoice_never_overpaid" in str(answer) for answer in answers) == CROWD - 1, answers
    assert receipts() == [1]


def test_without_lock_and_constraint_one_invoice_is_paid_at_every_till(reception: User, invoice: Invoice) -> None:
    """The control of both: every till saw the whole amount owed."""

    def clear() -> None:
        with connection.cursor() as cursor:
            cursor.execute("update billing_invoice set paid = 0")

    with without(Invoice, "billing_invoice_never_overpaid", clear):
        answers = pay_without_the_lock(reception, invoice)
        assert sum(isinstance(answer, Payment) for answer in answers) == CROWD, answers
        invoice.refresh_from_db()
        assert (invoice.paid, invoice.balance) == (Decimal(100 * CROWD), Decimal(100 - 100 * CROWD))


def undo_at_once(person: Any, reception: User, invoice: Invoice) -> list[Any]:
    """Everyone undoes the act of the second line; each of the odd ones, another manager, credits that line instead."""
    line = invoice.lines.get(position=2)
    managers = [person("manager") for _number in range(CROWD)]

    def act(number: int) -> Any:
        if number % 2:
            return [charges.reverse(again(managers[number]), charge_id=line.charge_id, reason="Clotted")]
        return charges.undo(again(reception), sources=[invoice.encounter], reason="Clotted")

    return crowd(act, CROWD)


def test_acts_undone_by_several_at_once_are_credited_once(person: Any, reception: User, invoice: Invoice) -> None:
    answers = undo_at_once(person, reception, invoice)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert CreditNote.objects.filter(reversals__reverses__invoice_line__position=2).count() == 1
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.balance) == (Decimal(100), 0)
    assert faults() == []


def test_without_locks_the_database_still_credits_a_line_once(person: Any, reception: User, invoice: Invoice) -> None:
    """The control of the locks: everyone saw a charge that nobody had reversed."""
    with unlocked(Encounter, Invoice), looking_together(Invoice, CROWD):
        answers = undo_at_once(person, reception, invoice)
    assert [answer for answer in answers if isinstance(answer, Exception)], answers
    assert all("billing_" in str(answer) for answer in answers if isinstance(answer, Exception)), answers
    assert CreditNote.objects.filter(reversals__reverses__invoice_line__position=2).count() == 1
    invoice.refresh_from_db()
    assert invoice.credited in (40, 100)
    assert faults() == []


def test_paying_crediting_and_undoing_at_once_leave_books_that_agree(
    manager: User, reception: User, invoice: Invoice, person: Any
) -> None:
    accountant = person("accountant")
    line = invoice.lines.get(position=2)

    def act(number: int) -> Any:
        if number % 3 == 0:
            return payments.take(again(reception), invoice_id=invoice.pk, amount=Decimal(50), method="cash")
        if number % 3 == 1:
            return invoices.credit(again(accountant), invoice_id=invoice.pk, amount=Decimal(30), reason="Goodwill")
        return charges.reverse(again(manager), charge_id=line.charge_id, reason="Clotted")

    answers = crowd(act, CROWD)
    assert not [a for a in answers if isinstance(a, Exception) and not isinstance(a, Refused)], answers
    assert faults() == []


@pytest.fixture
def closed(reception: User, patient: Patient) -> Encounter:
    """A visit with two charges that nobody invoiced yet."""
    visit = encounters.open_encounter(reception, patient=patient)
    charge(reception, visit, "XRAY", "60.00")
    charge(reception, visit, "SUTURE", "40.00")
    return encounters.close(reception, encounter_id=visit.pk)


def test_a_visit_invoiced_by_several_workers_at_once_has_one_invoice(closed: Encounter) -> None:
    answers = crowd(lambda _number: invoices.issue(User.objects.system(), encounter_id=closed.pk), CROWD)
    assert sum(isinstance(answer, Invoice) for answer in answers) == 1, answers
    assert answers.count(None) == CROWD - 1
    made = Invoice.objects.get()
    assert (made.total, made.lines.count(), made.number[-6:]) == (Decimal(100), 2, "000001")
    assert account("unbilled") == 0
    OutboxMessage.objects.all().delete()
    assert faults() == []


def charge_at_once(reception: User, visit: Encounter) -> list[Any]:
    service = make_service(visit.facility)
    return crowd(lambda _number: charges.post(again(reception), encounter=visit, source=visit, service=service), CROWD)


@pytest.mark.parametrize("earlier", [0, 1], ids=["for the first time", "after a reversal"])
def test_an_act_charged_by_several_at_once_is_charged_once(
    manager: User, reception: User, visit: Encounter, earlier: int
) -> None:
    for _time in range(earlier):
        charges.reverse(manager, charge_id=charge(reception, visit).pk, reason="Wrong")
    answers = charge_at_once(reception, visit)
    assert {answer.pk for answer in answers} == {Charge.objects.standing().get().pk}, answers
    assert account("unbilled") == 40


@pytest.mark.parametrize("earlier", [0, 1], ids=["for the first time", "after a reversal"])
def test_without_the_visits_lock_only_the_database_keeps_an_act_from_being_charged_by_each(
    manager: User, reception: User, visit: Encounter, earlier: int
) -> None:
    """The control of the lock: everyone saw that nothing stands."""
    for _time in range(earlier):
        charges.reverse(manager, charge_id=charge(reception, visit).pk, reason="Wrong")
    with unlocked(Encounter), looking_together(Charge, CROWD):
        answers = charge_at_once(reception, visit)
    assert sum(isinstance(answer, Charge) for answer in answers) == 1, answers
    assert sum("billing_charge_one_per_act" in str(answer) for answer in answers) == CROWD - 1, answers


def test_without_lock_and_constraint_an_act_is_charged_by_each(reception: User, visit: Encounter) -> None:
    """The control of both."""

    def clear() -> None:
        with connection.cursor() as cursor:
            cursor.execute("truncate billing_charge cascade")

    with without(Charge, "billing_charge_one_per_act", clear), unlocked(Encounter), looking_together(Charge, CROWD):
        charge_at_once(reception, visit)
        assert Charge.objects.standing().count() == CROWD


def test_a_charge_that_races_with_the_close_is_never_left_off_the_bill(reception: User, visit: Encounter) -> None:
    charge(reception, visit, "XRAY", "60.00")

    def act(number: int) -> Any:
        if number:
            return charge(again(reception), visit, f"LATE{number}", "10.00")
        return encounters.close(again(reception), encounter_id=visit.pk)

    answers = crowd(act, CROWD)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    drain()
    assert sum(Invoice.objects.values_list("total", flat=True)) == Decimal(60 + 10 * (CROWD - 1))
    assert not Charge.objects.uninvoiced().exists()
    assert faults() == []


def bill_without_the_lock(closed: Encounter) -> list[Any]:
    """Every worker issues by our own service; all have read what stands on no invoice before anyone writes."""
    with unlocked(Encounter), looking_together(Charge, CROWD):
        return crowd(lambda _number: invoices.issue(User.objects.system(), encounter_id=closed.pk), CROWD)


def test_without_the_lock_every_worker_bills_and_the_database_lets_one_through(closed: Encounter) -> None:
    """The control of the visit's lock: a charge stands on one invoice because its line is unique."""
    answers = bill_without_the_lock(closed)
    assert sum(isinstance(answer, Invoice) for answer in answers) == 1, answers
    assert sum("charge_id" in str(answer) for answer in answers if isinstance(answer, Exception)) == CROWD - 1
    assert Invoice.objects.count() == 1


def test_without_lock_and_constraint_the_patient_gets_an_invoice_from_every_worker(closed: Encounter) -> None:
    """The control of both."""
    field = InvoiceLine._meta.get_field("charge")
    with connection.cursor() as cursor:
        cursor.execute(
            "select conname from pg_constraint where conrelid = 'billing_invoiceline'::regclass and contype = 'u'"
            " and conkey = array[(select attnum from pg_attribute where attrelid = 'billing_invoiceline'::regclass"
            " and attname = %s)]",
            [field.column],
        )
        (name,) = cursor.fetchone()
        cursor.execute(f"alter table billing_invoiceline drop constraint {name}")
    try:
        answers = bill_without_the_lock(closed)
        assert sum(isinstance(answer, Invoice) for answer in answers) == CROWD, answers
        assert {str(total) for total in Invoice.objects.values_list("total", flat=True)} == {"100.00"}
        assert any("unbilled" in fault for fault in faults())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("truncate billing_invoiceline, billing_invoice cascade")
            cursor.execute(f"alter table billing_invoiceline add constraint {name} unique (charge_id)")
