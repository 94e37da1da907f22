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
def add_service(actor: User, *, code: str, name: str, category: str, price: Decimal) -> Service:
    """Add what can be charged. Refuses a code that is taken in this facility."""
    service = Service(facility=actor.facility, code=code.strip().upper(), name=name, category=category, price=price)
    try:
        with transaction.atomic():
            service.save(force_insert=True)
    except IntegrityError:
        raise Refused(_("This code is taken."), field="code") from None
    audit.record(actor, "billing.service.added", service)
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
    """Change a price or take a service out of use; charges already posted keep theirs. A price that moves by more
    than one's limit, in money or in per cent, has to be approved, and all of the change waits with it; counted
    together is what one changed of this price in a month.

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
    before = {"name": service.name, "price": str(service.price), "active": service.active}
    if was is not None and was != before:
        raise Refused(_("This service was changed in the meantime: it costs %(price)s now.") % {"price": service.price})
    asked = None
    if price != service.price:
        asked = approvals.ask(
            actor,
            "billing.price",
            subject=service,
            label=_("Price of %(code)s, %(before)s → %(after)s")
            % {"code": service.code, "before": service.price, "after": price},
            amount=price - service.price,
            base=service.price,
            reason=reason,
            arguments={"service_id": service.pk, "name": name, "price": price, "active": active, "was": before},
        )
        if asked.waits:
            return asked.waits
    service.name, service.price, service.active = name, price, active
    service.save(update_fields=["name", "price", "active"])
    if asked:
        asked.done(service)
    detail = {"before": {"price": before["price"], "active": before["active"]}, "price": str(price), "active": active}
    audit.record(actor, "billing.service.changed", service, reason=reason, detail=detail)
    return service


def ensure(facility: Facility, *, code: str, name: str, category: str, price: Decimal) -> Service:
    """The facility's service of this code, made at `price` where it is missing: departments bring
    their catalogue's services with them."""
    service, _made = Service.objects.get_or_create(
        facility=facility, code=code, defaults={"name": name, "category": category, "price": price}
    )
    return service
