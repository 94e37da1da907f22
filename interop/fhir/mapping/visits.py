"""Visits."""

from __future__ import annotations

from interop.fhir import values
from interop.fhir.mapping.base import AT_SOURCE, Context, NoPlace, Rows
from interop.fhir.reading import Entry
from interop.fhir.values import concept, fit
from patients.models import Encounter

RUNNING = {"arrived", "triaged", "in-progress", "onleave"}


def encounter(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    status = resource.get("status")
    if status == "planned":
        raise NoPlace("planned, did not take place yet")
    around = context.around(entry, encounter="")
    period = resource.get("period") or {}
    start, end = values.moment(period.get("start"), context.zone), values.moment(period.get("end"), context.zone)
    start = start or end
    if start is None:
        raise NoPlace("without a date")
    running = status in RUNNING or (status == "unknown" and end is None)
    if running:
        end = None
        context.mark(entry, f"{status} at the source: a visit whose end is not known")
    else:
        end = end or start
        if len(period.get("end", "")) <= 10 and end < start:
            end = start  # a day, after a clock time of that day
    kinds = {"EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "VR": "virtual"}
    reason = concept(resource.get("reasonCode")) or concept(resource.get("type"))
    ended = {"cancelled": "cancelled", "entered-in-error": "entered_in_error"}
    row = Encounter(
        facility=context.facility,
        patient_id=around.patient_id,
        attending_id=context.first(entry, "participant.individual", "staff.employee"),
        kind=kinds.get(resource["class"].get("code"), "outpatient"),
        status="unended" if running else ended.get(status, "finished"),
        reason=fit(reason.text, 200),
        started_at=start,
        ended_at=end,
        end_reason=AT_SOURCE if status == "entered-in-error" else "",
        imported=True,
    )
    return Rows([row])
