"""Ordering tests, collecting specimens, and the ways out."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from billing.services import charges
from hms.core import audit, clock, documents, numbering, outbox
from hms.core.models import DocumentKind, Paper, User
from hms.core.refusals import Refused
from laboratory.models import LabOrder, OrderStatus, Result, Specimen, TestDefinition
from patients.models.encounter import EncounterStatus
from patients.paper import identity
from patients.services.encounters import locked, locked_open

VERIFIED = "laboratory.order_verified"
PROGRESS = [OrderStatus.ORDERED, OrderStatus.COLLECTED, OrderStatus.ENTERED, OrderStatus.VERIFIED]


@transaction.atomic
def order(
    actor: User, *, encounter_id: object, test_ids: list[UUID], priority: str = "routine", question: str = ""
) -> LabOrder:
    """Ask for tests within an open visit. They are charged when the specimen is taken.

    Refuses no test, and one that is out of use. Locks: the encounter, then the number counter.
    """
    encounter = locked_open(encounter_id)
    tests = list(TestDefinition.objects.offered().filter(pk__in=test_ids, facility=encounter.facility))
    if not tests:
        raise Refused(_("Choose at least one test."), field="tests")
    if len(tests) != len(set(test_ids)):
        raise Refused(_("One of the tests is not in use here. Choose again."), field="tests")
    made = LabOrder(
        facility=encounter.facility,
        patient=encounter.patient,
        encounter=encounter,
        ordered_by=actor,
        ordered_at=clock.now(),
        priority=priority,
        question=question,
        number=numbering.next_number(encounter.facility, "LAB"),
    )
    made.save(force_insert=True)
    Result.objects.bulk_create([Result(order=made, test=test, unit=test.unit) for test in tests])
    audit.record(actor, "laboratory.order.placed", made, detail={"tests": sorted(test.code for test in tests)})
    return made


def locked_order(order_id: object) -> LabOrder:
    """The encounter's lock, then the order's."""
    locked(LabOrder.objects.values_list("encounter_id", flat=True).get(pk=order_id))
    return (
        LabOrder.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "encounter", "ordered_by")
        .get(pk=order_id)
    )


def settle(found: LabOrder) -> None:
    """Set an order's status by its results; under the order's lock."""
    states = [r.status for r in found.results.all() if r.status != OrderStatus.CANCELLED]
    status = min(states, key=PROGRESS.index) if states else OrderStatus.CANCELLED
    if status != found.status:
        found.status = status
        found.save(update_fields=["status", "cancelled_reason"])


@transaction.atomic
def collect(actor: User, *, order_id: object) -> list[Specimen]:
    """Take the specimens: one barcode for each kind of tube, a label for each, and the charges.

    Refuses when nothing is left to collect. Locks: the encounter, the order, then the counter.
    """
    found = locked_order(order_id)
    waiting = list(
        found.results.filter(status=OrderStatus.ORDERED).select_related("test__service").order_by("test__specimen")
    )
    if not waiting:
        raise Refused(_("Nothing is left to collect."))
    specimens: dict[str, Specimen] = {}
    now = clock.now()
    for result in waiting:
        kind = result.test.specimen
        if kind not in specimens:
            value = numbering.next_value(found.facility, "SPECIMEN")
            specimens[kind] = Specimen.objects.create(
                order=found,
                kind=kind,
                accession=f"{found.facility.code}{value:08d}",
                collected_by=actor,
                collected_at=now,
            )
        result.specimen = specimens[kind]
        result.status = OrderStatus.COLLECTED
        result.save(update_fields=["specimen", "status"])
        charges.post(
            actor, encounter=found.encounter, source=result, service=result.test.service, description=result.test.name
        )
    settle(found)
    for specimen in specimens.values():
        draw_label(actor, found, specimen)
    audit.record(actor, "laboratory.specimen.collected", found, detail={"specimens": len(specimens)})
    return list(specimens.values())


def draw_label(actor: User, found: LabOrder, specimen: Specimen) -> None:
    """The 50 × 25 mm label with the barcode."""
    documents.issue(
        actor,
        kind=DocumentKind.SPECIMEN_LABEL,
        source=specimen,
        number=specimen.accession,
        title=str(_("Specimen label")),
        template="print/label_base.html",
        paper=Paper.LABEL,
        facility=found.facility,
        dated=specimen.collected_at,
        snapshot={
            "patient": identity(found.patient, at=specimen.collected_at),
            "labels": [
                {
                    "top_left": str(specimen.get_kind_display()),
                    "top_right": clock.local(found.facility, specimen.collected_at).strftime("%d %b %Y %H:%M"),
                    "code": specimen.accession,
                }
            ],
        },
        patient_id=found.patient_id,
    )


@transaction.atomic
def reject_specimen(actor: User, *, specimen_id: object, reason: str) -> Specimen:
    """The specimen is no good (clotted, unlabelled): its tests are to be collected again, uncharged.

    What was invoiced for it is credited. Refuses once a result of it is verified. Locks: the encounter, the
    order, the specimen, then the invoice.
    """
    found = locked_order(Specimen.objects.values_list("order_id", flat=True).get(pk=specimen_id))
    specimen = Specimen.objects.select_for_update().get(pk=specimen_id)
    if specimen.rejected_at:
        raise Refused(_("This specimen was rejected already."))
    results = list(specimen.results.exclude(status=OrderStatus.CANCELLED).select_related("test"))
    if any(result.status == OrderStatus.VERIFIED for result in results):
        raise Refused(_("A result of this specimen is verified. Correct that result instead."))
    for result in results:
        result.status = OrderStatus.CANCELLED
        result.save(update_fields=["status"])
    # A charge stands for one act: collecting again is a new one, so the tests are asked for anew.
    Result.objects.bulk_create([Result(order=found, test=result.test, unit=result.unit) for result in results])
    specimen.rejected_at = clock.now()
    specimen.rejected_reason = reason
    specimen.save(update_fields=["rejected_at", "rejected_reason"])
    settle(found)
    charges.undo(actor, sources=results, reason=reason)
    audit.record(actor, "laboratory.specimen.rejected", found, reason=reason, detail={"specimen": specimen.accession})
    return specimen


@transaction.atomic
def cancel(actor: User, *, order_id: object, reason: str) -> LabOrder:
    """Cancel every test of an order that is not verified; what was charged for them is reversed, or credited
    where it was invoiced.

    When the others are all verified, their report is made by a worker. Refuses when all are verified.
    Locks: the encounter, the order, then the invoice.
    """
    found = locked_order(order_id)
    waiting = list(found.results.exclude(status__in=[OrderStatus.VERIFIED, OrderStatus.CANCELLED]))
    if not waiting:
        raise Refused(_("Nothing of this order is open any more."))
    for result in waiting:
        result.status = OrderStatus.CANCELLED
        result.save(update_fields=["status"])
    found.cancelled_reason = reason
    found.save(update_fields=["cancelled_reason"])
    settle(found)
    if found.status == OrderStatus.VERIFIED:
        outbox.publish(VERIFIED, order_id=str(found.pk), actor_id=str(actor.pk))
    charges.undo(actor, sources=waiting, reason=reason)
    audit.record(actor, "laboratory.order.cancelled", found, reason=reason, detail={"tests": len(waiting)})
    return found


@transaction.atomic
def release(actor: User, *, encounter_id: object) -> int:
    """The visit was cancelled: what its orders still wait for is cancelled; returns how many orders. Done
    twice it is done once. Locks: the encounter, then each order, by id."""
    encounter = locked(encounter_id)
    if encounter.status != EncounterStatus.CANCELLED:
        return 0
    ids = list(LabOrder.objects.filter(encounter=encounter).unfinished().order_by("pk").values_list("pk", flat=True))
    for order_id in ids:
        reason = _("The visit was cancelled: %(reason)s") % {"reason": encounter.end_reason}
        cancel(actor, order_id=order_id, reason=reason[:300])
    return len(ids)
