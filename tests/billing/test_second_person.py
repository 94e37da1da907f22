"""Money that one person does not give away or take back alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from billing.models import Charge, CreditNote, Invoice, LedgerTransaction, Payment, Service
from billing.services import charges, invoices, payments
from hms.core import approvals, limits, oracle
from hms.core.models import Approval, AuditEvent, Document, Membership, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from tests.billing.conftest import account, charge, faults, make_invoice, text_of, waits


@pytest.fixture
def dear(reception: User, patient: Patient) -> Invoice:
    """A thousand pounds in two lines."""
    return make_invoice(reception, patient, "600.00", "400.00")


@pytest.fixture
def due(dear: Invoice, cashier: User, manager: User) -> Invoice:
    """Paid in full; then the line of four hundred was not done after all."""
    payments.take(cashier, invoice_id=dear.pk, amount=Decimal(1000), method="cash")
    charges.reverse(manager, charge_id=dear.lines.get(position=2).charge_id, reason="Not done")
    dear.refresh_from_db()
    return dear


def refund(actor: User, invoice: Invoice, amount: str) -> Payment | Approval:
    return payments.refund(actor, invoice_id=invoice.pk, amount=Decimal(amount), method="cash", reason="Not done")


def discount(actor: User, invoice: Invoice, amount: str) -> CreditNote | Approval:
    return invoices.discount(actor, invoice_id=invoice.pk, amount=Decimal(amount), reason="Hardship")


def books() -> tuple:
    """Everything that an act may change."""
    sums = [(row.paid, row.credited, row.due_back) for row in Invoice.objects.order_by("pk")]
    rows = (Payment, CreditNote, Charge, LedgerTransaction, Document)
    return sums, [model.objects.count() for model in rows], list(Service.objects.values_list("pk", "price", "active"))


# A kind → (who does it, how much they do alone, the act for an amount).
Act = Callable[[User, Invoice, str], Any]
ACTS: dict[str, tuple[str, str, Act]] = {
    "billing.discount": ("accountant", "200.00", discount),
    "billing.credit": (
        "accountant",
        "200.00",
        lambda actor, invoice, amount: invoices.credit(
            actor, invoice_id=invoice.pk, amount=Decimal(amount), reason="Not owed"
        ),
    ),
}


@pytest.mark.parametrize("kind", ACTS)
def test_up_to_the_limit_a_credit_is_given_at_once_and_above_it_waits(
    kind: str, person: Any, manager: User, dear: Invoice
) -> None:
    role, most, act = ACTS[kind]
    maker = person(role)
    done = act(maker, dear, most)
    assert isinstance(done, CreditNote)
    own = Approval.objects.get(result_id=done.pk)
    assert (own.status, own.limit, own.amount, own.kind) == ("within", Decimal(most), Decimal(most), kind)
    before = books()
    asked = waits(act(maker, dear, "0.01"))
    assert books() == before, "nothing changes while it waits"
    assert (asked.amount, asked.counted) == (Decimal("0.01"), Decimal(most) + Decimal("0.01")), "no slices"
    approvals.approve(manager, approval_id=asked.pk, reason="Seen")
    asked.refresh_from_db()
    note = CreditNote.objects.get(pk=asked.result_id)
    assert (asked.status, note.amount, note.issued_by) == ("approved", Decimal("0.01"), maker)
    dear.refresh_from_db()
    assert dear.credited == Decimal(most) + Decimal("0.01")
    assert account("credits") == dear.credited
    assert faults() == []


@pytest.mark.printed
def test_a_discount_is_a_credit_note_that_says_so(accountant: User, reception: User, dear: Invoice) -> None:
    note = discount(accountant, dear, "150.00")
    assert note.kind == "discount"
    dear.refresh_from_db()
    assert (dear.balance, dear.total) == (Decimal(850), Decimal(1000))
    assert LedgerTransaction.objects.get(source_id=note.pk).kind == "discount"
    assert account("receivable") == 850
    text = " ".join(text_of(bytes(Document.objects.get(number=note.number).content)).split())
    assert "the following discount is given" in text
    assert "150.00" in text
    with pytest.raises(Refused, match=r"Only 850\.00 is still owed"):
        discount(accountant, dear, "850.01")
    charges.undo(reception, sources=[dear.encounter], reason="Never done")
    dear.refresh_from_db()
    assert (dear.credited, dear.balance, dear.due_back) == (Decimal(1000), 0, 0), "never credited twice"
    assert faults() == []


def test_the_cash_desk_is_held_by_its_percentage_too(cashier: User, reception: User, patient: Patient) -> None:
    small = make_invoice(reception, patient, "100.00")
    assert isinstance(discount(cashier, small, "10.00"), CreditNote)
    asked = waits(discount(cashier, small, "1.00"))
    assert asked.percent == 11


def test_a_refund_above_the_limit_gives_nothing_back_until_somebody_else_approves(
    cashier: User, manager: User, accountant: User, due: Invoice
) -> None:
    first = refund(cashier, due, "100.00")
    assert first.amount == -100
    before = books()
    asked = waits(refund(cashier, due, "300.00"))
    assert books() == before
    with pytest.raises(Refused, match="waits for approval already"):
        refund(cashier, due, "300.00")
    with pytest.raises(Refused, match="asked for this yourself"):
        approvals.approve(cashier, approval_id=asked.pk)
    with pytest.raises(Refused, match="had a part"):
        approvals.approve(manager, approval_id=asked.pk)
    assert books() == before
    approvals.approve(accountant, approval_id=asked.pk)
    asked.refresh_from_db()
    given = Payment.objects.get(pk=asked.result_id)
    assert (given.amount, given.received_by, asked.decided_by) == (Decimal(-300), cashier, accountant)
    due.refresh_from_db()
    assert (due.due_back, due.paid) == (0, Decimal(600))
    assert account("cash") == 600
    assert Document.objects.filter(number=given.number).exists()
    acts = AuditEvent.objects.filter(action="billing.payment.refunded", object_id=str(given.pk)).get()
    assert (acts.actor, acts.source) == (cashier, f"approval {asked.pk}")
    decided = AuditEvent.objects.get(action="core.approval.approved")
    assert (decided.actor, decided.detail["result"]) == (accountant, f"billing.payment {given.pk}")
    assert faults() == []


def test_a_refund_that_was_given_meanwhile_makes_the_request_void(
    cashier: User, person: Any, accountant: User, due: Invoice
) -> None:
    asked = waits(refund(cashier, due, "400.00"))
    refund(person("accountant"), due, "300.00")
    before = books()
    answer = approvals.approve(accountant, approval_id=asked.pk)
    assert (answer.status, answer.decision_reason) == ("void", "Only 100.00 is to be given back.")
    assert answer.result_id is None
    assert books() == before
    assert cashier.notifications.filter(text__startswith="No longer possible").exists()
    assert AuditEvent.objects.get(action="core.approval.void").reason == answer.decision_reason
    assert faults() == []


def test_a_payment_above_the_limit_is_reversed_with_a_second_person_who_did_not_take_it(
    cashier: User, accountant: User, manager: User, person: Any, dear: Invoice
) -> None:
    paid = payments.take(cashier, invoice_id=dear.pk, amount=Decimal(1000), method="card", reference="T1")
    with pytest.raises(Refused, match="took this payment yourself"):
        payments.reverse(cashier, payment_id=paid.pk, reason="Wrong")
    asked = waits(payments.reverse(accountant, payment_id=paid.pk, reason="Terminal failed"))
    Membership.objects.create(user=cashier, facility=cashier.facility, role=Membership.objects.get(user=manager).role)
    with pytest.raises(Refused, match="had a part"):
        approvals.approve(User.objects.get(pk=cashier.pk).at(cashier.facility), approval_id=asked.pk)
    with pytest.raises(Refused, match=r"above your own limit of 500\.00 GBP"):
        approvals.approve(person("accountant"), approval_id=asked.pk)
    approvals.approve(manager, approval_id=asked.pk)
    dear.refresh_from_db()
    assert (dear.paid, dear.balance) == (0, Decimal(1000))
    assert account("card") == 0
    assert faults() == []


def test_a_payment_up_to_the_limit_is_reversed_at_once(cashier: User, accountant: User, dear: Invoice) -> None:
    paid = payments.take(cashier, invoice_id=dear.pk, amount=Decimal(500), method="cash")
    assert payments.reverse(accountant, payment_id=paid.pk, reason="Wrong").reverses == paid


@pytest.mark.parametrize(("waived", "most"), [(False, "500.00"), (True, "100.00")])
def test_a_charge_is_taken_back_or_waived_alone_up_to_the_limit(
    waived: bool, most: str, accountant: User, manager: User, reception: User, visit: Encounter
) -> None:
    small, more = charge(reception, visit, "A", most), charge(reception, visit, "B", "1.00")
    charges.reverse(accountant, charge_id=small.pk, reason="Wrong", waived=waived)
    before = books()
    asked = waits(charges.reverse(accountant, charge_id=more.pk, reason="Wrong", waived=waived))
    assert books() == before
    assert asked.kind == ("billing.waiver" if waived else "billing.charge_reversal")
    approvals.approve(manager, approval_id=asked.pk)
    reversal = Charge.objects.get(reverses=more)
    assert (reversal.waived, reversal.posted_by, reversal.amount) == (waived, accountant, Decimal(-1))
    assert account("unbilled") == 0
    assert faults() == []


def test_an_invoiced_charge_above_the_limit_is_credited_when_it_is_approved(
    accountant: User, manager: User, dear: Invoice
) -> None:
    line = dear.lines.get(position=1)
    asked = waits(charges.reverse(accountant, charge_id=line.charge_id, reason="Wrong patient"))
    assert asked.subject_label == f"Invoice {dear.number}, line 1"
    assert line.description not in f"{asked.subject_label} {asked.arguments}"
    approvals.approve(manager, approval_id=asked.pk)
    dear.refresh_from_db()
    assert (dear.credited, dear.balance) == (Decimal(600), Decimal(400))
    assert Charge.objects.get(reverses=line.charge_id).credit_note.issued_by == accountant
    assert faults() == []


def test_a_charge_undone_meanwhile_makes_its_reversal_void(
    accountant: User, manager: User, reception: User, visit: Encounter
) -> None:
    made = charge(reception, visit, "A", "600.00")
    asked = waits(charges.reverse(accountant, charge_id=made.pk, reason="Wrong"))
    charges.undo(reception, sources=[visit], reason="Not done")
    answer = approvals.approve(manager, approval_id=asked.pk)
    assert (answer.status, answer.decision_reason) == ("void", "This was done otherwise in the meantime.")
    assert Charge.objects.filter(reverses=made).count() == 1


def test_undoing_an_act_of_care_never_waits(reception: User, dear: Invoice) -> None:
    charges.undo(reception, sources=[dear.encounter], reason="Never done")
    dear.refresh_from_db()
    assert dear.credited == 1000
    assert not Approval.objects.exists()
    assert faults() == []


# What the oracle says of an act that went past the engine.


@pytest.mark.parametrize(
    ("check", "wrong"),
    [
        ("approvals: refunds and reversals of payments", "billing_payment"),
        ("approvals: credit notes and discounts", "billing_creditnote"),
        ("approvals: reversals and waivers of charges", "billing_charge"),
    ],
)
def test_an_act_that_nobody_approved_is_found(
    check: str, wrong: str, accountant: User, cashier: User, due: Invoice, reception: User, patient: Patient
) -> None:
    refund(cashier, due, "50.00")
    discount(accountant, make_invoice(reception, patient, "70.00"), "5.00")
    assert faults() == []
    (named,) = [one for one in oracle.checks() if one.name == check]
    with transaction.atomic(), connection.cursor() as cursor:
        kinds = {"billing_payment": "refund", "billing_creditnote": "discount", "billing_charge": "charge_reversal"}
        cursor.execute("set constraints all immediate; alter table core_approval disable trigger user")
        cursor.execute("delete from core_approval where kind = %s", [f"billing.{kinds[wrong]}"])
        assert len(list(named.check())) == 1
        transaction.set_rollback(True)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate; alter table core_approval disable trigger user")
        cursor.execute("update core_approval set amount = 0.01")
        assert len(list(named.check())) == 1, "for another amount"
        transaction.set_rollback(True)


def test_without_the_engines_question_money_leaves_and_the_oracle_sees_it(
    cashier: User, due: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of all of this."""
    monkeypatch.setattr(approvals, "ask", lambda *words, **named: approvals.Asked())
    assert isinstance(refund(cashier, due, "400.00"), Payment)
    assert any("approvals: refunds" in fault for fault in faults())


