"""The counter of the demonstration: invoices, payments, and what goes wrong with them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from billing.models import Charge, Invoice, Payment
from billing.models.invoicing import PaymentMethod
from hms.demo.scene import Scene
from patients.models import Encounter

METHODS = [
    PaymentMethod.CASH, PaymentMethod.CASH, PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.CARD,
    PaymentMethod.CARD, PaymentMethod.CARD, PaymentMethod.MOBILE, PaymentMethod.TRANSFER, PaymentMethod.CHEQUE,
]  # fmt: skip


class CashDesk:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.settled = 0

    def settle(self, visit: Encounter, charges: list[Charge], *, paid: float = 0.98) -> None:
        """The invoice of a closed visit, and nearly always the payment."""
        scene = self.scene
        if not charges:
            return
        issued = scene.past(max(visit.ended_at, *(charge.posted_at for charge in charges)) + timedelta(seconds=4))
        invoice = scene.books.invoice(visit, sorted(charges, key=lambda charge: charge.occurred_at), issued)
        self.settled += 1
        ago = scene.now - issued
        if self.settled % 90 == 40:
            self._credit(invoice)
        elif scene.dice.random() < (0.15 if ago < timedelta(minutes=40) else 0.6 if ago < timedelta(hours=9) else paid):
            self._pay(invoice)

    def _pay(self, invoice: Invoice) -> None:
        scene = self.scene
        method = scene.dice.choice(METHODS)
        moment = scene.when("cashier", scene.past(invoice.issued_at + scene.minutes(2, 15)))
        if moment > scene.now:
            return
        part = self.settled % 70 == 20
        amount = (invoice.total / 2).quantize(Decimal("1")) if part else invoice.total
        if amount <= 0:
            return
        cashier = scene.some("cashier", moment)
        payment = scene.books.pay(cashier, invoice, amount, method, moment)
        if self.settled % 140 == 60:
            self._correct(invoice, payment)

    def _correct(self, invoice: Invoice, payment: Payment) -> None:
        """It was entered as the wrong method: a second person reverses it, and it is taken again."""
        scene = self.scene
        # Found when the till is counted, by whoever comes next.
        moment = scene.when("cashier", payment.received_at + timedelta(hours=8))
        second = scene.some("cashier", moment, but=payment.received_by)
        if second == payment.received_by or moment + timedelta(minutes=3) > scene.now:
            return
        scene.books.give_back(second, payment, moment, "Entered as the wrong way of payment")
        other = PaymentMethod.CARD if payment.method != PaymentMethod.CARD else PaymentMethod.CASH
        scene.books.pay(second, invoice, payment.amount, other, moment + timedelta(minutes=2))

    def _credit(self, invoice: Invoice) -> None:
        """A complaint that was right: all of it is credited, or a part and the rest is paid."""
        scene = self.scene
        role = "accountant" if "accountant" in scene.house.users else "manager"
        moment = scene.when(role, invoice.issued_at + timedelta(hours=3))
        if moment > scene.now - timedelta(minutes=30):
            return
        actor = scene.some(role, moment)
        whole = self.settled % 180 == 40
        amount = invoice.total if whole else (invoice.total / 4).quantize(Decimal("0.01"))
        if amount <= 0:
            return
        scene.books.credit(actor, invoice, amount, moment, "Waited two hours; agreed with the manager")
        if not whole:
            rest = invoice.total - amount
            paid = scene.when("cashier", moment + timedelta(minutes=5))
            if paid <= scene.now:
                scene.books.pay(scene.some("cashier", paid), invoice, rest, PaymentMethod.CARD, paid)
