"""The pharmacy shelf of the demonstration: deliveries, dispensing first-expiring lots, what is left."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from hms.core.models import User
from hms.demo.batch import Batch as Rows
from hms.demo.second_person import SecondPerson
from pharmacy.models import Batch, Dispense, MovementKind, Product, ReorderAlert, StockBalance, StockMovement


class Shelf:
    """Keeps the balances of one facility's products while the history is told."""

    def __init__(self, rows: Rows, pharmacist: Callable[[datetime], User], dice: random.Random) -> None:
        self.rows = rows
        self.pharmacist = pharmacist  # who is on duty then
        self.dice = dice
        self.second: SecondPerson | None = None
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

    def _move(
        self,
        batch: Batch,
        kind: str,
        quantity: int,
        moment: datetime,
        source: Batch | Dispense | None,
        reason: str = "",
        actor: User | None = None,
    ) -> None:
        movement = self.rows.add(
            StockMovement(
                batch=batch,
                kind=kind,
                quantity=quantity,
                source_type=source._meta.label_lower if source else "",
                source_id=source.pk if source else None,
                reason=reason,
                moved_by=actor or self.pharmacist(moment),
                created_at=moment,
            )
        )
        if self.second and kind in (MovementKind.WASTE, MovementKind.ADJUSTMENT):
            self.second.moved(movement)

    def put_back(self, given: list[tuple[Batch, int]], moment: datetime, dispense: Dispense, reason: str) -> None:
        """What was handed out by mistake comes back into its lots."""
        for batch, quantity in given:
            lot = next(lot for lot in self.lots[batch.product] if lot.batch is batch)
            lot.quantity += quantity
            self._move(batch, MovementKind.RETURN, quantity, moment, dispense, reason, dispense.handed_out_by)

    def throw_away_expired(self, moment: datetime) -> None:
        """What ran out of date is taken off the shelf, and written down."""
        for lots in self.lots.values():
            for lot in lots:
                if lot.quantity and lot.batch.expires_on < moment.date():
                    self._move(lot.batch, MovementKind.WASTE, -lot.quantity, moment, None, "Expired")
                    lot.quantity = 0

    def count(self, moment: datetime) -> None:
        """A part of the shelf is counted: here and there a few are missing, once one too many."""
        for place, lots in enumerate(self.lots.values()):
            if place % 7 != moment.day % 7:
                continue
            lot = max(lots, key=lambda lot: lot.quantity)
            difference = self.dice.choice([0, 0, -1, -2, 1])
            if difference and lot.quantity > 20 and lot.batch.expires_on > moment.date():
                lot.quantity += difference
                if difference == -2:
                    self._move(lot.batch, MovementKind.WASTE, difference, moment, None, "Broken on the shelf")
                else:
                    self._move(lot.batch, MovementKind.ADJUSTMENT, difference, moment, None, "Monthly count")

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
                self._move(lot.batch, MovementKind.DISPENSE, -part, moment, dispense, actor=dispense.handed_out_by)
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
                self._alert(product, left, moment - timedelta(hours=14), resolved_at=moment)

    def raise_alerts(self, now: datetime) -> None:
        day = now.date()
        for product in self.lots:
            if (left := self.usable(product, day)) <= product.reorder_level:
                self._alert(product, left, now)

    def _alert(self, product: Product, left: int, moment: datetime, resolved_at: datetime | None = None) -> None:
        self.rows.add(
            ReorderAlert(
                facility=product.facility,
                product=product,
                quantity=left,
                raised_at=moment,
                resolved_at=resolved_at,
                created_at=moment,
            )
        )
