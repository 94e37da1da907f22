"""Stock comes and goes by movements. The balance of a batch is locked, looked at again, then changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Sum
from django.utils.translation import gettext as _

from hms.core import approvals, audit, clock, notify, outbox
from hms.core.models import Approval, Facility, User
from hms.core.refusals import Refused
from pharmacy.models import Batch, MovementKind, Product, ReorderAlert, StockBalance, StockMovement

FELL = "pharmacy.stock_fell"


def _move(
    actor: User,
    balance: StockBalance,
    kind: MovementKind,
    quantity: int,
    *,
    source: models.Model | None = None,
    reason: str = "",
) -> StockMovement:
    """Move under the balance's lock, which the caller holds."""
    StockBalance.objects.filter(pk=balance.pk).update(quantity=F("quantity") + quantity)
    balance.quantity += quantity
    return StockMovement.objects.create(
        batch_id=balance.pk,
        kind=kind,
        quantity=quantity,
        source_type=source._meta.label_lower if source is not None else "",
        source_id=source.pk if source is not None else None,
        reason=reason,
        moved_by=actor,
    )


def _here(actor: User, product: Product) -> None:
    if product.facility_id != actor.facility.pk:
        raise Refused(_("This is the stock of another facility."))


def usable(product: Product) -> int:
    """How much of a product is there and not expired."""
    today = clock.today(product.facility)
    found = StockBalance.objects.filter(batch__product=product, batch__expires_on__gt=today)
    return found.aggregate(sum=Sum("quantity"))["sum"] or 0


@transaction.atomic
def receive(
    actor: User, *, product_id: object, number: str, expires_on: date, quantity: int, unit_cost: Decimal
) -> Batch:
    """Take a delivery in. Refuses goods that have expired, and a lot known with another expiry date.

    Locks: the batch's balance.
    """
    product = Product.objects.select_related("facility", "medicine").get(pk=product_id)
    _here(actor, product)
    if quantity <= 0:
        raise Refused(_("The quantity must be above zero."), field="quantity")
    if expires_on <= clock.today(product.facility):
        raise Refused(_("These goods have expired. Send them back."), field="expires_on")
    number = number.strip().upper()
    if Batch.objects.filter(product=product, number=number).exclude(expires_on=expires_on).exists():
        raise Refused(_("This lot is in stock with another expiry date. Check the box."), field="expires_on")
    batch, _made = Batch.objects.get_or_create(
        product=product, number=number, expires_on=expires_on, defaults={"unit_cost": unit_cost}
    )
    StockBalance.objects.get_or_create(batch=batch)
    balance = StockBalance.objects.select_for_update().get(batch=batch)
    _move(actor, balance, MovementKind.RECEIPT, quantity, source=batch)
    audit.record(actor, "pharmacy.stock.received", batch, detail={"quantity": quantity})
    settle_alert(product)
    return batch


def _locked(**which: object) -> list[StockBalance]:
    """The balances of the chosen batches under their locks, all at once and by batch id: whoever needs
    several takes them in one order, so that no two wait for each other."""
    return list(
        StockBalance.objects.select_for_update(of=("self",))
        .filter(**which)
        .select_related("batch")
        .order_by("batch_id")
    )


def take(actor: User, *, wanted: list[tuple[Product, int]], source: models.Model) -> list[list[tuple[Batch, int]]]:
    """Take so much of each product of a facility, first-expiring batches first; never an expired one.

    Answers with (batch, quantity) pairs for each that is wanted. Refuses when there is not enough.
    Locks: the balances of all these products' batches, by batch id. Runs in the caller's transaction.
    """
    shelf: dict[UUID, list[StockBalance]] = {product.pk: [] for product, _quantity in wanted}
    today = clock.today(wanted[0][0].facility)
    for balance in _locked(batch__product__in=list(shelf), batch__expires_on__gt=today):
        shelf[balance.batch.product_id].append(balance)
    taken = []
    for product, quantity in wanted:
        there = sum(balance.quantity for balance in shelf[product.pk])
        if there < quantity:
            raise Refused(
                _("Only %(there)s %(unit)s of %(product)s are in stock. Dispense fewer, or receive a delivery first.")
                % {"there": there, "unit": product.medicine.unit, "product": product.medicine}
            )
        parts, left = [], quantity
        for balance in sorted(shelf[product.pk], key=lambda balance: (balance.batch.expires_on, balance.pk)):
            if part := min(balance.quantity, left):
                _move(actor, balance, MovementKind.DISPENSE, -part, source=source)
                parts.append((balance.batch, part))
                left -= part
        taken.append(parts)
    _settle_alerts(product for product, _quantity in wanted)
    return taken


def put_back(actor: User, *, returned: list[tuple[Batch, int]], source: models.Model, reason: str) -> None:
    """Return what was taken. Locks: the batches' balances, by batch id. Runs in the caller's transaction."""
    balances = {balance.pk: balance for balance in _locked(batch__in=[batch for batch, _quantity in returned])}
    for batch, quantity in returned:
        _move(actor, balances[batch.pk], MovementKind.RETURN, quantity, source=source, reason=reason)
    _settle_alerts(batch.product for batch, _quantity in returned)


def _balance(actor: User, batch_id: object) -> StockBalance:
    """A lot's balance under its lock, of a lot of this facility."""
    balance = (
        StockBalance.objects.select_for_update(of=("self",))
        .select_related("batch__product__facility", "batch__product__medicine", "batch__product__service")
        .get(pk=batch_id)
    )
    _here(actor, balance.batch.product)
    return balance


