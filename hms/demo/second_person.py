"""Two people in the demonstration: on whose authority its credits, reversals and counts were done, and what waits."""

from __future__ import annotations

import random
from collections import Counter as Tally
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models

from billing.models import Invoice, Payment, Service
from hms.core import approvals, limits, money
from hms.core.models import Approval, ApprovalStatus, Facility, User
from hms.demo.batch import Batch as Rows
from hms.demo.staffing import House
from pharmacy.models import Batch, StockMovement
from pharmacy.services.stock import value_of_one

SEED = 1_207  # dice of its own: nothing else of the demonstration moves


class SecondPerson:
    """One facility's approvals. What was done above its maker's limit, a manager had approved shortly before."""

    def __init__(self, house: House, rows: Rows) -> None:
        self.facility: Facility = house.facility
        self.rows = rows
        self.dice = random.Random(f"{SEED} {house.facility.code}")
        self.roles = {user.pk: role for role, users in house.users.items() for user in users}
        self.managers = house.users["manager"]
        self.table = {
            (kind, role): limit for kind, rule in limits.RULES.items() for role, limit in rule.by_role.items()
        }
        self.alone: Tally[tuple] = Tally()
        self.unnamed: list[tuple[Approval, Callable[[], str]]] = []

    def credited(self, note: Any) -> None:
        label = lambda: f"Invoice {note.invoice.number}"  # noqa: E731
        arguments = {"invoice_id": note.invoice_id, "amount": note.amount}
        self._did(
            "billing.credit",
            note.issued_by,
            note.invoice,
            label,
            note.amount,
            note.issued_at,
            note.reason,
            note,
            arguments,
        )

    def took_back(self, reversal: Payment) -> None:
        payment = reversal.reverses
        label = lambda: f"Receipt {payment.number}"  # noqa: E731
        self._did(
            "billing.payment_reversal", reversal.received_by, payment, label, payment.amount, reversal.received_at,
            reversal.reason, reversal, {"payment_id": payment.pk}, pool=payment.invoice_id,
        )  # fmt: skip

    def moved(self, movement: StockMovement) -> None:
        lot, waste = movement.batch, movement.kind == "waste"
        name = {"quantity": -movement.quantity} if waste else {"difference": movement.quantity}
        text = f"{lot.product.medicine}, lot {lot.number}: {movement.quantity:+d}".replace("-", "\u2212")
        self._did(
            "pharmacy.waste" if waste else "pharmacy.adjustment", movement.moved_by, lot, lambda: text,
            value_of_one(lot) * abs(movement.quantity), movement.created_at, movement.reason, movement,
            {"batch_id": lot.pk, **name}, pool=lot.product_id, day=str(movement.created_at.date()),
        )  # fmt: skip

    def _did(
        self,
        kind: str,
        actor: User,
        subject: models.Model,
        label: Callable[[], str],
        amount: Decimal,
        moment: datetime,
        reason: str,
        result: models.Model,
        arguments: dict[str, Any],
        *,
        pool: UUID | None = None,
        day: str = "",
    ) -> None:
        amount, pool = money.rounded(amount), pool or subject.pk
        counted = amount + self.alone[kind, pool, actor.pk, day]
        own = limits.covering(self.table, kind, [self.roles[actor.pk]], counted=counted, percent=None)
        asked = moment - timedelta(minutes=self.dice.randint(6, 40))
        details: dict[str, Any] = {"status": ApprovalStatus.WITHIN, "asked_at": moment}
        if own:
            self.alone[kind, pool, actor.pk, day] += amount
            details |= {"limit": own.amount, "limit_percent": own.percent}
        else:
            manager = next(user for user in self.managers if user != actor)
            details = {
                "status": ApprovalStatus.APPROVED,
                "asked_at": asked,
                "decided_by": manager,
                "decided_at": moment,
            }
            details |= {"expires_at": asked + approvals.WAITS, "decision_reason": "Seen, and right"}
        row = Approval(
            facility=self.facility,
            kind=kind,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            pool_id=pool,
            patient_id=getattr(subject, "patient_id", None),
            amount=amount,
            counted=counted,
            currency=self.facility.currency,
            arguments={name: value if isinstance(value, int) else str(value) for name, value in arguments.items()},
            asked_by=actor,
            reason=reason,
            result_type=result._meta.label_lower,
            result_id=result.pk,
            created_at=details["asked_at"],
            **details,
        )
        self.unnamed.append((self.rows.add(row), label))

    def close(self) -> None:
        """Once the documents have their numbers, the requests are named after them."""
        for row, label in self.unnamed:
            row.subject_label = label()[:200]
        self.unnamed.clear()


