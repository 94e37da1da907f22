"""The report of an order: made by a worker when its last test is verified, in the name of who verified it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from doctors.paper import signer
from hms.core import audit, clock, documents
from hms.core.models import Document, DocumentKind, User
from laboratory.models import DiagnosticReport, LabOrder, OrderStatus, Result
from laboratory.services.orders import locked_order
from patients.paper import identity


@transaction.atomic
def issue(actor: User, *, order_id: object) -> DiagnosticReport | None:
    """Draw the report of a verified order; None while something is open. Safe to run twice.

    After a correction it supersedes the earlier paper. Locks: the encounter, the order.
    """
    order = locked_order(order_id)
    if order.status != OrderStatus.VERIFIED:
        return None
    results = _verified(order)
    latest = max(result.verified_at for result in results)
    report, made = DiagnosticReport.objects.get_or_create(
        order=order,
        defaults={
            "facility": order.facility,
            "patient_id": order.patient_id,
            "encounter_id": order.encounter_id,
            "title": _("Laboratory report %(number)s") % {"number": order.number},
            "issued_at": latest,
        },
    )
    observed = {result.observation_id for result in results if result.observation_id}
    # A result may also have been withdrawn since: then the paper shows one too many.
    same = observed == set(report.observations.values_list("pk", flat=True))
    if not made and same and report.issued_at >= latest and documents.latest(report, DocumentKind.LAB_REPORT):
        return report
    # Drawn anew because a result was withdrawn: that is what the new paper documents.
    report.issued_at = latest if made or same or report.issued_at < latest else clock.now()
    report.save(update_fields=["issued_at"])
    report.observations.set(observed)
    _draw(actor, report, order, results)
    audit.record(actor, "laboratory.report.issued", report)
    return report


@transaction.atomic
def draw(actor: User, *, report_id: object) -> Document | None:
    """The paper of a report that was never drawn; asked again, the one that is there. The report itself stays as it
    is: None while its order is open again, or was verified anew since, because its next paper is on the way.

    Locks: the encounter, the order.
    """
    report = DiagnosticReport.objects.get(pk=report_id)
    order = locked_order(report.order_id)
    if found := documents.latest(report, DocumentKind.LAB_REPORT):
        return found
    results = _verified(order)
    if order.status != OrderStatus.VERIFIED or max(result.verified_at for result in results) > report.issued_at:
        return None
    return _draw(actor, report, order, results)


def _verified(order: LabOrder) -> list[Result]:
    return list(
        order.results.filter(status=OrderStatus.VERIFIED)
        .select_related("test", "specimen", "entered_by", "verified_by")
        .prefetch_related("revisions")
    )


def _draw(actor: User, report: DiagnosticReport, order: LabOrder, results: list[Result]) -> Document:
    """The paper names who entered and who verified; `actor` is who had it drawn."""
    return documents.issue(
        actor,
        kind=DocumentKind.LAB_REPORT,
        source=report,
        number=order.number,
        title=str(_("Laboratory report")),
        template="print/lab_report.html",
        paper=order.facility.paper,
        facility=order.facility,
        dated=report.issued_at,
        snapshot=_snapshot(order, results, at=report.issued_at),
        patient_id=order.patient_id,
    )


def _snapshot(order: LabOrder, results: list[Result], *, at: datetime) -> dict[str, Any]:
    def local(moment: Any) -> str:
        return clock.local(order.facility, moment).strftime("%d %b %Y, %H:%M")

    return {
        "patient": identity(order.patient, at=at),
        "ordered_by": order.ordered_by.name,
        "ordered": local(order.ordered_at),
        "question": order.question,
        "results": [
            {
                "test": result.test.name,
                "value": result.value_text,
                "unit": result.unit,
                "range": result.range_text,
                "flag": result.flag,
                "flag_text": str(result.get_flag_display()) if result.flag not in ("normal", "unknown") else "",
                "specimen": str(result.specimen.get_kind_display()),
                "collected": local(result.specimen.collected_at),
                "corrected": [row.value_text for row in result.revisions.all()],
            }
            for result in results
        ],
        "entered_by": sorted({result.entered_by.name for result in results}),
        "signer": signer(max(results, key=lambda result: result.verified_at).verified_by),
    }