def value_of_one(batch: Batch) -> Decimal:
    """What one of a lot is worth to whoever takes it: its cost or its price, whichever is higher."""
    return max(batch.unit_cost, batch.product.service.price)


def _ask(actor: User, kind: str, batch: Batch, change: int, reason: str, **arguments: Any) -> approvals.Asked:
    return approvals.ask(
        actor,
        kind,
        subject=batch,
        label=_("%(medicine)s, lot %(lot)s: %(quantity)s")
        % {
            "medicine": batch.product.medicine,
            "lot": batch.number,
            "quantity": f"{change:+d}".replace("-", "\u2212"),
        },
        amount=value_of_one(batch) * abs(change),
        reason=reason,
        arguments={"batch_id": batch.pk, **arguments},
        pool=batch.product_id,
    )


@transaction.atomic
def count(actor: User, *, batch_id: object, counted: int, reason: str) -> StockMovement | Approval | None:
    """Set a batch to what was counted on the shelf; None when it agrees. Otherwise `adjust` by the difference.

    Locks: the batch's balance.
    """
    balance = _balance(actor, batch_id)
    if counted < 0:
        raise Refused(_("A count is never below zero."), field="counted")
    difference = counted - balance.quantity
    return adjust(actor, batch_id=batch_id, difference=difference, reason=reason) if difference else None


@transaction.atomic
def adjust(actor: User, *, batch_id: object, difference: int, reason: str) -> StockMovement | Approval:
    """Correct a batch by so many; worth more than one's limit, ask for it. What is dispensed while it waits changes
    nothing: the difference was found on the shelf. Refuses to take more than there is. Locks: the batch's balance.
    """
    balance = _balance(actor, batch_id)
    if balance.quantity + difference < 0:
        raise Refused(_("There are %(there)s of this lot.") % {"there": balance.quantity}, field="counted")
    asked = _ask(actor, "pharmacy.adjustment", balance.batch, difference, reason, difference=difference)
    if asked.waits:
        return asked.waits
    movement = _move(actor, balance, MovementKind.ADJUSTMENT, difference, reason=reason)
    asked.done(movement)
    audit.record(actor, "pharmacy.stock.counted", balance.batch, reason=reason, detail={"difference": difference})
    settle_alert(balance.batch.product)
    return movement


@transaction.atomic
def throw_away(actor: User, *, batch_id: object, quantity: int, reason: str) -> StockMovement | Approval:
    """Take expired or damaged goods off the shelf; worth more than one's limit, ask for it. An expired lot is not
    dispensed while it waits. Refuses more than there is. Locks: the batch's balance."""
    balance = _balance(actor, batch_id)
    if not 0 < quantity <= balance.quantity:
        raise Refused(_("There are %(there)s of this lot.") % {"there": balance.quantity}, field="quantity")
    asked = _ask(actor, "pharmacy.waste", balance.batch, -quantity, reason, quantity=quantity)
    if asked.waits:
        return asked.waits
    movement = _move(actor, balance, MovementKind.WASTE, -quantity, reason=reason)
    asked.done(movement)
    audit.record(actor, "pharmacy.stock.thrown_away", balance.batch, reason=reason, detail={"quantity": quantity})
    settle_alert(balance.batch.product)
    return movement


def _settle_alerts(products: Iterable[Product]) -> None:
    """Once for each product, by id, because an alert is a row that is locked as well."""
    for product in sorted({product.pk: product for product in products}.values(), key=lambda product: product.pk):
        settle_alert(product)


def settle_alert(product: Product) -> None:
    """After stock or level changed: the worker is told when the product is low and nobody knows yet; an
    alert is closed once it is not, or is out of use. Runs in the caller's transaction."""
    known = ReorderAlert.objects.filter(product=product, resolved_at=None)
    if not product.active or usable(product) > product.reorder_level:
        known.update(resolved_at=clock.now())
    elif not known.exists():
        outbox.publish(FELL, product_id=str(product.pk))


def watch_shelves() -> int:
    """Raise the alerts of what fell by the calendar, when a lot expired; returns how many."""
    raised = 0
    for facility in Facility.objects.all():
        of_house = Product.objects.filter(facility=facility, active=True).with_stock(clock.today(facility))
        known = ReorderAlert.objects.filter(product=OuterRef("pk"), resolved_at=None)
        for product_id in of_house.low().filter(~Exists(known)).order_by("pk").values_list("pk", flat=True):
            raised += raise_alert(product_id) is not None
    return raised


@transaction.atomic
def raise_alert(product_id: object) -> ReorderAlert | None:
    """Raise a reorder alert, once, if the product is still low; None if it is not, or one is open."""
    product = Product.objects.select_related("facility", "medicine").get(pk=product_id)
    left = usable(product)
    if left > product.reorder_level or not product.active:
        return None
    try:
        with transaction.atomic():
            alert = ReorderAlert.objects.create(
                facility=product.facility, product=product, quantity=left, raised_at=clock.now()
            )
    except IntegrityError:
        return None
    notify.everyone(
        product.facility,
        permission="pharmacy.view_reorderalert",
        text=_("Reorder %(product)s: %(left)s left") % {"product": product.medicine, "left": left},
        url=f"/pharmacy/stock/{product.pk}/",
        level="warning",
    )
    return alert
