"""What becomes of laboratory work when a patient's record is erased: that it was done stays, what was found goes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hms.core import erasures
from hms.core.erasures import BLANK, NOTHING, SAID
from laboratory.models import DiagnosticReport, LabOrder, Result, ResultRevision, Specimen


def register() -> None:
    erasures.forbids(
        _("A laboratory order is not finished. Verify its results, or cancel it, first."),
        lambda patient_id: LabOrder.objects.filter(patient=patient_id, status__in=["ordered", "collected", "entered"]),
    )
    erasures.goes(DiagnosticReport, DiagnosticReport.observations.through, ResultRevision)
    erasures.stays(
        LabOrder, why="numbers without gaps", kept=("number", "ordered_at", "priority", "status"),
        cancelled_reason=SAID,
    )  # fmt: skip
    erasures.stays(
        Specimen,
        why="numbers without gaps",
        kept=("accession", "collected_at", "rejected_at"),
        kind="'other'",
        rejected_reason=SAID,
    )
    erasures.stays(
        Result,
        why="the act that a charge stands for",
        kept=("status", "entered_at", "verified_at"),
        value=NOTHING,
        value_text=SAID,
        unit=BLANK,
        range_text=BLANK,
        flag="'unknown'",
    )
