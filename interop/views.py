"""Records for other systems."""

from __future__ import annotations

import json
from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, audit
from interop.fhir.audit import resource
from reports import trail


@access.needs("core.view_auditevent")
@require_safe
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """The audit's list as FHIR AuditEvent resources, one a line (NDJSON), by the same questions as its page."""
    asked = trail.read(request)
    detail = {"list": trail.filename(asked), "format": "fhir", **trail.told(asked)}
    audit.record(request.user, "interop.audit.exported", patient_id=asked.patient_id, detail=detail)
    response = StreamingHttpResponse(_lines(asked), content_type="application/fhir+ndjson")
    response.headers["Content-Disposition"] = f'attachment; filename="{trail.filename(asked)}.ndjson"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines(asked: trail.Asked) -> Iterator[str]:
    for line in trail.all_lines(asked):
        yield json.dumps(resource(line), ensure_ascii=False, separators=(",", ":")) + "\n"
