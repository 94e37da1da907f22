"""What was asked, amended and denied, with the entries it is about: wherever an entry is shown, so are these."""

from __future__ import annotations

from uuid import UUID

from patients.models import AmendmentRequest

Entry = tuple[str, UUID | None]


def of(patient_id: UUID) -> dict[Entry, list[AmendmentRequest]]:
    """The requests of a patient by the entry they are about, in the order of asking. Withdrawn ones are not among them.
    One query."""
    rows = AmendmentRequest.objects.filter(patient_id=patient_id).exclude(status="withdrawn")
    found: dict[Entry, list[AmendmentRequest]] = {}
    for row in rows.select_related("decided_by", "rebutted_by").order_by("received_on", "id"):
        found.setdefault((row.record_type, row.record_id), []).append(row)
    return found
