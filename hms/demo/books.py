"""The books of the demonstration: numbers without gaps, charges, invoices, payments, credits, ledger, as
the services would have written them."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.db import models

from billing.models import Charge, CreditNote, Invoice, InvoiceLine, LedgerEntry, LedgerTransaction, Payment, Service
from billing.models.invoicing import PaymentMethod
from billing.models.ledger import Account
from billing.services.charges import revenue_account
from billing.services.payments import ACCOUNT_OF
from hms.core import clock, money
from hms.core.models import Counter, Facility, User
from hms.demo.batch import Batch
from hms.demo.second_person import SecondPerson
from patients.models import Encounter

Numbered = TypeVar("Numbered", bound=models.Model)


class Books:
    """One facility's books. Acts may be told in any order: the numbers are given at the end, in the
    order of time."""

    def __init__(self, facility: Facility, batch: Batch, system: User) -> None:
        self.facility = facility
        self.batch = batch
        self.system = system
        self.second: SecondPerson | None = None
        self.series: Tally[str] = Tally()
        self.unnumbered: dict[str, list[tuple[datetime, Callable[[int], None]]]] = defaultdict(list)

    def value(self, series: str) -> int:
        self.series[series] += 1
        return self.series[series]

    def later(self, series: str, moment: datetime, give: Callable[[int], None]) -> None:
        """When all is told, `give` gets the number of this act in its series."""
        self.unnumbered[series].append((moment, give))

    def numbered(self, row: Numbered, prefix: str, moment: datetime) -> Numbered:
        """The row gets a document number as `numbering.next_number` gives it, for the year of the moment."""
        year = clock.local(self.facility, moment).year

        def give(value: int) -> None:
            row.number = f"{self.facility.code}-{prefix}-{year}-{value:06d}"

        self.later(f"{prefix}-{year}", moment, give)
        return row

    def close(self) -> None:
        """Give the numbers out, and leave the counters where they end."""
        for series, waiting in sorted(self.unnumbered.items()):
            for _moment, give in sorted(waiting, key=lambda pair: pair[0]):
                give(self.value(series))
        self.unnumbered.clear()
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
        occurred: datetime | None = None,
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
                occurred_at=occurred or moment,
                posted_at=moment,
                created_at=moment,
            )
        )
        self._move("charge", charge, moment, actor, [(Account.UNBILLED, amount), (revenue_account(service), -amount)])
        self.batch.of(LedgerTransaction)[-1].occurred_at = charge.occurred_at
        return charge

    def take_back(self, actor: User, charge: Charge, moment: datetime, reason: str) -> Charge:
        """The reversal of a charge that stands on no invoice."""
        reversal = self.batch.add(
            Charge(
                facility=self.facility,
                patient_id=charge.patient_id,
                encounter_id=charge.encounter_id,
                service=charge.service,
                source_type=charge.source_type,
                source_id=charge.source_id,
                description=charge.description,
                quantity=-charge.quantity,
                unit_price=charge.unit_price,
                amount=-charge.amount,
                posted_by=actor,
                occurred_at=moment,
                posted_at=moment,
                reverses=charge,
                act_undone=True,
                reason=reason,
                created_at=moment,
            )
        )
        entries = [(Account.UNBILLED, reversal.amount), (revenue_account(charge.service), -reversal.amount)]
        self._move("charge-reversal", reversal, moment, actor, entries)
        return reversal

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
        invoice = self.numbered(
            Invoice(
                facility=self.facility,
                patient_id=encounter.patient_id,
                encounter=encounter,
                currency=self.facility.currency,
                issued_at=moment,
                issued_by=self.system,
                total=total,
                created_at=moment,
            ),
            "INV",
            moment,
        )
        self.batch.add(invoice)
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

    def pay(self, cashier: User, invoice: Invoice, amount: Decimal, method: str, moment: datetime) -> Payment:
        reference = "" if method == PaymentMethod.CASH else f"T{self.value('demo-terminal'):07d}"
        return self._receive(cashier, invoice, amount, method, reference, moment)

    def give_back(self, actor: User, payment: Payment, moment: datetime, reason: str) -> Payment:
        """The reversal of a payment, by somebody else than who took it."""
        reversal = self._receive(
            actor,
            payment.invoice,
            -payment.amount,
            payment.method,
            payment.reference,
            moment,
            reverses=payment,
            reason=reason,
        )
        if self.second:
            self.second.took_back(reversal)
        return reversal

    def _receive(
        self,
        actor: User,
        invoice: Invoice,
        amount: Decimal,
        method: str,
        reference: str,
        moment: datetime,
        **details: object,
    ) -> Payment:
        payment = Payment(
            facility=self.facility,
            patient_id=invoice.patient_id,
            invoice=invoice,
            amount=amount,
            method=method,
            reference=reference,
            received_by=actor,
            received_at=moment,
            created_at=moment,
            **details,
        )
        self.batch.add(self.numbered(payment, "REC", moment))
        invoice.paid += amount
        account = ACCOUNT_OF[PaymentMethod(method)]
        kind = "payment" if amount > 0 else "payment-reversal"
        self._move(kind, payment, moment, actor, [(account, amount), (Account.RECEIVABLE, -amount)])
        return payment

    def credit(self, actor: User, invoice: Invoice, amount: Decimal, moment: datetime, reason: str) -> CreditNote:
        note = CreditNote(
            facility=self.facility,
            patient_id=invoice.patient_id,
            invoice=invoice,
            amount=amount,
            reason=reason,
            issued_by=actor,
            issued_at=moment,
            created_at=moment,
        )
        self.batch.add(self.numbered(note, "CN", moment))
        invoice.credited += amount
        entries = [(Account.CREDITS, amount), (Account.RECEIVABLE, -amount)]
        self._move("credit-note", note, moment, actor, entries)
        if self.second:
            self.second.credited(note)
        return note
