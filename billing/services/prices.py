"""The charge master."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing import uses
from billing.models import Service
from hms.core import audit
from hms.core.models import Facility, User
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
def change_service(actor: User, *, service_id: object, name: str, price: Decimal, active: bool) -> Service:
    """Change a price or take a service out of use; charges already posted keep theirs.

    Refuses to take out of use what a department still charges by it. Locks: the service.
    """
    service = Service.objects.select_for_update().get(pk=service_id)
    if service.active and not active and (used := uses.of([service]).get(service.pk)):
        raise Refused(
            _("“%(service)s” is in use: %(uses)s. Take that out of use first.")
            % {"service": service.name, "uses": "; ".join(used)},
            field="active",
        )
    before = {"price": str(service.price), "active": service.active}
    service.name, service.price, service.active = name, price, active
    service.save(update_fields=["name", "price", "active"])
    audit.record(
        actor, "billing.service.changed", service, detail={"before": before, "price": str(price), "active": active}
    )
    return service


def ensure(facility: Facility, *, code: str, name: str, category: str, price: Decimal) -> Service:
    """The facility's service of this code, made at `price` where it is missing: departments bring
    their catalogue's services with them."""
    service, _made = Service.objects.get_or_create(
        facility=facility, code=code, defaults={"name": name, "category": category, "price": price}
    )
    return service
