"""What becomes of a stay when a patient's record is erased: the beds and their nights stay, what was written goes."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hms.core import erasures
from hms.core.erasures import ERASED, NOTHING, SAID
from wards.models import Admission, BedDay, BedStay, DischargeSummary, NursingNote


def register() -> None:
    erasures.forbids(
        _("The patient lies in a bed here. Discharge them first."),
        lambda patient_id: Admission.objects.filter(patient=patient_id, status="admitted"),
    )
    erasures.goes(NursingNote)
    erasures.stays(
        Admission,
        why="beds and bed-days",
        kept=("status", "admitted_at", "ended_at"),
        reason=SAID,
        end_reason=SAID,
        expected_on=NOTHING,
    )
    erasures.stays(BedStay, why="which bed was taken when", kept=("period",))
    erasures.stays(BedDay, why="the act that a charge stands for", kept=("day",))
    erasures.stays(
        DischargeSummary,
        why="numbers without gaps",
        kept=("number", "signed_at"),
        diagnosis=ERASED,
        course=ERASED,
        instructions=ERASED,
    )