def at_this_moment(house: House, now: datetime) -> None:
    """What waits for the manager now, and what became of earlier requests. After everything else is stored."""
    facility, users = house.facility, house.users
    if "accountant" not in users:
        return
    cashier, accountant, pharmacist, manager = (
        users[role][0] for role in ("cashier", "accountant", "pharmacist", "manager")
    )
    unpaid = list(Invoice.objects.filter(facility=facility, balance__gte=40, paid=0).order_by("number")[:4])
    dear = list(Service.objects.filter(facility=facility, category="procedure", price__gte=20).order_by("code")[:2])
    lots = [
        lot
        for lot in Batch.objects.filter(product__facility=facility, balance__quantity__gte=40)
        .select_related("product__medicine", "product__service", "balance")
        .order_by("number")
        if value_of_one(lot) * 40 > 100
    ][:3]

    def ask(kind: str, maker: User, ago: timedelta, subject: models.Model, label: str, amount: Decimal, reason: str,
            arguments: dict[str, Any], **more: Any) -> None:  # fmt: skip
        asked = now - ago
        base, status = more.pop("base", None), more.pop("status", ApprovalStatus.WAITING)
        amount = money.rounded(amount)
        row = Approval.objects.create(
            facility=facility, kind=kind, subject_type=subject._meta.label_lower, subject_id=subject.pk,
            subject_label=label, pool_id=more.pop("pool", subject.pk), patient_id=getattr(subject, "patient_id", None),
            amount=amount, counted=amount, percent=base and money.rounded(amount / base * 100),
            currency=facility.currency, arguments=arguments, asked_by=maker, asked_at=asked, created_at=asked,
            reason=reason, expires_at=asked + approvals.WAITS, status=status, **more,
        )  # fmt: skip
        if status == ApprovalStatus.WAITING:
            approvals.tell(row)

    hours = lambda number: timedelta(hours=number)  # noqa: E731
    for place, invoice in enumerate(unpaid[:3]):
        amount = money.rounded(invoice.balance * Decimal("0.4"))
        figures = {"invoice_id": invoice.pk, "amount": amount}
        said: dict[str, Any] = {}
        if place:
            status = [ApprovalStatus.REJECTED, ApprovalStatus.WITHDRAWN][place - 1]
            said = {"status": status, "decided_at": now - hours(20)}
        if place == 1:
            said |= {"decided_by": manager, "decision_reason": "The price list is public; offer to pay in parts"}
        ask("billing.discount", cashier, hours(2 + 22 * place), invoice, f"Invoice {invoice.number}", amount,
            "Came a long way and lost the day's wage", figures, base=invoice.total, **said)  # fmt: skip
    for place, service in enumerate(dear):
        price = money.rounded(service.price * Decimal("1.35"))
        was = {"name": service.name, "price": str(service.price), "active": service.active}
        figures = {"service_id": service.pk, "name": service.name, "price": price, "active": True, "was": was}
        label = f"Price of {service.code}, {service.price} → {price}"
        over = {"status": ApprovalStatus.EXPIRED, "decided_at": now - hours(48)} if place else {}
        ask("billing.price", accountant, hours(5) if not place else hours(48) + approvals.WAITS, service, label,
            price - service.price, "Materials cost a third more since spring", figures, base=service.price, **over)  # fmt: skip
    for place, lot in enumerate(lots[:2]):
        label = f"{lot.product.medicine}, lot {lot.number}: \u221240"
        void = {
            "status": ApprovalStatus.VOID, "decided_by": manager, "decided_at": now - hours(30),
            "decision_reason": "There are 31 of this lot.",
        } if place else {}  # fmt: skip
        ask("pharmacy.waste", pharmacist, hours(1 + 30 * place), lot, label, value_of_one(lot) * 40,
            "The refrigerator stood open over night", {"batch_id": lot.pk, "quantity": 40}, pool=lot.product_id, **void)  # fmt: skip
