"""Bundles of our own making: what is refused, whole and in one line."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import connection

from hms.core.models import Facility
from interop.fhir import reading
from interop.management.commands.import_fhir import ONE_AT_A_TIME
from patients.models import (
    Condition,
    Observation,
    Patient,
)
from tests.interop.conftest import (
    Import,
    allergy,
    bundle,
    condition,
    encounter,
    observation,
    patient,
    practitioner,
    rows_of_everything,
    status,
)

pytestmark = pytest.mark.django_db


BROKEN = {
    "a gender that is none": (patient(gender="mail"), "gender: “mail” is none of"),
    "a day that never was": (patient(birthDate="1950-02-30"), "birthDate"),
    "a date in another order": (patient(birthDate="30/02/1950"), "birthDate"),
    "a birth in the future": (patient(birthDate="2999-01-01"), "future"),
    "no birth date": ({k: v for k, v in patient().items() if k != "birthDate"}, "birthDate: is missing"),
    "no name": ({k: v for k, v in patient().items() if k != "name"}, "name: is missing"),
    "an unknown element": (patient(favourite="blue"), "favourite"),
    "a name that is no list": (patient(name={"family": "X"}), "name"),
    "a NUL": (patient(name=[{"family": "X\u0000Y"}]), "NUL"),
    "half a surrogate pair": (patient(name=[{"family": "X\ud800"}]), "surrogate"),
    "a status that is none": (observation("o9", status="done"), "status: “done” is none of"),
    "no status": ({k: v for k, v in observation("o9").items() if k != "status"}, "status"),
    "no code": ({k: v for k, v in observation("o9").items() if k != "code"}, "code"),
    "two values": (observation("o9", valueString="x", valueInteger=3), "value"),
    "a number as text": (observation("o9", valueQuantity={"value": "13.2"}), "written as text"),
    "a comparator that is none": (observation("o9", valueQuantity={"value": 1, "comparator": "~"}), "comparator"),
    "a visit without a class": ({k: v for k, v in encounter("e9").items() if k != "class"}, "class"),
    "a visit of no known class": (encounter("e9", **{"class": {"code": "XYZ"}}), "class: “XYZ” is none of"),
    "a visit that runs backwards": (
        encounter("e9", period={"start": "2021-05-03T09:00:00Z", "end": "2021-05-02T09:00:00Z"}),
        "ends before it starts",
    ),
    "a clinical status that is none": (
        condition("c9", clinicalStatus=status("condition-clinical", "so-so")),
        "clinicalStatus: “so-so”",
    ),
    "over before it began": (condition("c9", abatementDateTime="2014-01-01"), "before the onset"),
    "a criticality that is none": (allergy("a9", criticality="huge"), "criticality: “huge” is none of"),
    "a broken claim": ({"resourceType": "Claim", "id": "k9", "status": "active"}, "Claim"),
    "a type that is none": ({"resourceType": "Spaceship", "id": "z"}, "no resource type of FHIR R4"),
    "a datatype": ({"resourceType": "HumanName", "family": "X"}, "no resource type of FHIR R4"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bundle_with_one_broken_resource_is_refused_whole(fault: str, bring: Import) -> None:
    resource, reason = BROKEN[fault]
    bring(bundle(practitioner("1", "d0")))  # the system's own account and the like are made once
    before = rows_of_everything()
    people = [] if resource["resourceType"] == "Patient" else [patient()]
    content = bundle(practitioner("2"), *people, encounter("e0"), resource)
    if not people:
        content["entry"][1]["resource"]["subject"] = {"reference": "Patient/p1"}
    outcome = bring(json.dumps(content))
    assert outcome.code == 1
    line = next(line for line in outcome.err.splitlines() if line.startswith("REFUSED"))
    index = len(content["entry"]) - 1
    assert f"entry {index}" in line and resource["resourceType"] in line and reason in line, line
    assert len(outcome.err.strip().splitlines()) == 1
    assert rows_of_everything() == before


def test_the_other_files_of_the_call_go_on(bring: Import) -> None:
    outcome = bring(bundle(patient("p1", gender="mail")), bundle(patient("p2")), "{ this is no JSON")
    assert outcome.code == 1
    assert [row.identifiers.get().value for row in Patient.objects.all()] == ["E-p2"]
    assert len([line for line in outcome.err.splitlines() if line.startswith("REFUSED")]) == 2
    assert "1 files imported, 2 refused" in outcome.out


NO_BUNDLES = {
    "": "is empty",
    "   \n": "is empty",
    "{": "is not JSON",
    "[]": "is not a FHIR Bundle",
    "null": "is not a FHIR Bundle",
    '"text"': "is not a FHIR Bundle",
    '{"a": NaN}': "NaN is no number",
    '{"resourceType": "Patient"}': "not a Bundle but a single Patient",
    '{"resourceType": "Bundle"}': "of type",
    '{"resourceType": "Bundle", "type": "history"}': "history",
    '{"resourceType": "Bundle", "type": "transaction-response"}': "answer",
    '{"resourceType": "Bundle", "type": "batch", "entry": {}}': "entry is not a list",
    '{"resourceType": "Bundle", "type": "batch", "entry": [1]}': "entry 0",
    '{"resourceType": "Bundle", "type": "batch", "entry": [{"fullUrl": "urn:x"}]}': "entry 0 urn:x: has no resource",
    '{"resourceType": "Bundle", "type": "batch", "entry": [{"resource": {}}]}': "no resourceType",
    '{"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "DELETE", "url": "Patient/1"}}]}': "DELETE",
    "[" * 100_000: "nested too deeply",
}


@pytest.mark.parametrize("text", NO_BUNDLES, ids=[f"{n}" for n in range(len(NO_BUNDLES))])
def test_what_is_no_bundle_is_said_in_one_line(text: str, bring: Import) -> None:
    outcome = bring(text)
    assert outcome.code == 1 and NO_BUNDLES[text] in outcome.err
    assert len(outcome.err.strip().splitlines()) == 1


def test_an_empty_bundle_is_no_error(bring: Import) -> None:
    assert bring(bundle()).code == 0


def test_byte_order_marks_other_encodings_and_bulk_files(run: Import, tmp_path: Path) -> None:
    marked = tmp_path / "marked.json"
    marked.write_bytes(b"\xef\xbb\xbf" + json.dumps(bundle(patient()), ensure_ascii=False).encode())
    assert run(marked).code == 0
    latin = tmp_path / "latin.json"
    latin.write_bytes(json.dumps(bundle(patient("p2")), ensure_ascii=False).encode("latin-1"))
    assert "is not UTF-8" in run(latin).err
    bulk = tmp_path / "bulk.ndjson"
    bulk.write_text("\n".join(json.dumps(r) for r in (condition(), observation())) + "\n")
    assert run(bulk).code == 0
    assert Observation.objects.get().patient == Condition.objects.get().patient == Patient.objects.get()


def test_folders_are_read_to_their_bottom_and_a_file_named_twice_once(run: Import, tmp_path: Path) -> None:
    deep = tmp_path / "a b" / "ü"
    deep.mkdir(parents=True)
    (deep / "one.JSON").write_text(json.dumps(bundle(patient())))
    (deep / "notes.txt").write_text("not read")
    outcome = run(tmp_path, deep / "one.JSON")
    assert outcome.code == 0 and "1 files into Northgate Hospital" in outcome.out


def test_a_path_is_looked_for_where_it_was_typed(run: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(bundle(patient())))
    monkeypatch.setenv("PWD", str(tmp_path))
    assert run("mine.json").code == 0
    assert Patient.objects.count() == 1


def test_only_one_import_runs_at_a_time(run: Import, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps(bundle(patient())))
    with psycopg.connect(**_connection()) as other:
        other.execute("select pg_advisory_lock(%s)", [ONE_AT_A_TIME])
        with pytest.raises(CommandError, match="Another import is running"):
            run(tmp_path)
        other.execute("select pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
    assert run(tmp_path).code == 0


def _connection() -> dict[str, object]:
    settings = connection.get_connection_params()
    return {name: settings[name] for name in ("dbname", "user", "password", "host", "port") if name in settings}


def test_a_call_that_cannot_begin_says_why(run: Import, tmp_path: Path, north: Facility) -> None:
    with pytest.raises(CommandError, match="no file or folder"):
        run(tmp_path / "nowhere")
    with pytest.raises(CommandError, match="in what was named"):
        run(tmp_path)
    (tmp_path / "x.json").write_text(json.dumps(bundle()))
    with pytest.raises(CommandError, match="no facility ZZ"):
        run(tmp_path, "--facility", "ZZ")


GONE = {
    "an element that is none": ({"colour": "blue"}, "colour: is no element of a SubstanceSpecification"),
    "a list that is none": ({"moiety": {"name": "x"}}, "moiety: is no list"),
    "a single thing as a list": ({"type": [{"text": "x"}]}, "type: is a list"),
    "an object where a text belongs": ({"comment": {"text": "x"}}, "comment: is not a plain value"),
    "an empty object": ({"structure": {"stereochemistry": {}}}, "structure.stereochemistry: is empty"),
    "a broken id": ({"id": "no spaces allowed"}, "id"),
    "a broken meta": ({"meta": {"lastUpdated": "yesterday"}}, "lastUpdated"),
}


@pytest.mark.parametrize("fault", GONE)
def test_a_broken_resource_that_only_r4_has_refuses_the_bundle(fault: str, bring: Import) -> None:
    more, reason = GONE[fault]
    outcome = bring(bundle(patient(), {"resourceType": "SubstanceSpecification", "id": "s1", **more}))
    assert outcome.code == 1 and reason in outcome.err, outcome.err
    assert not Patient.objects.exists()


def test_a_sound_resource_that_only_r4_has_is_counted(bring: Import) -> None:
    sound = {
        "resourceType": "SubstanceSpecification",
        "id": "s1",
        "type": {"text": "protein"},
        "code": [{"comment": "x"}],
    }
    lacking = {"resourceType": "MedicinalProductManufactured", "id": "m1", "quantity": {"value": 1}}
    outcome = bring(bundle(patient(), sound))
    assert outcome.code == 0 and "1 SubstanceSpecification: no place yet" in outcome.out
    assert "manufacturedDoseForm: is missing" in bring(bundle(lacking)).err


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_question_among_the_resources_is_counted_and_brings_nothing(method: str, bring: Import) -> None:
    content = bundle(patient(), kind="transaction")
    content["entry"].insert(0, {"request": {"method": method, "url": "Patient?name=peter"}})
    content["entry"].append({"resource": patient("p2"), "request": {"method": method, "url": "Patient/p2"}})
    outcome = bring(content)
    assert outcome.code == 0, outcome.err
    assert f"2 {method}-request: asks a server for an answer, brings nothing" in outcome.out
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_what_would_change_or_delete_refuses_the_bundle(method: str, bring: Import) -> None:
    content = bundle(patient(), kind="transaction")
    content["entry"].append({"request": {"method": method, "url": "Patient/p1"}})
    outcome = bring(content)
    assert outcome.code == 1 and f"asks for {method}" in outcome.err
    assert not Patient.objects.exists()


def test_bulk_data_is_read_line_by_line(tmp_path: Path) -> None:
    bulk = tmp_path / "bulk.ndjson"
    with bulk.open("w") as lines:
        for n in range(3000):
            lines.write(json.dumps(observation(f"o{n}", note=[{"text": "x" * 2000}])) + "\n")
    tracemalloc.start()
    kept = sum(1 for _entry in reading.stream(bulk))
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept == 3000 and most < bulk.stat().st_size / 5


def test_a_line_separator_inside_a_text_ends_no_line(run: Import, tmp_path: Path) -> None:
    bulk = tmp_path / "bulk.ndjson"
    lines = [patient(), condition(code={"text": "one\u2028two"})]
    bulk.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    assert run(bulk).code == 0
    assert "two" in Condition.objects.get().display
