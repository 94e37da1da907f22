"""Sample patients of another project and the examples of the standard, where their folder is at hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from interop.models import UnresolvedReference
from laboratory.models import DiagnosticReport
from patients import search
from patients.models import Encounter, Observation, Patient
from tests.interop.conftest import EXAMPLES, SYNTHEA, Import, needs_examples, needs_synthea, rows_of_everything

pytestmark = pytest.mark.django_db


def sample_files() -> list[Path]:
    return sorted(SYNTHEA.glob("*.json"))


def counted(path: Path, kind: str) -> int:
    content = json.loads(path.read_text("utf-8-sig"))
    return sum(entry["resource"]["resourceType"] == kind for entry in content["entry"])


@needs_synthea
def test_all_sample_patients_come_in_and_a_second_run_adds_nothing(run: Import) -> None:
    outcome = run(SYNTHEA)
    assert outcome.code == 0, outcome.err
    for model, kind in ((Patient, "Patient"), (Encounter, "Encounter"), (DiagnosticReport, "DiagnosticReport")):
        assert model.objects.count() == sum(counted(path, kind) for path in sample_files())
    before = rows_of_everything()
    again = run(SYNTHEA)
    assert again.code == 0 and rows_of_everything() == before
    assert again.row("total")[1] == "0"


@needs_synthea
def test_the_order_of_the_files_makes_no_difference(run: Import, tmp_path: Path) -> None:
    files = sample_files()
    assert run(*reversed(files)).code == 0
    before = rows_of_everything()
    assert run(*files).code == 0
    assert rows_of_everything() == before


@needs_synthea
def test_every_sample_file_comes_in_alone_with_nothing_lost(run: Import) -> None:
    for path in sample_files():
        patients, visits = Patient.objects.count(), Encounter.objects.count()
        outcome = run(path)
        assert outcome.code == 0, outcome.err
        assert Patient.objects.count() == patients + counted(path, "Patient")
        assert Encounter.objects.count() == visits + counted(path, "Encounter")
        total = [int(word) for word in outcome.row("total")]
        read, added, here, changed, without, refused = total[:6]
        assert read == added + here + changed + without + refused


@needs_synthea
def test_every_quantity_of_the_samples_is_kept_digit_by_digit(run: Import) -> None:
    run(SYNTHEA)
    wanted = []
    for path in sample_files():
        content = json.loads(path.read_text("utf-8-sig"), parse_float=str, parse_int=str)
        for resource in (entry["resource"] for entry in content["entry"]):
            if resource["resourceType"] == "Observation":
                nodes = [resource, *resource.get("component", [])]
                quantities = [node["valueQuantity"] for node in nodes if "valueQuantity" in node]
                wanted += [(str(q["value"]), q.get("unit", "")) for q in quantities]
    kept = Observation.objects.filter(value__isnull=False).values_list("value_text", "unit")
    assert sorted(kept) == sorted(wanted) and len(wanted) > 300


@needs_synthea
def test_conditional_references_of_the_transaction_are_kept_and_refused_when_strict(run: Import) -> None:
    (path,) = [path for path in sample_files() if path.name.startswith("transaction")]
    strict = run(path, "--strict")
    assert strict.code == 1 and "leads nowhere (--strict)" in strict.err and not Patient.objects.exists()
    assert run(path).code == 0
    kept = UnresolvedReference.objects.filter(reference__startswith="Practitioner?identifier=")
    assert kept.count() >= Encounter.objects.count() > 0


@needs_synthea
def test_conditional_references_find_practitioners_of_another_file(run: Import, tmp_path: Path) -> None:
    (path,) = [path for path in sample_files() if path.name.startswith("transaction")]
    pairs: set[tuple[str, str]] = set()

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("reference"), str) and "?identifier=" in node["reference"]:
                kind, _, wanted = node["reference"].partition("?identifier=")
                pairs.add((kind, wanted))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(json.loads(path.read_text("utf-8-sig")))
    entries = []
    for kind, wanted in sorted(pairs):
        system, value = wanted.rsplit("|", 1)
        resource = {"resourceType": kind, "identifier": [{"system": system, "value": value}]}
        resource["name"] = [{"family": f"Number {value}"}] if kind == "Practitioner" else f"House {value}"
        entries.append({"resource": resource})
    (tmp_path / "z-houses.json").write_text(
        json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    )
    shutil.copy(path, tmp_path / "a-patient.json")
    outcome = run(tmp_path, "--strict")
    assert outcome.code == 0, outcome.err
    assert not UnresolvedReference.objects.exists()
    assert not Encounter.objects.filter(attending=None).exists()


@needs_synthea
def test_a_sample_patient_is_found_by_name(run: Import, reception: Any) -> None:
    run(SYNTHEA)
    found = Patient.objects.order_by("id").first()
    assert found and found in search.patients(reception, found.family_name.lower())


@needs_examples
def test_every_example_of_the_standard_is_imported_counted_or_refused_with_a_reason(
    run: Import, tmp_path: Path
) -> None:
    files = sorted(EXAMPLES.glob("*.json"))
    assert len(files) > 100
    for path in files:
        resource = json.loads(path.read_text("utf-8-sig"))
        content = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}
        (tmp_path / path.name).write_text(json.dumps(content))
    outcome = run(tmp_path)
    lines = outcome.err.strip().splitlines()
    assert all(line.startswith("REFUSED ") and ": entry 0 " in line for line in lines), outcome.err
    assert f"{len(files) - len(lines)} files imported, {len(lines)} refused" in outcome.out
    read, added, here, changed, without, refused = (int(word) for word in outcome.row("total")[:6])
    assert read == len(files) == added + here + changed + without + refused


@needs_examples
def test_the_examples_of_the_standard_together_find_each_other(run: Import, tmp_path: Path) -> None:
    resources = [json.loads(path.read_text("utf-8-sig")) for path in sorted(EXAMPLES.glob("*.json"))]
    # One without a birth date or a name cannot be registered here, nor what is about them.
    whole = [r for r in resources if r["resourceType"] == "Patient" and r.get("birthDate") and r.get("name")]
    people = {f"Patient/{r['id']}" for r in whole}

    def about(resource: dict[str, Any]) -> str:
        subject = resource.get("subject") or resource.get("patient")
        return subject.get("reference", "") if isinstance(subject, dict) else ""

    kept = [r for r in resources if r["resourceType"] != "Patient" and about(r) in people]
    path = tmp_path / "all.json"
    entries = [{"resource": resource} for resource in [*kept, *whole]]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    outcome = run(path)
    assert outcome.code == 0, outcome.err
    assert Patient.objects.count() > 3 and Observation.objects.count() > 5
