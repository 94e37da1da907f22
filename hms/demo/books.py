"""The books of the demonstration: numbers without gaps, charges, invoices, payments, ledger — as the
services would have written them, day after day."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import datetime
from decimal import Decimal

from django.db import models

from billing.models import Charge, Invoice, InvoiceLine, LedgerEntry, LedgerTransaction, Payment, Service
from billing.models.invoicing import PaymentMethod
from billing.models.ledger import Account
from billing.services.charges import revenue_account
from billing.services.payments import ACCOUNT_OF
from hms.core import clock, money
from hms.core.models import Counter, Facility, User
from hms.demo.batch import Batch
from patients.models import Encounter


class Books:
    """One facility's books. Call in the order of time: numbers are given as they come."""

    def __init__(self, facility: Facility, batch: Batch, system: User) -> None:
        self.facility = facility
        self.batch = batch
        self.system = system
        self.series: Tally[str] = Tally()

    def value(self, series: str) -> int:
        self.series[series] += 1
        return self.series[series]

    def number(self, prefix: str, moment: datetime) -> str:
        """As `numbering.next_number` gives it, for the year of the moment."""
        year = clock.local(self.facility, moment).year
        return f"{self.facility.code}-{prefix}-{year}-{self.value(f'{prefix}-{year}'):06d}"

    def keep_counters(self) -> None:
        """Leave the counters where the demonstration's numbers end."""
        for series, value in self.series.items():
            Counter.objects.update_or_create(facility=self.facility, series=series, defaults={"value": value})

    def charge(
        self,
        actor: User,
        encounter: Encounter,
        source: models.Model,
        service: Service,
        moment: datetime,
        *,
        quantity: int = 1,
        price: Decimal | None = None,
        description: str = "",
    ) -> Charge:
        price = service.price if price is None else price
        amount = money.rounded(price * quantity)
        charge = self.batch.add(
            Charge(
                facility=self.facility,
                patient_id=encounter.patient_id,
                encounter=encounter,
                service=service,
                source_type=source._meta.label_lower,
                source_id=source.pk,
                description=(description or service.name)[:200],
                quantity=Decimal(quantity),
                unit_price=price,
                amount=amount,
                posted_by=actor,
                posted_at=moment,
                created_at=moment,
            )
        )
        self._move("charge", charge, moment, actor, [(Account.UNBILLED, amount), (revenue_account(service), -amount)])
        return charge

    def _move(
        self, kind: str, source: models.Model, moment: datetime, actor: User, entries: list[tuple[str, Decimal]]
    ) -> None:
        movement = self.batch.add(
            LedgerTransaction(
                facility=self.facility,
                kind=kind,
                occurred_at=moment,
                source_type=source._meta.label_lower,
                source_id=source.pk,
                posted_by=actor,
                created_at=moment,
            )
        )
        for account, amount in entries:
            if amount:
                self.batch.add(
                    LedgerEntry(
                        transaction=movement,
                        account=account,
                        amount=amount,
                        patient_id=source.patient_id,
                        created_at=moment,
                    )
                )

    def invoice(self, encounter: Encounter, charges: list[Charge], moment: datetime) -> Invoice | None:
        """Invoice the charges of a closed visit."""
        if not charges:
            return None
        total = sum((charge.amount for charge in charges), money.ZERO)
        invoice = self.batch.add(
            Invoice(
                facility=self.facility,
                patient_id=encounter.patient_id,
                encounter=encounter,
                currency=self.facility.currency,
                issued_at=moment,
                issued_by=self.system,
                total=total,
                number=self.number("INV", moment),
                created_at=moment,
            )
        )
        for position, charge in enumerate(charges, start=1):
            self.batch.add(
                InvoiceLine(
                    invoice=invoice,
                    charge=charge,
                    position=position,
                    description=charge.description,
                    quantity=charge.quantity,
                    unit_price=charge.unit_price,
                    amount=charge.amount,
                    created_at=moment,
                )
            )
        self._move("invoice", invoice, moment, self.system, [(Account.RECEIVABLE, total), (Account.UNBILLED, -total)])
        return invoice

    def pay(self, cashier: User, invoice: Invoice, amount: Decimal, method: str, moment: datetime) -> None:
        reference = "" if method == PaymentMethod.CASH else f"T{self.value('demo-terminal'):07d}"
        payment = self.batch.add(
            Payment(
                facility=self.facility,
                patient_id=invoice.patient_id,
                invoice=invoice,
                amount=amount,
                method=method,
                reference=reference,
                received_by=cashier,
                received_at=moment,
                number=self.number("REC", moment),
                created_at=moment,
            )
        )
        invoice.paid += amount
        account = ACCOUNT_OF[PaymentMethod(method)]
        self._move("payment", payment, moment, cashier, [(account, amount), (Account.RECEIVABLE, -amount)])
