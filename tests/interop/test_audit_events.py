"""The audit as FHIR R4 AuditEvent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from fhir.resources.R4B.auditevent import AuditEvent as Resource
from pydantic import ValidationError

from hms.core import audit
from hms.core.models import AuditEvent, User
from patients.models import Patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def exported(client_as: Callable[..., Client]) -> Callable[..., list[dict[str, Any]]]:
    client = client_as("auditor")

    def ask(**query: str) -> list[dict[str, Any]]:
        answer = client.get("/interop/audit.ndjson", query)
        assert answer.headers["Content-Type"] == "application/fhir+ndjson"
        return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]

    return ask


def test_every_kind_of_row_is_a_valid_resource(
    person: Callable[..., User], patient: Patient, exported: Callable[..., list[dict[str, Any]]]
) -> None:
    nurse = person("nurse")
    with audit.source("2001:db8::7"):
        audit.record(nurse, "patients.chart.opened", patient, reason="Handover")
        audit.record(nurse, "access.outside_care", patient_id=patient.pk, detail={"kind": "route", "which": "x"})
        audit.record(nurse, "patients.list.seen", detail={"route": "r", "patients": [str(patient.pk)]})
    with audit.source("10.0.0.7"):
        audit.record(nurse, "core.user.signed_in", nurse)
        audit.record(nurse, "core.document.printed", patient_id=patient.pk, detail={"kind": "invoice", "copy": 1})
        audit.record(nurse, "export", detail={"list": "x", "format": "csv"})
    with audit.source("hms.core.tasks.x"):
        audit.record(nurse, "billing.charge.posted", patient_id=patient.pk)
        audit.record(nurse, "pharmacy.stock.counted")
    told = exported()
    assert len(told) == AuditEvent.objects.exclude(facility=None).exclude(action="interop.audit.exported").count()
    for each in told:
        Resource.model_validate(each)
    looked = next(each for each in told if each["subtype"][0]["code"] == "patients.chart.opened")
    assert looked["entity"][0]["what"] == {"reference": f"Patient/{patient.pk}"}
    assert looked["type"]["code"] == "110110" and looked["action"] == "R" and looked["outcome"] == "0"
    assert looked["purposeOfEvent"] == [{"text": "Handover"}]
    assert looked["agent"][0]["network"] == {"address": "2001:db8::7", "type": "2"}
    assert looked["agent"][0]["name"] == nurse.name and looked["agent"][0]["role"][0]["coding"][0]["code"] == "nurse"
    refused = next(each for each in told if each["subtype"][0]["code"] == "access.outside_care")
    assert refused["outcome"] == "4"
    stock = next(each for each in told if each["subtype"][0]["code"] == "pharmacy.stock.counted")
    assert stock["type"]["code"] == "110100" and stock["agent"][0]["network"]["type"] == "1"


def test_the_check_can_fail() -> None:
    with pytest.raises(ValidationError):
        Resource.model_validate({"resourceType": "AuditEvent", "recorded": "2026-11-20T10:00:00Z"})


def test_the_export_asks_the_same_questions_and_leaves_a_row(
    person: Callable[..., User], patient: Patient, exported: Callable[..., list[dict[str, Any]]]
) -> None:
    nurse = person("nurse")
    audit.record(nurse, "patients.chart.opened", patient)
    audit.record(nurse, "core.document.printed", patient_id=patient.pk)
    told = exported(kind="print", patient=str(patient.pk))
    assert [each["subtype"][0]["code"] for each in told] == ["core.document.printed"]
    left = AuditEvent.objects.get(action="interop.audit.exported")
    assert (left.kind, left.patient_id, left.detail["format"]) == ("export", patient.pk, "fhir")


def test_each_patient_of_the_file_finds_it_among_what_left_the_house(
    person: Callable[..., User], patient: Patient, exported: Callable[..., list[dict[str, Any]]]
) -> None:
    audit.record(person("nurse"), "patients.chart.opened", patient)
    exported()
    left = AuditEvent.objects.get(action="interop.audit.exported")
    assert (left.patient_id, left.detail["patients"]) == (None, [str(patient.pk)])


def test_nobody_else_exports_the_audit(client_as: Callable[..., Client]) -> None:
    assert client_as("administrator").get("/interop/audit.ndjson").status_code == 403
