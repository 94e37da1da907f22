"""Undoing what was invoiced: each line is credited once, and what was paid for it is given back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from billing.models import Charge, CreditNote, Invoice, Payment
from billing.services import charges, invoices, payments
from hms.core.models import AuditEvent, Document, DocumentKind, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.services import encounters
from tests.billing.conftest import account, charge, faults, text_of


@pytest.fixture
def acts(reception: User, visit: Encounter) -> list[Charge]:
    """Sixty and forty, of two different acts, on one invoice of a closed visit."""
    other = encounters.open_encounter(reception, patient=visit.patient)  # stands for the second act
    made = [charge(reception, visit, "XRAY", "60.00")]
    service = charge(reception, other, "SUTURE", "40.00").service
    charges.undo(reception, sources=[other], reason="Only to have the service")
    encounters.cancel(reception, encounter_id=other.pk, reason="Only to have the service")
    made.append(charges.post(reception, encounter=visit, source=visit.patient, service=service))
    encounters.close(reception, encounter_id=visit.pk)
    invoices.issue(reception, encounter_id=visit.pk)
    return made


def the_invoice() -> Invoice:
    return Invoice.objects.get()


def undo(actor: User, act: Charge) -> list[Charge]:
    source = act.encounter if act.source_type == "patients.encounter" else act.patient
    return charges.undo(actor, sources=[source], reason="Clotted")


def sound() -> bool:
    return [fault for fault in faults() if "closed visits" not in fault] == []


@pytest.mark.printed
def test_an_invoiced_act_that_is_undone_is_credited_by_whoever_undoes_it(
    person, reception: User, acts: list[Charge]
) -> None:
    technician = person("lab_technician")
    (reversal,) = undo(technician, acts[1])
    note = CreditNote.objects.get()
    assert (note.amount, note.reason, note.issued_by) == (Decimal(40), "Clotted", technician)
    assert (reversal.credit_note, reversal.act_undone) == (note, True)
    invoice = the_invoice()
    assert (invoice.credited, invoice.balance, invoice.due_back) == (Decimal(40), Decimal(60), 0)
    # As if it had never been done: no revenue, nothing owed, nothing granted.
    assert (account("receivable"), account("revenue-procedure"), account("credits")) == (60, -60, 0)
    assert AuditEvent.objects.get(action="billing.invoice.credited").actor == technician
    text = " ".join(text_of(bytes(Document.objects.get(kind=DocumentKind.CREDIT_NOTE).content)).split())
    for expected in (note.number, invoice.number, "Suture", "40.00", "Clotted"):
        assert expected in text, (expected, text)
    assert sound()


def test_it_is_credited_once_however_often_it_is_undone(reception: User, acts: list[Charge]) -> None:
    (reversal,) = undo(reception, acts[1])
    assert undo(reception, acts[1]) == []
    assert charges.reverse(reception, charge_id=acts[1].pk, reason="Again").pk == reversal.pk
    assert CreditNote.objects.get().amount == 40
    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.create(
            **{
                name: getattr(reversal, name)
                for name in [
                    "facility",
                    "patient",
                    "encounter",
                    "service",
                    "source_type",
                    "source_id",
                    "description",
                    "quantity",
                    "unit_price",
                    "amount",
                    "posted_by",
                    "occurred_at",
                    "posted_at",
                    "reverses",
                    "reason",
                    "credit_note",
                ]
            }
        )


def test_a_line_that_accounting_credited_is_not_credited_again_when_the_act_is_undone(
    accountant: User, reception: User, acts: list[Charge]
) -> None:
    charges.reverse(accountant, charge_id=acts[1].pk, reason="Clotted, the laboratory says")
    assert undo(reception, acts[1]) == []
    assert the_invoice().credited == 40
    assert sound()


@pytest.mark.parametrize(("goodwill", "further"), [("100.00", None), ("70.00", "30.00"), ("10.00", "40.00")])
def test_no_more_is_credited_than_the_invoice_still_holds(
    accountant: User, reception: User, acts: list[Charge], goodwill: str, further: str | None
) -> None:
    invoices.credit(accountant, invoice_id=the_invoice().pk, amount=Decimal(goodwill), reason="Goodwill")
    (reversal,) = undo(reception, acts[1])
    assert (reversal.credit_note.amount if reversal.credit_note else None) == (further and Decimal(further))
    invoice = the_invoice()
    assert invoice.credited == Decimal(goodwill) + Decimal(further or 0)
    assert (account("receivable"), account("unbilled")) == (invoice.balance, 0)
    assert account("revenue-procedure") == -60
    assert sound()


def test_when_every_line_is_undone_nothing_is_left_of_the_invoice(reception: User, acts: list[Charge]) -> None:
    undo(reception, acts[0])
    undo(reception, acts[1])
    invoice = the_invoice()
    assert (invoice.credited, invoice.balance, invoice.status) == (Decimal(100), 0, "credited")
    assert (account("revenue-procedure"), account("credits"), account("receivable")) == (0, 0, 0)
    assert sound()


@pytest.mark.printed
def test_what_was_paid_for_an_undone_act_is_given_back_by_a_second_person(
    cashier: User, accountant: User, reception: User, acts: list[Charge]
) -> None:
    invoice = the_invoice()
    payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(80), method="cash")
    charges.reverse(accountant, charge_id=acts[1].pk, reason="Clotted")
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.due_back, invoice.status) == (0, Decimal(20), "refund")
    assert account("receivable") == -20
    assert sound()
    for amount, actor, words in (("20.01", cashier, r"Only 20\.00"), ("20.00", accountant, "Ask a colleague")):
        with pytest.raises(Refused, match=words):
            payments.refund(actor, invoice_id=invoice.pk, amount=Decimal(amount), method="cash", reason="Clotted")
    with pytest.raises(Refused, match="Nothing is owed"):
        payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(1), method="cash")
    given = payments.refund(cashier, invoice_id=invoice.pk, amount=Decimal(20), method="cash", reason="Clotted")
    invoice.refresh_from_db()
    assert (given.amount, invoice.paid, invoice.due_back, invoice.status) == (Decimal(-20), Decimal(60), 0, "paid")
    assert (account("cash"), account("receivable")) == (60, 0)
    assert sound()
    text = " ".join(text_of(bytes(Document.objects.get(number=given.number).content)).split())
    assert "−20.00" in text
    assert "Still to pay 0.00" in text


def test_a_refund_entered_wrongly_is_reversed_and_the_payment_behind_it_only_then(
    cashier: User, accountant: User, reception: User, acts: list[Charge]
) -> None:
    invoice = the_invoice()
    paid = payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(100), method="cash")
    undo(reception, acts[1])
    given = payments.refund(cashier, invoice_id=invoice.pk, amount=Decimal(40), method="cash", reason="Clotted")
    with pytest.raises(Refused, match="Reverse that refund first"):
        payments.reverse(accountant, payment_id=paid.pk, reason="Bounced")
    payments.reverse(accountant, payment_id=given.pk, reason="Nobody came for it")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.due_back) == (Decimal(100), Decimal(40))
    payments.reverse(accountant, payment_id=paid.pk, reason="Bounced")
    invoice.refresh_from_db()
    assert (invoice.paid, invoice.due_back, invoice.balance) == (0, 0, Decimal(60))
    assert Payment.objects.count() == 4
    assert sound()


def test_an_act_done_again_after_its_credit_goes_onto_a_further_invoice(reception: User, acts: list[Charge]) -> None:
    undo(reception, acts[1])
    visit = acts[1].encounter
    charges.post(reception, encounter=visit, source=visit.patient, service=acts[1].service)
    further = invoices.issue(reception, encounter_id=visit.pk)
    assert further.total == 40
    assert faults() == []


def test_the_database_keeps_an_invoice_from_owing_what_nobody_paid(reception: User, acts: list[Charge]) -> None:
    for change in (
        {"due_back": Decimal(5)},
        {"credited": Decimal(101), "due_back": Decimal(1)},
        {"paid": Decimal(101)},
        {"due_back": Decimal(-1)},
    ):
        with pytest.raises(IntegrityError, match="billing_invoice"), transaction.atomic():
            Invoice.objects.update(**change)


def test_the_cash_desk_sees_whose_money_is_to_be_given_back_and_gives_it(
    cashier: User, reception: User, acts: list[Charge], browser_of
) -> None:
    invoice = the_invoice()
    payments.take(reception, invoice_id=invoice.pk, amount=Decimal(100), method="cash")
    undo(reception, acts[1])
    desk = browser_of(cashier)
    assert "Money to give back" in desk.get("/billing/today").content.decode()
    assert "to give back" in desk.get(f"/billing/patients/{invoice.patient_id}/account").content.decode()
    assert invoice.number in desk.get("/billing/invoices/?status=refund").content.decode()
    assert invoice.number not in desk.get("/billing/invoices/?status=paid").content.decode()
    shown = desk.get(f"/billing/invoices/{invoice.pk}/").content.decode()
    assert "Clotted" in shown
    assert "Give money back" in shown
    form = desk.get(f"/billing/invoices/{invoice.pk}/refund").content.decode()
    assert 'value="40.00"' in form
    answer = desk.post(
        f"/billing/invoices/{invoice.pk}/refund",
        {"_key": "0192f0a0-0000-7000-8000-000000000001", "amount": "40", "method": "cash", "reason": "Clotted"},
    )
    assert answer.status_code == 302
    assert the_invoice().due_back == 0
