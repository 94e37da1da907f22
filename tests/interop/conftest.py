"""Bundles of our own making, and where the shared sample data is."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from hms.core.models import Facility

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("HMS_SHARED_DATA") or ROOT.parent / "shared" / "data")
SYNTHEA = SHARED / "synthea-fhir-r4"
EXAMPLES = SHARED / "fhir-r4-examples"

needs_synthea = pytest.mark.skipif(
    not SYNTHEA.is_dir(), reason="no sample patients: set HMS_SHARED_DATA to the folder that has synthea-fhir-r4"
)
needs_examples = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="no FHIR examples: set HMS_SHARED_DATA to the folder that has fhir-r4-examples"
)

Resource = dict[str, Any]
NPI = "http://hl7.org/fhir/sid/us-npi"


def coded(text: str, code: str = "", system: str = "http://snomed.info/sct") -> Resource:
    return {"coding": [{"system": system, "code": code, "display": text}], "text": text} if code else {"text": text}


def status(system: str, code: str) -> Resource:
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def patient(key: str = "p1", **more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "id": key,
        "identifier": [{"system": "http://elsewhere.example/mrn", "value": f"E-{key}"}],
        "name": [{"use": "official", "family": "Núñez Ångström", "given": ["Zoë", "Mária"]}],
        "gender": "female",
        "birthDate": "1984-02-29",
        **more,
    }


def encounter(key: str = "e1", who: str = "Patient/p1", **more: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": key,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": who},
        "period": {"start": "2021-05-03T09:00:00+02:00", "end": "2021-05-03T09:30:00+02:00"},
        **more,
    }


def observation(key: str = "o1", who: str = "Patient/p1", **more: Any) -> Resource:
    resource = {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": coded("Hemoglobin", "718-7", "http://loinc.org"),
        "subject": {"reference": who},
        "effectiveDateTime": "2021-05-03T09:10:00+02:00",
        **more,
    }
    if not any(name.startswith("value") or name == "component" for name in more):
        resource["valueQuantity"] = {"value": 13.5, "unit": "g/dL"}
    return resource


def condition(key: str = "c1", who: str = "Patient/p1", **more: Any) -> Resource:
    return {
        "resourceType": "Condition",
        "id": key,
        "clinicalStatus": status("condition-clinical", "active"),
        "verificationStatus": status("condition-ver-status", "confirmed"),
        "code": coded("Asthma", "195967001"),
        "subject": {"reference": who},
        "onsetDateTime": "2015-03-01",
        **more,
    }


def practitioner(number: str = "9900112233", key: str = "d1", **more: Any) -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": key,
        "identifier": [{"system": NPI, "value": number}],
        "name": [{"family": "Okonkwo", "given": ["Ada"], "prefix": ["Dr."]}],
        **more,
    }


def attended(number: str = "9900112233") -> list[Resource]:
    return [{"individual": {"reference": f"Practitioner?identifier={NPI}|{number}", "display": "Dr Okonkwo"}}]


def bundle(*resources: Resource, kind: str = "collection") -> Resource:
    entries = []
    for resource in resources:
        entry: Resource = {"resource": resource}
        if kind == "transaction":
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
        entries.append(entry)
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def allergy(key: str = "a1", **more: Any) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": key,
        "clinicalStatus": status("allergyintolerance-clinical", "active"),
        "verificationStatus": status("allergyintolerance-verification", "confirmed"),
        "patient": {"reference": "Patient/p1"},
        "code": coded("Penicillin", "7980", "http://www.nlm.nih.gov/research/umls/rxnorm"),
        "category": ["medication"],
        "criticality": "high",
        "reaction": [{"manifestation": [coded("Hives"), coded("Wheeze")]}],
        **more,
    }


def full_bundle(kind: str = "collection") -> Resource:
    return bundle(
        patient(), practitioner(), encounter(participant=attended()), condition(), observation(), allergy(), kind=kind
    )


@dataclass
class Outcome:
    out: str
    err: str
    code: int

    def row(self, kind: str) -> list[str]:
        """The line of a resource type in the final table, without its empty columns."""
        found = [line.split() for line in self.out.splitlines() if line.split()[:1] == [kind]]
        return found[-1][1:] if found else []


Import = Callable[..., Outcome]


@pytest.fixture
def run(north: Facility) -> Import:
    """`run(path, "--strict")`: the command as it is typed."""

    def call(*arguments: str | Path) -> Outcome:
        out, err, code = io.StringIO(), io.StringIO(), 0
        try:
            call_command("import_fhir", *map(str, arguments), stdout=out, stderr=err)
        except SystemExit as end:
            code = int(end.code or 0)
        return Outcome(out.getvalue(), err.getvalue(), code)

    return call


@pytest.fixture
def bring(run: Import, tmp_path: Path) -> Import:
    """`bring(bundle, other, options=["--strict"])`: the bundles as files of one call."""

    def call(*bundles: Resource | str, options: list[str] | None = None) -> Outcome:
        folder = tmp_path / f"call{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        for number, content in enumerate(bundles):
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            (folder / f"{number}.json").write_text(text, encoding="utf-8")
        return run(folder, *(options or []))

    return call


def rows_of_everything() -> dict[str, int]:
    """How many rows every table of the house has."""
    models = [m for m in apps.get_models() if m._meta.managed and not m._meta.proxy]
    counts = {model._meta.label_lower: model._default_manager.count() for model in models}
    links = apps.get_model("laboratory.diagnosticreport").observations.through
    return {**counts, "laboratory.reportobservations": links.objects.count()}
