"""What a pointer leads to."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from interop.models import SourceRecord

PATIENT, ENCOUNTER, EMPLOYEE = "patients.patient", "patients.encounter", "staff.employee"


@dataclass
class Target:
    """What a pointer leads to: rows here, or a name without a row."""

    type: str
    objects: list[tuple[str, UUID]]
    display: str = ""
    code: str = ""


def one_target(records: list[SourceRecord]) -> Target | None:
    """What these records stand for; None where they are two different things."""
    groups: dict[tuple[str, str, str], list[SourceRecord]] = defaultdict(list)
    for record in records:
        groups[record.source, record.resource_type, record.key].append(record)
    targets = []
    for group in groups.values():
        group.sort(key=lambda r: r.part)
        objects = [(r.object_type, r.object_id) for r in group if r.object_id]
        targets.append(Target(group[0].resource_type, objects, group[0].display, group[0].code))
    if any(target.objects != targets[0].objects for target in targets):
        return None
    return targets[0]
