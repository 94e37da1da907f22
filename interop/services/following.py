"""Following again what led nowhere when it was read."""

from __future__ import annotations

from collections import defaultdict

from django.db import transaction

from hms.core import audit, clock
from hms.core.models import User
from interop.models import SourceRecord, UnresolvedReference
from interop.services.storing import SAVED_IN_ORDER
from interop.services.targets import EMPLOYEE, ENCOUNTER, Target, one_target
from laboratory.models import DiagnosticReport
from patients.models import Encounter, Observation

BATCH = 1000


@transaction.atomic
def follow_again(actor: User) -> int:
    """Follow every pointer that led nowhere until now; how many lead somewhere. Locks: their rows."""
    found = 0
    waiting = UnresolvedReference.objects.filter(resolved_at=None).exclude(candidates=[]).order_by("id")
    last = None
    while rows := list(
        (waiting.filter(pk__gt=last) if last else waiting)
        .select_related("record")
        .select_for_update(of=("self",))[:BATCH]
    ):
        last = rows[-1].pk
        stored: dict[str, list[SourceRecord]] = defaultdict(list)
        for record in SourceRecord.objects.known_as(sorted({word for row in rows for word in row.candidates})):
            for word in record.aliases:
                stored[word].append(record)
        for row in rows:
            records = next((stored[word] for word in row.candidates if word in stored), [])
            if records and (target := one_target(records)):
                _connect(row, target)
                row.resolved_at = clock.now()
                row.save(update_fields=["resolved_at"])
                found += 1
    if found:
        audit.record(actor, "interop.fhir.references_found", detail={"count": found})
    return found


def _connect(row: UnresolvedReference, target: Target) -> None:
    """Fill the empty field of the row here, where it has one for this pointer."""
    record = row.record
    if record.object_id is None:
        return
    keys = {kind: [key for k, key in target.objects if k == kind] for kind, _key in target.objects}
    if record.object_type == ENCOUNTER and row.field == "participant.individual" and keys.get(EMPLOYEE):
        Encounter.objects.filter(pk=record.object_id, attending=None).update(attending=keys[EMPLOYEE][0])
    elif record.object_type == ENCOUNTER and row.field == "partOf" and keys.get(ENCOUNTER):
        Encounter.objects.filter(pk=record.object_id, part_of=None).update(part_of=keys[ENCOUNTER][0])
    elif row.field in ("encounter", "context") and keys.get(ENCOUNTER):
        visit = Encounter.objects.get(pk=keys[ENCOUNTER][0])
        parts = SourceRecord.objects.filter(
            source=record.source, resource_type=record.resource_type, key=record.key
        ).values_list("object_type", "object_id")
        for model in SAVED_IN_ORDER[1:]:
            mine = [key for kind, key in parts if kind == model._meta.label_lower]
            model.objects.filter(pk__in=mine, encounter=None, patient_id=visit.patient_id).update(encounter=visit)
    elif record.object_type == "laboratory.diagnosticreport" and row.field == "result":
        report = DiagnosticReport.objects.get(pk=record.object_id)
        mine = Observation.objects.filter(pk__in=keys.get("patients.observation", []), patient=report.patient_id)
        report.observations.add(*mine)
