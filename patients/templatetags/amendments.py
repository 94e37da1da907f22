"""`{% amendments allergy %}`: what the patient asked to have corrected in an entry, and what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template

from patients import amended

register = template.Library()


@register.inclusion_tag("patients/amendment_lines.html", takes_context=True)
def amendments(context: template.Context, row: Any, patient_id: UUID | None = None) -> dict[str, Any]:
    """`patient_id` where the row does not say it itself. One query a page, however many entries it shows."""
    request = context.get("request") or context.request  # an include with `only` has no other
    whose = patient_id or row.patient_id
    asked = request.__dict__.setdefault("_amendments", {})
    if whose not in asked:
        asked[whose] = amended.of(whose)
    found = asked[whose].get((row._meta.label_lower, row.pk), [])
    return {"rows": found, "links": request.user.has_perm("patients.view_amendmentrequest")}
