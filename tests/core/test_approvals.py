"""The engine of two people: who decides, what becomes of a request, what the database holds, and the limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from billing.models import CreditNote, Invoice
from billing.services import invoices, payments
from hms.core import approvals, clock, limits, people, roles
from hms.core.approvals import asking, deciders, deciding, setting
from hms.core.limits import Limit
from hms.core.models import Approval, ApprovalLimit, AuditEvent, Facility, User
from hms.core.models.approvals import ApprovalQuerySet
from hms.core.refusals import Refused
from hms.core.tasks import expire_approvals
from patients.models import Patient
from tests.billing.conftest import make_invoice
from tests.conftest import employ, make_patient
from tests.weakened import reworded, weakened

MARK = "Xanthippe"


@pytest.fixture
def cashier(person: Any) -> User:
    return person("cashier")


@pytest.fixture
def accountant(person: Any) -> User:
    return person("accountant")


@pytest.fixture
def bill(reception: User) -> Invoice:
    return make_invoice(reception, make_patient(reception, MARK, "Marker"), "1000.00")


@pytest.fixture
def asked(cashier: User, bill: Invoice) -> Approval:
    """A discount of 150 pounds, which the accountant may give."""
    return discount(cashier, bill, "150.00")


def discount(actor: User, bill: Invoice, amount: str) -> Any:
    return invoices.discount(actor, invoice_id=bill.pk, amount=Decimal(amount), reason="Lost the day's wage")


def key() -> str:
    return str(uuid.uuid4())


# What the twins take away (tests/weakened.py).
ABOVE = "200.01-accountant-False"
COVERED = "and limits.covering(table, approval.kind, codes, counted=approval.counted, percent=approval.percent)"
MARKED = "and bool(limits.covering(table, row.kind, user.roles, counted=row.counted, percent=row.percent))"
DECIDED_TWICE = reworded(deciding._waiting, ("approval.status != ApprovalStatus.WAITING", "False"))


# Who decides


@weakened("by their own role", reworded(deciders.why_not, ("actor.pk == approval.asked_by_id or ", "")))
@weakened("with it counted as theirs", reworded(deciders.mark, ("and row.asked_by_id not in own", "")))
@weakened("with the maker told", reworded(deciders.who_may, (".exclude(user=approval.asked_by_id)", "")))
def test_nobody_approves_their_own_request_whatever_their_role(accountant: User, bill: Invoice) -> None:
    own = discount(accountant, bill, "500.00")
    people.grant(None, user=accountant, facility=accountant.facility, role="manager")
    accountant = User.objects.get(pk=accountant.pk).at(accountant.facility)
    assert "asked for this yourself" in approvals.why_not(accountant, own)
    assert accountant not in approvals.who_may(own)
    assert approvals.count_for_me(accountant) == 0
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(Refused, match="asked for this yourself"):
            decide(accountant, approval_id=own.pk, reason="Fine")
    own.refresh_from_db()
    assert own.status == "waiting"


@weakened(
    "by another account",
    reworded(deciders.why_not, (" or actor.pk in kinds.others_of(approval.asked_by_id)", "")),
)
@weakened(
    "with the other account told",
    reworded(deciders.who_may, (".exclude(user__in=kinds.others_of(approval.asked_by_id))", "")),
)
def test_nobody_approves_their_own_request_by_another_account(person: Any, cashier: User, asked: Approval) -> None:
    second = person("manager")
    for user in (cashier, second):
        User.objects.filter(pk=user.pk).update(first_name="Wanjiru", last_name="Mensah")
        user.refresh_from_db()
        employ(user, "cashier", user.facility)
    assert second not in approvals.who_may(asked)
    with pytest.raises(Refused, match="asked for this yourself"):
        approvals.approve(second, approval_id=asked.pk)


@weakened("above the limit", reworded(deciders.why_not, ("limit_of(actor, approval) is None", "False")), only=ABOVE)
@weakened("with a narrower limit taken", reworded(deciders.who_may, (COVERED, "")), only=ABOVE)
@pytest.mark.parametrize(
    ("amount", "role", "able"),
    [
        ("200.00", "accountant", True),
        ("200.01", "accountant", False),
        ("200.01", "manager", True),
        ("150.00", "cashier", False),
        ("150.00", "auditor", False),
        ("150.00", "administrator", False),
        ("150.00", "pharmacist", False),
    ],
)
def test_who_approves_has_a_limit_that_covers_the_amount(
    amount: str, role: str, able: bool, person: Any, cashier: User, bill: Invoice
) -> None:
    request, checker = discount(cashier, bill, amount), person(role)
    assert (checker in approvals.who_may(request)) is able
    assert (approvals.why_not(checker, request) == "") is able
    if able:
        assert approvals.approve(checker, approval_id=request.pk).status == "approved"
        request.refresh_from_db()
        assert request.limit == (None if role == "manager" else 200)
        return
    for decide in (approvals.approve, approvals.reject):
        with pytest.raises(Refused):
            decide(checker, approval_id=request.pk, reason="Fine")
    assert not CreditNote.objects.exists()


@weakened("by their limit alone", reworded(deciders.why_not, ('not actor.has_perm("core.decide_approval") or ', "")))
@weakened(
    "told by their limit alone",
    reworded(deciders.who_may, ('"core.decide_approval" in roles.permissions_of(codes)', "True")),
)
def test_a_limit_of_ones_own_is_no_leave_to_decide_about_others(cashier: User, person: Any, bill: Invoice) -> None:
    request = discount(person("receptionist"), bill, "10.00")
    assert limits.of(cashier.facility)["billing.discount", "cashier"].covers(request.counted, request.percent)
    assert cashier not in approvals.who_may(request)
    assert "do not decide about requests here" in approvals.why_not(cashier, request)
    with pytest.raises(Refused, match="do not decide about requests here"):
        approvals.approve(cashier, approval_id=request.pk)


@weakened("by whoever took it", reworded(deciders.why_not, ("kinds.of(approval.kind).barred(approval)", "()")))
@weakened(
    "with who took it told",
    reworded(deciders.who_may, (".exclude(user__in=kinds.of(approval.kind).barred(approval))", "")),
)
def test_who_had_a_part_in_what_led_to_it_does_not_decide(
    accountant: User, manager: User, person: Any, bill: Invoice
) -> None:
    taker = person("manager")
    paid = payments.take(taker, invoice_id=bill.pk, amount=Decimal(1000), method="card", reference="T1")
    asked = payments.reverse(accountant, payment_id=paid.pk, reason="The terminal failed")
    assert manager in approvals.who_may(asked) and taker not in approvals.who_may(asked)
    assert "had a part in what led to this" in approvals.why_not(taker, asked)
    with pytest.raises(Refused, match="had a part in what led to this"):
        approvals.approve(taker, approval_id=asked.pk)
    assert approvals.approve(manager, approval_id=asked.pk).status == "approved"


@weakened("found anywhere", reworded(deciding._waiting, (", facility=actor.facility", "")), by=Refused)
@weakened("decided anywhere", reworded(deciders.why_not, (" or approval.facility_id != actor.facility.pk", "")))
@weakened("seen anywhere", reworded(ApprovalQuerySet.visible_to, ("self.filter(facility=user.facility)", "self")))
def test_a_checker_of_another_facility_finds_nothing(south: Facility, person: Any, asked: Approval) -> None:
    stranger = person("manager", south)
    assert "do not decide about requests here" in approvals.why_not(stranger, asked)
    with pytest.raises(Approval.DoesNotExist):
        approvals.approve(stranger, approval_id=asked.pk)
    assert not Approval.objects.visible_to(stranger).exists()


@weakened(
    "unseen",
    reworded(deciders.why_not, ("kinds.of(approval.kind).subject(actor, approval) is None", "False")),
)
def test_who_may_not_know_the_patient_does_not_decide(manager: User, cashier: User, reception: User) -> None:
    with time_machine.travel(clock.now() - timedelta(days=100), tick=False):
        old = make_invoice(reception, make_patient(reception, MARK, "Marker"), "1000.00")
    request = discount(cashier, old, "150.00")
    assert approvals.why_not(manager, request) == ""
    Patient.objects.filter(pk=old.patient_id).update(confidentiality="restricted")
    assert "may not see" in approvals.why_not(manager, request)
    with pytest.raises(Refused, match="may not see"):
        approvals.approve(manager, approval_id=request.pk)


# What becomes of a request


@weakened("without a reason", reworded(deciding.reject, ("not reason.strip()", "False")), by=IntegrityError)
@weakened("decided twice", DECIDED_TWICE, by=DatabaseError)
def test_a_rejection_says_why_and_changes_nothing(accountant: User, cashier: User, asked: Approval) -> None:
    with pytest.raises(Refused, match="Say why not"):
        approvals.reject(accountant, approval_id=asked.pk, reason=" ")
    approvals.reject(accountant, approval_id=asked.pk, reason="Offer to pay in parts")
    asked.refresh_from_db()
    assert (asked.status, asked.decided_by, asked.decision_reason) == ("rejected", accountant, "Offer to pay in parts")
    assert not CreditNote.objects.exists()
    assert cashier.notifications.get().text.startswith("Rejected: Discount, 150.00 GBP")
    with pytest.raises(Refused, match="decided already: rejected"):
        approvals.approve(accountant, approval_id=asked.pk)


@weakened("by anybody", reworded(deciding.withdraw, ("approval.asked_by_id != actor.pk", "False")))
@weakened("decided twice", DECIDED_TWICE, by=DatabaseError)
def test_only_whoever_asked_takes_a_request_back(
    accountant: User, cashier: User, asked: Approval, bill: Invoice
) -> None:
    with pytest.raises(Refused, match="Only whoever asked"):
        approvals.withdraw(accountant, approval_id=asked.pk)
    approvals.withdraw(cashier, approval_id=asked.pk)
    with pytest.raises(Refused, match="withdrawn"):
        approvals.approve(accountant, approval_id=asked.pk)
    assert discount(cashier, bill, "150.00").status == "waiting", "it may be asked for again"


@weakened("decided afterwards", reworded(deciding._to_decide, ("approval.expires_at <= clock.now()", "False")))
@weakened("over at once", reworded(deciding.expire, ("expires_at__lte=clock.now()", "")))
def test_what_nobody_decides_in_a_week_is_over(accountant: User, cashier: User, asked: Approval, bill: Invoice) -> None:
    assert expire_approvals() == 0
    with time_machine.travel(clock.now() + timedelta(days=7, minutes=1), tick=False):
        with pytest.raises(Refused, match="has run out"):
            approvals.approve(accountant, approval_id=asked.pk)
        assert expire_approvals() == 1
        assert expire_approvals() == 0
        asked.refresh_from_db()
        assert (asked.status, asked.decided_by) == ("expired", None)
        assert cashier.notifications.filter(text__startswith="Expired").exists()
        assert discount(cashier, bill, "150.00").status == "waiting"


@weakened(
    "unasked",
    reworded(deciding._carry_out, ("not maker.is_active or not maker.has_perm(kind.permission)", "False")),
)
def test_whoever_may_not_do_it_any_more_has_nothing_approved(accountant: User, cashier: User, asked: Approval) -> None:
    cashier.memberships.update(active=False)
    answer = approvals.approve(accountant, approval_id=asked.pk)
    assert (answer.status, answer.decision_reason) == ("void", "Whoever asked may not do this any more.")
    assert not CreditNote.objects.exists()


@weakened("in slices", reworded(asking.ask, ("amount + _alone(actor, kinds.of(kind), pool, now)", "amount")))
@weakened("with the others'", reworded(asking._alone, (", asked_by=actor", "")))
def test_what_one_did_alone_counts_for_oneself(person: Any, bill: Invoice) -> None:
    first, second = person("accountant"), person("accountant")
    discount(first, bill, "150.00")
    assert isinstance(discount(second, bill, "150.00"), CreditNote)
    answer = discount(first, bill, "51.00")
    assert isinstance(answer, Approval) and answer.counted == 201


def test_every_step_stands_in_the_audit(accountant: User, cashier: User, asked: Approval, bill: Invoice) -> None:
    approvals.approve(accountant, approval_id=asked.pk, reason="Seen the letter")
    rows = AuditEvent.objects.filter(object_id=str(asked.pk)).order_by("id")
    assert [(row.action, row.actor, row.reason) for row in rows] == [
        ("core.approval.asked", cashier, "Lost the day's wage"),
        ("core.approval.approved", accountant, "Seen the letter"),
    ]
    assert {row.patient_id for row in rows} == {bill.patient_id}
    act = AuditEvent.objects.get(action="billing.invoice.discounted")
    assert (act.actor, act.source) == (cashier, f"approval {asked.pk}")
    assert MARK not in str(list(rows.values()))


# What the database holds


def test_a_request_never_changes_and_a_decision_neither(accountant: User, asked: Approval) -> None:
    rows = Approval.objects.filter(pk=asked.pk)
    for change in ({"amount": 1}, {"arguments": {}}, {"asked_by": accountant}, {"reason": "Other"}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows._raw_delete(rows.db)
    approvals.approve(accountant, approval_id=asked.pk)
    for change in ({"status": "waiting"}, {"decision_reason": "Other"}, {"decided_by": None}):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            rows.update(**change)


def test_the_database_keeps_the_maker_from_deciding_and_one_request_waiting(
    accountant: User, cashier: User, asked: Approval
) -> None:
    now = clock.now()
    some = uuid.uuid4()
    refused: dict[str, dict[str, Any]] = {
        "by_another": {"status": "rejected", "decided_by": cashier, "decided_at": now, "decision_reason": "No"},
        "who_and_when": {"status": "rejected", "decided_at": now, "decision_reason": "No"},
        "decision_says_why": {"status": "rejected", "decided_by": accountant, "decided_at": now},
        "done_has_its_act": {"status": "approved", "decided_by": accountant, "decided_at": now},
        "within_a_limit": {
            "status": "approved", "decided_by": accountant, "decided_at": now, "result_id": some, "limit": 149,
        },
        "status": {"status": "agreed"},
    }  # fmt: skip
    for rule, change in refused.items():
        with pytest.raises(IntegrityError, match=f"core_approval_{rule}"), transaction.atomic():
            Approval.objects.filter(pk=asked.pk).update(**change)
    asked.pk = uuid.uuid4()
    with pytest.raises(IntegrityError, match="core_approval_one_waiting"), transaction.atomic():
        asked.save(force_insert=True)


# Limits


def test_a_facility_sets_its_own_limits_and_they_hold_at_once(
    person: Any, cashier: User, manager: User, bill: Invoice, south: Facility
) -> None:
    administrator = person("administrator")
    set_to = {"kind": "billing.discount", "role": "cashier", "amount": Decimal(300), "percent": Decimal(50)}
    approvals.set_limit(administrator, **set_to, reason="A new policy")
    assert isinstance(discount(cashier, bill, "300.00"), CreditNote)
    assert discount(cashier, bill, "0.01").status == "waiting"
    assert limits.of(south)["billing.discount", "cashier"] == limits.RULES["billing.discount"].by_role["cashier"]
    event = AuditEvent.objects.get(action="core.approvallimit.set")
    assert (event.actor, event.reason) == (administrator, "A new policy")
    assert (event.detail["from"], event.detail["to"]) == ("20.00 GBP and 10 %", "300.00 GBP and 50 %")
    assert manager.notifications.filter(text__startswith="Limit changed: Discount, Cashier").exists()


@weakened("whose role it is", reworded(setting.set_limit, ("role in actor.roles and ", "False and ")))
@weakened("whether wider or not", reworded(setting.set_limit, (" and new.width > before.width", "")), by=Refused)
def test_an_administrator_does_not_widen_their_own_limit(person: Any) -> None:
    administrator = person("administrator")
    with pytest.raises(Refused, match="hold this role yourself"):
        approvals.set_limit(
            administrator, kind="billing.price", role="administrator", amount=None, percent=None, reason="Me"
        )
    approvals.set_limit(
        administrator, kind="billing.price", role="administrator", amount=Decimal(0), percent=None, reason="Less"
    )
    assert limits.of(administrator.facility)["billing.price", "administrator"] == Limit(Decimal("0.00"), None)


def test_a_role_that_the_table_does_not_name_does_nothing_alone(person: Any, bill: Invoice) -> None:
    assert discount(person("receptionist"), bill, "0.01").status == "waiting"


@pytest.mark.parametrize(
    ("limit", "counted", "percent", "covers"),
    [
        (Limit(Decimal(100)), "100.00", None, True),
        (Limit(Decimal(100)), "100.01", None, False),
        (Limit(Decimal(100), Decimal(10)), "50.00", "10.00", True),
        (Limit(Decimal(100), Decimal(10)), "50.00", "10.01", False),
        (Limit(None, Decimal(10)), "9999.00", "11", False),
        (Limit(None), "9999.00", "900", True),
        (limits.NOTHING, "0.00", None, True),
        (limits.NOTHING, "0.01", None, False),
    ],
)
def test_a_limit_covers_what_lies_within_it(limit: Limit, counted: str, percent: str | None, covers: bool) -> None:
    assert limit.covers(Decimal(counted), None if percent is None else Decimal(percent)) is covers


def test_the_limits_are_seen_by_those_who_watch_and_set_by_the_administrator(client_as: Any) -> None:
    office = client_as("administrator")
    html = office.get("/approvals/limits").content.decode()
    assert "Money leaves the house." in html
    assert "20.00 GBP and 10 %" in html
    address = "/approvals/limits/billing.discount/cashier"
    assert 'value="20' in office.get(address).content.decode()
    bad = office.post(address, {"_key": key(), "reason": "New"})
    assert bad.status_code == 422
    assert office.post(address, {"_key": key(), "amount": "35,50", "reason": "New"}).status_code == 302
    row = ApprovalLimit.objects.get()
    assert (row.amount, row.percent) == (Decimal("35.50"), None)
    assert "set here" in office.get("/approvals/limits").content.decode()
    assert office.get("/approvals/limits/billing.nothing/cashier").status_code == 404
    assert client_as("auditor").get("/approvals/limits").status_code == 200
    assert client_as("manager").get(address).status_code == 403


# Screens


@weakened(
    "to everybody",
    reworded(
        ApprovalQuerySet.visible_to,
        ('here if user.has_perm("core.view_approval") else here.filter(asked_by=user)', "here"),
    ),
)
def test_a_request_opens_to_whoever_asked_and_to_those_who_watch_and_to_nobody_else(
    asked: Approval, cashier: User, bill: Invoice, browser_of: Callable[[User], Client], client_as: Any
) -> None:
    address = f"/approvals/{asked.pk}/"
    assert MARK in browser_of(cashier).get(address).content.decode()
    for role in ("accountant", "auditor"):
        assert MARK in client_as(role).get(address).content.decode(), role
    for_the_manager = client_as("manager").get(address).content.decode()
    assert bill.number in for_the_manager and MARK not in for_the_manager, "who the patient is, is not theirs to know"
    for role in set(roles.ROLES) - {"manager", "accountant", "auditor"}:
        other = client_as(role)
        for answer in (
            other.get(address),
            other.post(f"{address}decide", {"_key": key(), "decision": "approve"}),
            other.post(f"{address}withdraw", {"_key": key()}),
            other.get("/approvals/mine"),
        ):
            body = answer.content.decode()
            assert MARK not in body, role
            assert bill.number not in body, role
    asked.refresh_from_db()
    assert asked.status == "waiting"


def test_the_auditor_reads_and_does_not_decide(asked: Approval, client_as: Any) -> None:
    auditor = client_as("auditor")
    page = auditor.get(f"/approvals/{asked.pk}/").content.decode()
    assert "Approve <kbd>" not in page
    assert auditor.post(f"/approvals/{asked.pk}/decide", {"_key": key(), "decision": "approve"}).status_code == 403


def test_a_rejection_without_a_reason_keeps_the_page(asked: Approval, accountant: User, browser_of: Any) -> None:
    office = browser_of(accountant)
    answer = office.post(f"/approvals/{asked.pk}/decide", {"_key": key(), "decision": "reject", "reason": ""})
    assert answer.status_code == 422
    assert "Say why not" in answer.content.decode()
    answer = office.post(f"/approvals/{asked.pk}/decide", {"_key": key(), "reason": "Neither button was pressed"})
    assert Approval.objects.get().status == "rejected", "what is not an approval approves nothing"


def test_the_history_is_narrowed_and_exported_with_its_reasons(
    asked: Approval, accountant: User, bill: Invoice, browser_of: Any
) -> None:
    discount(accountant, bill, "10.00")
    approvals.reject(accountant, approval_id=asked.pk, reason="Offer to pay in parts")
    office = browser_of(accountant)
    html = office.get("/approvals/history").content.decode()
    assert "Within own limit" in html
    assert "Offer to pay in parts" in html
    only = office.get("/approvals/history?status=rejected&kind=billing.discount").content.decode()
    assert "150.00" in only
    assert "10.00" not in only.replace("150.00", "")
    assert "Nothing here" in office.get("/approvals/history?last=2020-01-01").content.decode()
    file = b"".join(office.get("/approvals/history?format=csv").streaming_content).decode()
    assert "Offer to pay in parts" in file
    assert MARK not in file


@weakened("whatever the limit", reworded(deciders.mark, (MARKED, "")))
def test_the_rail_counts_what_is_for_me_to_decide(
    asked: Approval, accountant: User, cashier: User, manager: User, person: Any, bill: Invoice
) -> None:
    assert [approvals.count_for_me(user) for user in (accountant, manager, cashier)] == [1, 1, 0]
    assert approvals.count_mine(cashier) == 1
    invoices.credit(person("accountant"), invoice_id=bill.pk, amount=Decimal(700), reason="Not owed")
    assert [approvals.count_for_me(user) for user in (accountant, manager)] == [1, 2]


def test_what_waits_stands_on_the_first_page_of_those_who_decide(
    asked: Approval, manager: User, browser_of: Any
) -> None:
    html = browser_of(manager).get("/today/approvals").content.decode()
    assert "Discount" in html
    assert MARK not in html
