"""What a stay leaves behind for its summary: the medicines prescribed and the laboratory results verified in it."""

from __future__ import annotations

from django.utils.translation import ngettext

from hms.core import clock, units
from laboratory.models import OrderStatus, Result
from pharmacy.models import PrescriptionLine, PrescriptionStatus
from wards.models import Admission

WITHDRAWN = [PrescriptionStatus.CANCELLED, PrescriptionStatus.ENDED]


def medicines(admission: Admission) -> list[str]:
    """A line for each medicine prescribed in the stay and not withdrawn, in the order of prescribing. One query."""
    lines = (
        PrescriptionLine.objects.filter(prescription__encounter_id=admission.encounter_id)
        .exclude(prescription__status__in=WITHDRAWN)
        .select_related("product__medicine")
        .order_by("prescription__prescribed_at", "position")
    )
    said = (
        f"{line.product.medicine}: {line.dosage}, "
        + ngettext("%(days)s day", "%(days)s days", line.days) % {"days": line.days}
        for line in lines
    )
    return list(dict.fromkeys(said))


def results(admission: Admission) -> list[dict[str, str]]:
    """The newest verified result of each test of the stay, by name, as a snapshot keeps it. One query."""
    rows = (
        Result.objects.filter(order__encounter_id=admission.encounter_id, status=OrderStatus.VERIFIED)
        .select_related("test", "specimen")
        .order_by("test__name", "-specimen__collected_at", "-id")
    )
    newest: dict[object, dict[str, str]] = {}
    for row in rows:
        taken = clock.local(admission.facility, row.specimen.collected_at) if row.specimen else None
        newest.setdefault(
            row.test_id,
            {
                "test": row.test.name,
                "value": row.value_text,
                "unit": units.text(row.unit),
                "usual": row.range_text,
                "flag": row.flag,
                "flag_text": row.get_flag_display() if row.flag not in ("", "normal", "unknown") else "",
                "taken": taken.strftime("%d %b %Y, %H:%M") if taken else "",
            },
        )
    return list(newest.values())
