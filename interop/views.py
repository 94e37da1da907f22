"""Records for other systems."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, audit, lists
from interop.fhir.audit import patients, resource
from reports import trail


@access.needs("core.view_auditevent")
@require_safe
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """The audit's list as FHIR AuditEvent resources, one a line (NDJSON), by the same questions as its page."""
    asked = trail.read(request)
    detail = {"list": trail.filename(asked), "format": "fhir", **trail.told(asked)}
    return lists.taken_out(
        request,
        "interop.audit.exported",
        _lines(asked),
        f"{trail.filename(asked)}.ndjson",
        "application/fhir+ndjson",
        patient_id=asked.patient_id,
        detail=detail,
    )


def _lines(asked: trail.Asked) -> Iterator[bytes]:
    for line in trail.all_lines(asked):
        told = resource(line)
        for patient_id in patients(line):  # by its key another system knows the patient
            audit.seen(patient_id)
        yield json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
