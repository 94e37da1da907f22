"""The catalogue: tests, their prices and reference ranges."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.models.services import Service, ServiceCategory
from billing.services import prices
from hms.core import audit
from hms.core.models import User
from hms.core.refusals import Refused
from laboratory.models import ReferenceRange, TestDefinition


@transaction.atomic
def add_test(actor: User, *, price: Decimal, reason: str = "", **details: Any) -> TestDefinition:
    """Add a test with its price. A price above one's limit waits for a second person, and nobody can order the test
    before; one that the price list has already stays. Refuses a code that is taken."""
    code = details["code"].strip().upper()
    if TestDefinition.objects.filter(facility=actor.facility, code=code).exists():
        raise Refused(_("This code is taken."), field="code")
    charged_as = f"LAB-{code}"
    service = Service.objects.filter(facility=actor.facility, code=charged_as).first() or prices.add_service(
        actor,
        code=charged_as,
        name=details["name"],
        category=ServiceCategory.LABORATORY,
        price=price,
        reason=reason,
    )
    test = TestDefinition.objects.create(facility=actor.facility, service=service, **{**details, "code": code})
    audit.record(actor, "laboratory.test.added", test)
    return test


@transaction.atomic
def change_test(actor: User, *, test_id: object, **details: Any) -> TestDefinition:
    """Change a test; results already entered keep their unit and range. Locks: the test."""
    test = TestDefinition.objects.select_for_update().get(pk=test_id)
    for name, value in details.items():
        setattr(test, name, value)
    test.save(update_fields=list(details))
    audit.record(actor, "laboratory.test.changed", test, detail={"fields": sorted(details)})
    return test


@transaction.atomic
def set_range(actor: User, *, test_id: object, range_id: object = None, **details: Any) -> ReferenceRange:
    """Add or change a reference range. Refuses ages that another range covers. Locks: the range."""
    row = ReferenceRange.objects.select_for_update().get(pk=range_id) if range_id else ReferenceRange(test_id=test_id)
    for name, value in details.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as failure:
        if "no_overlap" in str(failure):
            raise Refused(_("Another range covers a part of these ages."), field="from_days") from None
        raise Refused(_("Low must lie below high, and critical limits outside the usual range."), field="low") from None
    audit.record(actor, "laboratory.range.set", row)
    return row