# The pages


def send(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(name, args=args), {"_key": str(uuid.uuid4()), **fields}, follow=True)


def test_the_desk_is_told_that_it_waits_and_for_whom_and_the_invoice_says_so(
    cashier: User, accountant: User, due: Invoice, browser_of: Any, client_as: Any
) -> None:
    desk = browser_of(cashier)
    asking = desk.get(reverse("billing:payment-refund", args=[due.pk])).content.decode()
    assert "You do this alone up to: 100.00 GBP" in asking
    answer = send(desk, "billing:payment-refund", due.pk, amount="400", method="cash", reason="Not done")
    html = answer.content.decode()
    assert "Not done yet: 400.00 GBP is above what you do alone" in html
    assert "Waits for approval: Refund" in html
    assert accountant.name in html
    assert Payment.objects.count() == 1
    asked = Approval.objects.get(status="waiting")
    assert accountant.notifications.filter(url=f"/approvals/{asked.pk}/").exists()
    office = browser_of(accountant)
    queue = office.get("/approvals/").content.decode()
    assert due.number in queue
    assert "To decide" in queue
    assert due.patient.family_name not in queue, "the queue names nobody"
    page = office.get(f"/approvals/{asked.pk}/").content.decode()
    assert due.patient.family_name in page
    assert AuditEvent.objects.filter(action="core.approval.viewed", patient_id=due.patient_id).exists()
    done = send(office, "core:approval-decide", asked.pk, decision="approve", reason="")
    assert "Approved: Refund" in done.content.decode()
    due.refresh_from_db()
    assert due.due_back == 0
    assert "Waits for approval" not in desk.get(reverse("billing:invoice", args=[due.pk])).content.decode()
    own = desk.get("/approvals/mine").content.decode()
    assert "Approved" in own
    assert due.number in own


