"""One request and several people at the same moment: one decision, one act, no deadlock."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import Sum

from billing.models import CreditNote, Invoice, Payment
from billing.services import charges, invoices, payments
from hms.core import approvals
from hms.core.models import Approval, User
from hms.core.refusals import Refused
from patients.models import Patient
from tests.billing.conftest import account, faults, make_invoice
from tests.races.crowd import again, crowd, looking_together, unlocked, without

CROWD = 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def due(reception: User, patient: Patient, person: Any, manager: User) -> Invoice:
    """Eight hundred pounds that were paid and are to be given back."""
    made = make_invoice(reception, patient, "200.00", "800.00")
    payments.take(person("receptionist"), invoice_id=made.pk, amount=Decimal(1000), method="cash")
    charges.reverse(manager, charge_id=made.lines.get(position=2).charge_id, reason="Not done")
    return made


@pytest.fixture
def cashier(person: Any) -> User:
    return person("cashier")


@pytest.fixture
def managers(person: Any) -> list[User]:
    return [person("manager") for _number in range(CROWD)]


def refund(actor: User, due: Invoice, amount: int) -> Payment | Approval:
    return payments.refund(actor, invoice_id=due.pk, amount=Decimal(amount), method="cash", reason="Not done")


def given(due: Invoice) -> Decimal:
    return -(due.payments.filter(amount__lt=0).aggregate(sum=Sum("amount"))["sum"] or Decimal(0))


def unexpected(answers: list[Any]) -> list[Any]:
    return [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refused)]


def approve_all(managers: list[User], asked: Approval) -> list[Any]:
    return crowd(lambda number: approvals.approve(again(managers[number]), approval_id=asked.pk), CROWD)


def test_of_several_who_approve_at_once_one_does_and_the_money_leaves_once(
    cashier: User, managers: list[User], due: Invoice
) -> None:
    asked = refund(cashier, due, 400)
    answers = approve_all(managers, asked)
    assert unexpected(answers) == []
    assert sum(isinstance(answer, Approval) and answer.status == "approved" for answer in answers) == 1
    assert (given(due), account("cash")) == (400, 600)
    assert faults() == []


def test_without_the_requests_lock_the_database_still_keeps_one_decision(
    cashier: User, managers: list[User], due: Invoice
) -> None:
    """The control of the lock: everyone saw a request that nobody had decided. What they did then is taken back."""
    asked = refund(cashier, due, 400)
    with unlocked(Approval), looking_together(Approval, CROWD):
        answers = approve_all(managers, asked)
    assert unexpected(answers)
    assert all(isinstance(answer, DatabaseError) for answer in unexpected(answers)), answers
    assert given(due) == 400
    assert Approval.objects.get(pk=asked.pk).status == "approved"
    assert faults() == []


def test_approved_and_taken_back_at_once_it_is_one_of_them(cashier: User, managers: list[User], due: Invoice) -> None:
    for _turn in range(4):
        before = given(due)
        asked = refund(cashier, due, 150)

        def act(number: int, asked: Approval = asked) -> Any:
            if number % 2:
                return approvals.withdraw(again(cashier), approval_id=asked.pk)
            return approvals.approve(again(managers[number]), approval_id=asked.pk)

        answers = crowd(act, CROWD)
        assert unexpected(answers) == []
        assert sum(isinstance(answer, Approval) for answer in answers) == 1, answers
        asked.refresh_from_db()
        assert given(due) - before == (150 if asked.status == "approved" else 0)
    assert faults() == []


def test_approved_while_the_same_is_done_otherwise_the_money_leaves_once(
    cashier: User, managers: list[User], due: Invoice, person: Any
) -> None:
    """All that is due: asked for by the cashier, and given back by a manager who may do both."""
    asked, boss = refund(cashier, due, 800), person("manager")

    def act(number: int) -> Any:
        if number % 2:
            return refund(again(boss), due, 800)
        return approvals.approve(again(managers[number]), approval_id=asked.pk)

    answers = crowd(act, CROWD)
    assert unexpected(answers) == []
    assert given(due) == 800
    asked.refresh_from_db()
    assert asked.status in ("approved", "void")
    due.refresh_from_db()
    assert due.due_back == 0
    assert faults() == []


def ask_all(cashiers: list[User], due: Invoice) -> list[Any]:
    return crowd(lambda number: refund(again(cashiers[number]), due, 400), CROWD)


def test_of_several_who_ask_for_the_same_one_request_waits(person: Any, due: Invoice) -> None:
    answers = ask_all([person("cashier") for _number in range(CROWD)], due)
    assert unexpected(answers) == []
    assert Approval.objects.filter(status="waiting").count() == 1
    assert sum(isinstance(answer, Approval) for answer in answers) == 1
    assert given(due) == 0


def test_without_the_rule_of_the_table_each_of_them_would_wait(person: Any, due: Invoice) -> None:
    """The control of the rule: there is no other check."""

    def clear() -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("truncate core_approval")

    with without(Approval, "core_approval_one_waiting", clear):
        ask_all([person("cashier") for _number in range(CROWD)], due)
        assert Approval.objects.filter(status="waiting").count() == CROWD


def test_asking_approving_and_paying_back_at_once_neither_block_each_other_nor_pass_a_limit(
    cashier: User, managers: list[User], due: Invoice
) -> None:
    asked = refund(cashier, due, 300)

    def act(number: int) -> Any:
        if number % 4 == 0:
            return approvals.approve(again(managers[number]), approval_id=asked.pk)
        if number % 4 == 1:
            return refund(again(cashier), due, 200)
        return refund(again(cashier), due, 40)

    answers = crowd(act, CROWD)
    assert unexpected(answers) == []
    alone = Approval.objects.filter(status="within", kind="billing.refund").aggregate(sum=Sum("amount"))["sum"]
    assert alone == 80, "two of forty, and not a third: a hundred is the cashier's limit"
    assert given(due) == 380
    assert faults() == []


def test_one_person_in_several_windows_passes_no_limit_in_slices(
    reception: User, patient: Patient, cashier: User
) -> None:
    bill = make_invoice(reception, patient, "1000.00")

    def act(_number: int) -> Any:
        return invoices.discount(again(cashier), invoice_id=bill.pk, amount=Decimal(5), reason="Kind")

    answers = crowd(act, CROWD)
    assert unexpected(answers) == []
    assert CreditNote.objects.count() == 4, "twenty pounds"
    assert faults() == []
