"""What becomes of prescriptions when a patient's record is erased: what left the shelf stays counted."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from hms.core import erasures
from hms.core.erasures import ERASED, SAID
from pharmacy.models import Dispense, DispenseLine, Prescription, PrescriptionLine, StockMovement


def register() -> None:
    erasures.forbids(
        _("A prescription is not handed out in full. Hand it out, or end it, first."),
        lambda patient_id: Prescription.objects.filter(
            patient=patient_id, status__in=["prescribed", "partly_dispensed"]
        ),
    )
    erasures.stays(
        Prescription, why="numbers without gaps", kept=("number", "status", "prescribed_at"), end_reason=SAID
    )
    erasures.stays(
        PrescriptionLine,
        why="what was handed out of it",
        kept=("position", "quantity", "dispensed", "allergy_check"),
        dosage=ERASED,
        days="1",
        override_reason=SAID,
    )
    erasures.stays(Dispense, why="stock and charges", kept=("handed_out_at", "reversed_at"), reversed_reason=SAID)
    erasures.stays(DispenseLine, why="which lot it was taken from", kept=("quantity",))
    erasures.stays(
        StockMovement, why="a lot holds the sum of its movements",
        kept=("kind", "quantity", "source_type", "source_id"), reason=SAID,
    )  # fmt: skip