def test_a_discount_is_given_on_its_page_in_per_cent(cashier: User, dear: Invoice, browser_of: Any) -> None:
    desk = browser_of(cashier)
    both = send(desk, "billing:invoice-discount", dear.pk, amount="5", percent="5", reason="Kind")
    assert "either as an amount or in per cent" in both.content.decode()
    done = send(desk, "billing:invoice-discount", dear.pk, percent="2", reason="Kind")
    assert "Discount of 20.00 GBP given" in done.content.decode()
    assert CreditNote.objects.get().amount == 20


def test_a_form_sent_twice_is_one_request(cashier: User, due: Invoice, browser_of: Any) -> None:
    desk, fields = (
        browser_of(cashier),
        {"_key": str(uuid.uuid4()), "amount": "400", "method": "cash", "reason": "Not done"},
    )
    for _time in range(2):
        assert desk.post(reverse("billing:payment-refund", args=[due.pk]), fields).status_code == 302
    assert Approval.objects.filter(status="waiting").count() == 1


def test_every_kind_of_the_table_is_registered_and_every_role_of_it_may_do_or_decide() -> None:
    from hms.core import roles

    assert {kind.key for kind in approvals.registered()} == set(limits.RULES)
    for kind in approvals.registered():
        for role in limits.RULES[kind.key].by_role:
            held = roles.ROLES[role].permissions
            assert kind.permission in held or "core.decide_approval" in held, (kind.key, role)
