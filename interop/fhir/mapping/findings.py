"""Observations and the reports that hold them together."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from interop.fhir import values
from interop.fhir.mapping.base import Context, NoPlace, Rows, clinical, error
from interop.fhir.reading import Broken, Entry
from interop.fhir.values import concept, fit
from laboratory.models import DiagnosticReport
from patients.models import Observation

CATEGORIES = ["vital-signs", "laboratory", "social-history", "survey"]


def observation(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    if resource.get("status") == "cancelled":
        raise NoPlace("cancelled")
    around = context.around(entry)
    said = values.codes(resource.get("category"))
    when = (
        values.first_moment(resource, "effective", context.zone)
        or values.moment(resource.get("issued"), context.zone)
        or around.encounter_started
    )
    if when is None:
        raise NoPlace("without a date")
    common = {
        **clinical(context, around),
        **error(resource),
        "category": next((name for name in CATEGORIES if name in said), "other"),
        "observed_at": when,
    }
    rows = []
    for node in [resource, *(resource.get("component") or [])]:
        found = values.value(node)
        if node is resource and resource.get("component") and found and "dataAbsentReason" in node:
            found = None  # the panel itself has no value, its components have
        if found is None:
            continue
        what = concept(node.get("code"))
        rows.append(
            Observation(
                **common,
                code=what.code,
                display=fit(what.text or "observation", 300),
                value=found.number,
                value_text=found.text,
                unit=found.unit,
            )
        )
    if not rows:
        raise NoPlace("without a value")
    return Rows(rows)


def report(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    if resource.get("status") in ("cancelled", "entered-in-error", "registered"):
        raise NoPlace(resource["status"].replace("-", " "))
    around = context.around(entry)
    what = concept(resource.get("code"))
    when = (
        values.moment(resource.get("issued"), context.zone)
        or values.first_moment(resource, "effective", context.zone)
        or around.encounter_started
    )
    if when is None:
        raise NoPlace("without a date")
    parts = [resource.get("conclusion") or ""]
    parts += [concept(node).text for node in resource.get("conclusionCode") or []]
    for form in resource.get("presentedForm") or []:
        if form.get("data") and (form.get("contentType") or "").split(";")[0].strip() == "text/plain":
            parts.append(_plain_text(entry, form))
    row = DiagnosticReport(
        facility=context.facility,
        patient_id=around.patient_id,
        encounter_id=around.encounter_id,
        code=what.code,
        title=fit(what.text or "Report", 300),
        text="\n\n".join(dict.fromkeys(part.strip() for part in parts if part.strip())),
        issued_at=when,
    )
    return Rows([row], observations=context.every(entry, "result", "patients.observation"))


def _plain_text(entry: Entry, form: dict[str, Any]) -> str:
    try:
        data = base64.b64decode("".join(str(form["data"]).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Broken("presentedForm.data: is not base64", entry) from None
    charset = (form.get("contentType") or "").lower().partition("charset=")[2].strip(' ";') or "utf-8"
    try:
        text = data.decode(charset)
    except (UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    return text.replace("\x00", "").replace("\r\n", "\n")
