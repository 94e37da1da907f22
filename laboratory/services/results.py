"""Entering, verifying by a second person, correcting."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, notify, outbox
from hms.core.models import User
from hms.core.refusals import Refused
from laboratory import flags
from laboratory.models import LabOrder, OrderStatus, Result, ResultRevision
from laboratory.services.orders import VERIFIED, locked_order, settle
from patients.models import Observation
from patients.models.clinical import ObservationCategory


@transaction.atomic
def enter(actor: User, *, order_id: object, values: dict[UUID, str]) -> LabOrder:
    """Enter results (`values` by result id, as typed; empty: not yet). They can be changed until verified.

    Refuses words where a number belongs. Locks: the encounter, the order, its results by id.
    """
    found = locked_order(order_id)
    rows = list(
        found.results.select_for_update(of=("self",))
        .filter(pk__in=[pk for pk, text in values.items() if text.strip()])
        .select_related("test", "specimen")
        .prefetch_related("test__ranges")
        .order_by("pk")
    )
    if not rows:
        raise Refused(_("Enter at least one result."))
    for result in rows:
        if result.status not in (OrderStatus.COLLECTED, OrderStatus.ENTERED):
            raise Refused(
                _("%(test)s cannot be entered: %(status)s.")
                % {"test": result.test, "status": result.get_status_display().lower()}
            )
        _write(actor, found, result, values[result.pk].strip())
    settle(found)
    audit.record(actor, "laboratory.result.entered", found, detail={"tests": len(rows)})
    return found


def _write(actor: User, found: LabOrder, result: Result, text: str) -> None:
    value = flags.number(text) if result.test.numeric else None
    if result.test.numeric and value is None and flags.limit(text) is None:
        raise Refused(
            _("%(test)s: “%(text)s” is not a number. Write it like 1234 or 1.234, without commas for thousands.")
            % {"test": result.test, "text": text},
            field=f"result-{result.pk}",
        )
    row = flags.fitting(
        result.test.ranges.all(),
        sex=found.patient.sex,
        born=found.patient.birth_date,
        on=clock.local(found.facility, result.specimen.collected_at).date(),
    )
    result.value = value
    result.value_text = text[:200]
    result.unit = result.test.unit
    result.range_text = row.text if row else ""
    opened = result.test.numeric and value is None
    result.flag = flags.flag_open(row, text) if opened else flags.flag(row, value, text)
    result.entered_by = actor
    result.entered_at = clock.now()
    result.verified_by = result.verified_at = None
    result.status = OrderStatus.ENTERED
    result.save()


@transaction.atomic
def verify(actor: User, *, order_id: object, result_ids: list[UUID]) -> LabOrder:
    """Answer for results that somebody else entered: they become part of the chart.

    Refuses one's own entries. When all tests of the order are verified, its report is made by a worker.
    Critical values are told to whoever ordered. Locks: the encounter, the order, its results by id.
    """
    found = locked_order(order_id)
    rows = list(
        found.results.select_for_update(of=("self",))
        .filter(pk__in=result_ids, status=OrderStatus.ENTERED)
        .select_related("test", "specimen")
        .order_by("pk")
    )
    if not rows:
        raise Refused(_("Nothing here waits to be verified."))
    if any(result.entered_by_id == actor.pk for result in rows):
        raise Refused(_("You entered a result of this order yourself. A second person verifies it."))
    now = clock.now()
    for result in rows:
        result.observation = Observation.objects.create(
            patient_id=found.patient_id,
            encounter=found.encounter,
            recorded_by=actor,
            category=ObservationCategory.LABORATORY,
            code=result.test.loinc or result.test.code,
            display=result.test.name,
            value=result.value,
            value_text=result.value_text,
            unit=result.unit,
            observed_at=result.specimen.collected_at,
        )
        result.verified_by = actor
        result.verified_at = now
        result.status = OrderStatus.VERIFIED
        result.save(update_fields=["observation", "verified_by", "verified_at", "status"])
    settle(found)
    if any(result.is_critical for result in rows):
        notify.person(
            found.ordered_by,
            found.facility,
            text=_("Critical result in order %(number)s") % {"number": found.number},
            url=f"/laboratory/orders/{found.pk}/",
            level="critical",
        )
    if found.status == OrderStatus.VERIFIED:
        outbox.publish(VERIFIED, order_id=str(found.pk), actor_id=str(actor.pk))
    audit.record(actor, "laboratory.result.verified", found, detail={"tests": len(rows)})
    return found


@transaction.atomic
def correct(actor: User, *, result_id: object, value: str, reason: str) -> Result:
    """Correct a verified result: the old value is kept, the new one waits for a second person.

    Locks: the encounter, the order, the result.
    """
    found = locked_order(Result.objects.values_list("order_id", flat=True).get(pk=result_id))
    result = Result.objects.select_for_update(of=("self",)).select_related("test", "specimen").get(pk=result_id)
    if result.status != OrderStatus.VERIFIED:
        raise Refused(_("Only a verified result is corrected; before that it is simply entered again."))
    ResultRevision.objects.create(
        result=result,
        value_text=result.value_text,
        verified_by_id=result.verified_by_id,
        verified_at=result.verified_at,
        corrected_by=actor,
        reason=reason,
    )
    Observation.objects.filter(pk=result.observation_id).update(entered_in_error=True, error_reason=reason)
    result.observation = None
    _write(actor, found, result, value.strip())
    settle(found)
    audit.record(actor, "laboratory.result.corrected", found, reason=reason, detail={"test": result.test.code})
    return result
