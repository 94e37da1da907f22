"""The audit as FHIR R4 (4.0.1) AuditEvent: https://hl7.org/fhir/R4/auditevent.html"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings

from hms.core.models import ActKind
from reports.trail import Line

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
# https://hl7.org/fhir/R4/valueset-audit-event-type.html
TYPES = {
    ActKind.READ: ("110110", "Patient Record", "R"),
    ActKind.PRINT: ("110106", "Export", "R"),
    ActKind.EXPORT: ("110106", "Export", "R"),
    ActKind.REFUSAL: ("110113", "Security Alert", "E"),
    ActKind.CHANGE: ("110110", "Patient Record", "U"),
    ActKind.SIGN_IN: ("110114", "User Authentication", "E"),
}
APPLICATION = ("110100", "Application Activity", "E")  # what concerned no patient


def resource(line: Line) -> dict[str, Any]:
    """One row. Nothing of the illness stands in it, as in the row itself."""
    event = line.event
    code, display, action = TYPES[ActKind(event.kind)]
    if event.kind in (ActKind.READ, ActKind.CHANGE) and not event.patient_id and "patients" not in event.detail:
        code, display, action = APPLICATION
    refused = event.kind == ActKind.REFUSAL
    told: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": f"audit-{event.pk}",
        "type": {"system": DICOM, "code": code, "display": display},
        "subtype": [{"system": own("CodeSystem/audit-action"), "code": event.action, "display": line.words}],
        "action": action,
        "recorded": line.at.isoformat(timespec="milliseconds"),
        "outcome": "4" if refused else "0",
        "agent": [_agent(line)],
        "source": {
            "observer": {"display": settings.NETWORK_NAME},
            "type": [{"system": f"{TERMINOLOGY}/security-source-type", "code": "4", "display": "Application Server"}],
        },
    }
    if line.facility:
        told["source"]["site"] = line.facility.name
    if refused:
        told["outcomeDesc"] = line.words
    if event.reason:
        told["purposeOfEvent"] = [{"text": event.reason}]
    if entities := list(_entities(line)):
        told["entity"] = entities
    return told


def own(path: str) -> str:
    return f"{settings.PUBLIC_URL}/fhir/{path}"


def _agent(line: Line) -> dict[str, Any]:
    event = line.event
    agent: dict[str, Any] = {"name": line.who, "requestor": True}
    if event.actor_id:
        agent["who"] = {"identifier": {"system": own("NamingSystem/user"), "value": str(event.actor_id)}}
    if event.role:
        codes = event.role.split(", ")
        agent["role"] = [{"coding": [{"system": own("CodeSystem/role"), "code": code} for code in codes], "text": line.role}]  # fmt: skip
    if event.source:
        is_address = event.source.replace(".", "").isdigit() or ":" in event.source
        agent["network"] = {"address": event.source, "type": "2" if is_address else "1"}
    return agent


def patients(line: Line) -> list[UUID]:
    """Whom a row names: the one it is about, and those of the list it tells of."""
    concerned = [line.event.patient_id] if line.event.patient_id else []
    return [*concerned, *(UUID(each) for each in line.event.detail.get("patients", []))]


def _entities(line: Line) -> Any:
    event = line.event
    for patient_id in patients(line):
        yield {
            "what": {"reference": f"Patient/{patient_id}"},
            "type": {"system": f"{TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"},
            "role": {"system": f"{TERMINOLOGY}/object-role", "code": "1", "display": "Patient"},
        }
    rest = [{"type": name, "valueString": str(value)} for name, value in event.detail.items() if name != "patients" and str(value)]  # fmt: skip
    if event.object_id or rest:
        entity: dict[str, Any] = {
            "type": {"system": f"{TERMINOLOGY}/audit-entity-type", "code": "2", "display": "System Object"}
        }
        if event.object_id:
            entity["what"] = {"identifier": {"system": own(f"NamingSystem/{event.object_type}"), "value": event.object_id}}  # fmt: skip
        if rest:
            entity["detail"] = rest
        yield entity
