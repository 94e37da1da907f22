"""What the mapping of every resource stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from hms.core.models import Facility, User
from interop.fhir import values
from interop.fhir.reading import Entry

AT_SOURCE = "entered in error at the source"


class NoPlace(Exception):
    """Nothing in the record can hold this; it is counted under this reason."""


@dataclass
class Surroundings:
    """What a resource stands in: whose it is, in which visit."""

    patient_id: UUID
    encounter_id: UUID | None
    encounter_started: datetime | None


class Context(Protocol):
    """What the mapping asks of the import."""

    facility: Facility
    actor: User
    zone: ZoneInfo
    today: date

    def around(self, entry: Entry, subject: str = "subject", encounter: str = "encounter") -> Surroundings: ...
    def first(self, entry: Entry, path: str, object_type: str) -> UUID | None: ...
    def every(self, entry: Entry, path: str, object_type: str) -> list[UUID]: ...
    def mark(self, entry: Entry, what: str) -> None: ...
    def medicine(self, entry: Entry) -> values.Concept: ...


@dataclass
class Rows:
    """The rows of one resource, the first of which stands for it."""

    rows: list[Any]
    observations: list[UUID] = field(default_factory=list)
    no_known_allergies: UUID | None = None


def error(resource: dict[str, Any]) -> dict[str, Any]:
    """Whether the source took it back. Refuted: it was looked into, and is not so."""
    said = values.codes(resource.get("verificationStatus")) | {resource.get("status")}
    if "entered-in-error" in said:
        return {"entered_in_error": True, "error_reason": AT_SOURCE}
    if "refuted" in said:
        return {"entered_in_error": True, "error_reason": "refuted at the source"}
    return {}


def clinical(context: Context, around: Surroundings) -> dict[str, Any]:
    return {"patient_id": around.patient_id, "encounter_id": around.encounter_id, "recorded_by": context.actor}
