"""Entering, verifying by a second person, correcting."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, documents, notify, outbox, units
from hms.core.models import DocumentKind, User
from hms.core.refusals import Refused
from laboratory import flags
from laboratory.models import DiagnosticReport, LabOrder, OrderStatus, ReferenceRange, Result, ResultRevision
from laboratory.services.orders import VERIFIED, locked_order, settle
from patients.models import Observation
from patients.models.clinical import ObservationCategory
from staff import licences


def usual_for(found: LabOrder, result: Result) -> ReferenceRange | None:
    """What is usual for this patient's sex, at the age they had when the specimen was taken."""
    taken = result.specimen.collected_at if result.specimen else clock.now()
    return flags.fitting(
        result.test.ranges.all(),
        sex=found.patient.sex,
        born=found.patient.birth_date,
        on=clock.local(found.facility, taken).date(),
    )


def usual_text(result: Result, row: ReferenceRange | None) -> str:
    """3.9–5.6 mmol/L; "" where no range is known."""
    return f"{row.text} {units.text(result.test.unit)}".strip() if row and row.text else ""


def unreadable(result: Result, row: ReferenceRange | None, text: str) -> str:
    """What is wrong with a result that no one can read as a number; "" where nothing is."""
    if not result.test.numeric or flags.number(text) is not None or flags.limit(text) is not None:
        return ""
    usual = usual_text(result, row)
    hint = _(" Usual here: %(usual)s.") % {"usual": usual} if usual else ""
    if flags.may_mean_two(text):
        whole, small = text.replace(",", "").lstrip("0"), text.replace(",", ".")
        return (
            _("“%(text)s” is not stored: it may mean %(whole)s or %(small)s, a thousandfold difference.")
            % {"text": text, "whole": whole, "small": small}
        ) + (hint + _(" Type the one you mean, without a comma."))
    return (_("“%(text)s” is not a number. Type it like 5.2, or < 5.") % {"text": text}) + hint


def doubtful(result: Result, row: ReferenceRange | None, text: str) -> str:
    """What to ask about a value that lies far outside; "" where there is nothing to ask."""
    if not result.test.numeric or not flags.far(row, text):
        return ""
    return _("%(value)s %(unit)s is far outside: usual here is %(usual)s. Look at the point and the unit.") % {
        "value": text,
        "unit": units.text(result.test.unit),
        "usual": usual_text(result, row) or _("not known"),
    }


@transaction.atomic
def enter(
    actor: User, *, order_id: object, values: dict[UUID, str], confirmed: Collection[UUID] = frozenset()
) -> LabOrder:
    """Enter results (`values` by result id, as typed; empty: not yet). They can be changed until verified.

    Refuses words where a number belongs, and a value far outside what is usual that is not among the
    `confirmed`. Locks: the encounter, the order, its results by id.
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
        _write(actor, found, result, values[result.pk].strip(), sure=result.pk in confirmed)
    settle(found)
    audit.record(actor, "laboratory.result.entered", found, detail={"tests": len(rows)})
    return found


def _write(actor: User, found: LabOrder, result: Result, text: str, *, sure: bool) -> None:
    row = usual_for(found, result)
    if wrong := unreadable(result, row, text) or (not sure and doubtful(result, row, text)):
        raise Refused(wrong, field=f"result-{result.pk}")
    value = flags.number(text) if result.test.numeric else None
    result.value = value
    result.value_text = (flags.plain(text) if result.test.numeric else text)[:200]
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

    Refuses one's own entries, and whoever has no valid licence. When all tests of the order are verified, its report is made by a worker.
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
    licences.demand(actor, act=licences.Act.VERIFY)
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
def correct(actor: User, *, result_id: object, value: str, reason: str, confirmed: bool = False) -> Result:
    """Change a verified result: the old value is kept, the new one waits for a second person. The paper
    that shows the old one is withdrawn at once, and replaced when the new one is verified.

    Refuses what `enter` refuses. Locks: the encounter, the order, the result, the report's paper.
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
    _write(actor, found, result, value.strip(), sure=confirmed)
    settle(found)
    if report := DiagnosticReport.objects.filter(order=found).first():
        documents.withdraw(actor, source=report, kind=DocumentKind.LAB_REPORT)
    audit.record(actor, "laboratory.result.corrected", found, reason=reason, detail={"test": result.test.code})
    return result
