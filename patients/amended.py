"""What was asked, amended and denied, with the entries it is about: wherever an entry is shown, so are these."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from patients.models import AmendmentRequest

Entry = tuple[str, UUID | None]


def any_of(patient: str = "patient_id") -> Exists:
    """Whether something was asked of this patient's record: for a row that has the patient's key, as a part of its query."""
    return Exists(AmendmentRequest.objects.filter(patient_id=OuterRef(patient)).order_by())


def nothing_of(request: HttpRequest, patient_id: UUID) -> None:
    """Nothing was asked, as the page knows already: its entries do not ask again."""
    request.__dict__.setdefault("_amendments", {})[patient_id] = {}


def of(patient_id: UUID) -> dict[Entry, list[AmendmentRequest]]:
    """The requests of a patient by the entry they are about, in the order of asking. Withdrawn ones are not among them.
    One query."""
    rows = AmendmentRequest.objects.filter(patient_id=patient_id).exclude(status="withdrawn")
    found: dict[Entry, list[AmendmentRequest]] = {}
    for row in rows.select_related("decided_by", "rebutted_by").order_by("received_on", "id"):
        found.setdefault((row.record_type, row.record_id), []).append(row)
    return found
