"""The pharmacy shelf of the demonstration: deliveries, dispensing first-expiring lots, what is left."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from hms.core import clock
from hms.core.models import User
from hms.demo.batch import Batch as Rows
from pharmacy.models import Batch, Dispense, MovementKind, Product, ReorderAlert, StockBalance, StockMovement


class Shelf:
    """Keeps the balances of one facility's products while the history is told."""

    def __init__(self, rows: Rows, pharmacist: User, dice: random.Random) -> None:
        self.rows = rows
        self.pharmacist = pharmacist
        self.dice = dice
        self.lots: dict[Product, list[StockBalance]] = {}
        self.delivered = 0

    def usable(self, product: Product, day: date) -> int:
        return sum(lot.quantity for lot in self.lots.get(product, []) if lot.batch.expires_on > day)

    def deliver(self, product: Product, quantity: int, moment: datetime, *, expires_in: int | None = None) -> None:
        self.delivered += 1
        days = expires_in or self.dice.randint(200, 900)
        batch = self.rows.add(
            Batch(
                product=product,
                number=f"L{self.delivered:05d}{self.dice.choice('ABCDEFGH')}",
                expires_on=moment.date() + timedelta(days=days),
                unit_cost=(product.service.price * Decimal("0.6")).quantize(Decimal("0.0001")),
                created_at=moment,
            )
        )
        lot = self.rows.add(StockBalance(batch=batch, quantity=quantity))
        self.lots.setdefault(product, []).append(lot)
        self._move(batch, MovementKind.RECEIPT, quantity, moment, batch)

    def _move(self, batch: Batch, kind: str, quantity: int, moment: datetime, source: Batch | Dispense) -> None:
        self.rows.add(
            StockMovement(
                batch=batch,
                kind=kind,
                quantity=quantity,
                source_type=source._meta.label_lower,
                source_id=source.pk,
                moved_by=self.pharmacist,
                created_at=moment,
            )
        )

    def take(self, product: Product, quantity: int, moment: datetime, dispense: Dispense) -> list[tuple[Batch, int]]:
        """First-expiring first; an empty list when there is not enough."""
        day = moment.date()
        if self.usable(product, day) < quantity:
            return []
        taken, left = [], quantity
        for lot in sorted(self.lots[product], key=lambda lot: lot.batch.expires_on):
            part = min(lot.quantity, left) if lot.batch.expires_on > day else 0
            if part:
                lot.quantity -= part
                left -= part
                self._move(lot.batch, MovementKind.DISPENSE, -part, moment, dispense)
                taken.append((lot.batch, part))
        return taken

    def reorder(self, moment: datetime, *, leave_low: bool) -> None:
        """In the morning what is low comes in; near the end some is left low, with its alert."""
        for place, product in enumerate(self.lots):
            left = self.usable(product, moment.date())
            if left > product.reorder_level:
                continue
            if not (leave_low and place % 3 == 0):
                self.deliver(product, product.reorder_quantity, moment)

    def raise_alerts(self, now: datetime) -> list[ReorderAlert]:
        day = now.date()
        return [
            self.rows.add(
                ReorderAlert(
                    facility=product.facility,
                    product=product,
                    quantity=self.usable(product, day),
                    raised_at=clock.now(),
                )
            )
            for product in self.lots
            if self.usable(product, day) <= product.reorder_level
        ]
