"""The charge master."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing import uses
from billing.models import Service
from hms.core import approvals, audit, money
from hms.core.models import Approval, Facility, User
from hms.core.refusals import Refused


@transaction.atomic
def add_service(actor: User, *, code: str, name: str, category: str, price: Decimal | str, reason: str = "") -> Service:
    """Add what can be charged. Above one's limit in money it is entered out of use, which nothing is charged by, and
    comes into use when a second person approves it: otherwise a price would move by taking a service out of use and
    adding it anew. Refuses a code that is taken in this facility."""
    service = Service(
        facility=actor.facility,
        code=code.strip().upper(),
        name=name,
        category=category,
        price=money.rounded(Decimal(price)),
        active=False,
    )
    asked = _ask(actor, service, name=name, price=service.price, active=True, reason=reason)
    service.active = not asked.waits
    try:
        with transaction.atomic():
            service.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("This code is taken."), field="code") from None
    asked.done(service)
    audit.record(actor, "billing.service.added", service, reason=reason)
    return service


@transaction.atomic
def change_service(
    actor: User,
    *,
    service_id: object,
    name: str,
    price: Decimal,
    active: bool,
    reason: str = "",
    was: dict[str, Any] | None = None,
) -> Service | Approval:
    """Change a price, take a service out of use or put it back; charges already posted keep theirs. A price that
    moves by more than one's limit, in money or in per cent, has to be approved, and all of the change waits with it;
    in use and out of use is a move by the whole price. Counted together is what one moved of this price in a month.

    Refuses to take out of use what a department still charges by it, and, where it says what it `was`, a service
    that is not so any more. Locks: the service.
    """
    service = Service.objects.select_for_update().get(pk=service_id, facility=actor.facility)
    price = money.rounded(Decimal(price))
    if service.active and not active and (used := uses.of([service]).get(service.pk)):
        raise Refused(
            _("“%(service)s” is in use: %(uses)s. Take that out of use first.")
            % {"service": service.name, "uses": "; ".join(used)},
            field="active",
        )
    before = _state(service)
    if was is not None and was != before:
        raise Refused(_("This service was changed in the meantime: it costs %(price)s now.") % {"price": service.price})
    asked = None
    if (price, active) != (service.price, service.active):
        asked = _ask(actor, service, name=name, price=price, active=active, reason=reason)
        if asked.waits:
            return asked.waits
    service.name, service.price, service.active = name, price, active
    service.save(update_fields=["name", "price", "active"])
    if asked:
        asked.done(service)
    detail = {"before": {"price": before["price"], "active": before["active"]}, "price": str(price), "active": active}
    audit.record(actor, "billing.service.changed", service, reason=reason, detail=detail)
    return service


def _state(service: Service) -> dict[str, Any]:
    return {"name": service.name, "price": str(service.price), "active": service.active}


def in_words(price: Decimal | str, active: bool) -> str:
    return str(price) if active else _("%(price)s, not in use") % {"price": price}


def _ask(actor: User, service: Service, *, name: str, price: Decimal, active: bool, reason: str) -> approvals.Asked:
    """May one do this to a price alone? A price that comes into use or goes out of it moves by all of itself."""
    moved = price - service.price if active == service.active else max(price, service.price)
    return approvals.ask(
        actor,
        "billing.price",
        subject=service,
        label=_("Price of %(code)s, %(before)s → %(after)s")
        % {
            "code": service.code,
            "before": in_words(service.price, service.active),
            "after": in_words(price, active),
        },
        amount=moved,
        base=service.price if price != service.price else None,
        reason=reason,
        arguments={
            "service_id": service.pk,
            "name": name,
            "price": price,
            "active": active,
            "was": _state(service),
        },
    )


def ensure(facility: Facility, *, code: str, name: str, category: str, price: Decimal) -> Service:
    """The facility's service of this code, made at `price` where it is missing, without asking anybody: for the
    demonstration, which fills an empty house as its owner; for what the caller asks about itself (`fees`, where the
    fee was asked about; `formulary`, where a medicine is in use at once and its price is looked at after)."""
    service, _made = Service.objects.get_or_create(
        facility=facility, code=code, defaults={"name": name, "category": category, "price": price}
    )
    return service
