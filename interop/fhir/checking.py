"""Is a resource what FHIR R4 says it must be?

The models of fhir.resources check structure, cardinality and the form of dates. They let through a
code that is none of its value set (`gender: mail`), a number given as text, and a period that runs
backwards: these are looked for here. R4B (4.3.0) and R4 (4.0.1) agree in every resource that has a
place in the record.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.resource import Resource as ResourceModel
from fhir_core.fhirabstractmodel import FHIRAbstractModel
from pydantic import ValidationError

from interop.fhir import only_r4
from interop.fhir.reading import Broken, Entry


def _set(words: str) -> set[str]:
    return set(words.split())


# Required bindings that the models shorten to "… | +" or leave out (http://hl7.org/fhir/R4/).
CODES: dict[tuple[str, str], set[str]] = {
    ("Encounter", "status"): _set(
        "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
    ),
    ("Observation", "status"): _set(
        "registered preliminary final amended corrected cancelled entered-in-error unknown"
    ),
    ("DiagnosticReport", "status"): _set(
        "registered partial preliminary final amended corrected appended cancelled entered-in-error unknown"
    ),
    ("Quantity", "comparator"): {"<", "<=", ">=", ">"},
}
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
# Required bindings of whole concepts: (resource, field) → the code system and its codes.
CONCEPTS: dict[tuple[str, str], tuple[str, set[str]]] = {
    ("Condition", "clinicalStatus"): (
        "condition-clinical",
        _set("active recurrence relapse inactive remission resolved"),
    ),
    ("Condition", "verificationStatus"): (
        "condition-ver-status",
        _set("unconfirmed provisional differential confirmed refuted entered-in-error"),
    ),
    ("AllergyIntolerance", "clinicalStatus"): ("allergyintolerance-clinical", {"active", "inactive", "resolved"}),
    ("AllergyIntolerance", "verificationStatus"): (
        "allergyintolerance-verification",
        _set("unconfirmed presumed confirmed refuted entered-in-error"),
    ),
}
# http://terminology.hl7.org/ValueSet/v3-ActEncounterCode
ENCOUNTER_CLASSES = _set("AMB EMER FLD HH IMP ACUTE NONAC OBSENC PRENC SS VR")
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def check(entry: Entry) -> None:
    """Raises Broken, naming the entry, the element and the reason."""
    if entry.type in only_r4.ELEMENTS:
        _no_bad_text(entry, entry.resource)
        if fault := only_r4.fault(entry.type, entry.resource):
            raise Broken(fault, entry)
        return
    try:
        model = get_fhir_model_class(entry.type)
    except (LookupError, ImportError, ValueError):
        model = None
    if (
        not isinstance(model, type)
        or not issubclass(model, ResourceModel)
        or entry.type in ("Resource", "DomainResource")
    ):
        raise Broken("is no resource type of FHIR R4", entry)
    _no_bad_text(entry, entry.resource)
    try:
        found = model.model_validate(entry.resource)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise Broken(f"{path}: {reason}" if path else reason, entry) from None
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        raise Broken(f"is not valid: {error}"[:300], entry) from None
    if fault := _fault(found, entry.resource, "") or _concepts(entry):
        raise Broken(fault, entry)


def _no_bad_text(entry: Entry, node: Any) -> None:
    """A NUL or half a surrogate pair can be written in JSON and in no database."""
    if isinstance(node, str):
        if "\x00" in node:
            raise Broken("a text has a NUL character in it", entry)
        if not node.isascii() and any("\ud800" <= char <= "\udfff" for char in node):
            raise Broken("a text has half a surrogate pair in it", entry)
    elif isinstance(node, dict):
        for value in node.values():
            _no_bad_text(entry, value)
    elif isinstance(node, list):
        for value in node:
            _no_bad_text(entry, value)


@lru_cache(maxsize=1024)
def _table(model: type[FHIRAbstractModel]) -> dict[str, tuple[str, frozenset[str]]]:
    """Attribute → (name in JSON, allowed codes or none)."""
    table = {}
    for attribute, info in model.model_fields.items():
        name = info.alias or attribute
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        codes = CODES.get((model.__name__, name))
        listed = extra.get("enum_values")
        if codes is None and listed and "+" not in listed and "[str, Code" in str(info.annotation):
            codes = set(listed)
        table[attribute] = (name, frozenset(codes or ()))
    return table


def _fault(node: FHIRAbstractModel, raw: Any, path: str) -> str:
    """The first thing wrong below a node of the validated tree; "" where there is none."""
    if not isinstance(raw, dict):
        return ""
    table = _table(type(node))
    for attribute, value in node.__dict__.items():
        if value is None or attribute not in table:
            continue
        name, codes = table[attribute]
        here = f"{path}.{name}" if path else name
        written = raw.get(name)
        pairs = (
            zip(value, written, strict=False)
            if isinstance(value, list) and isinstance(written, list)
            else [(value, written)]
        )
        for item, text in pairs:
            if isinstance(item, FHIRAbstractModel):
                if fault := _fault(item, text, here):
                    return fault
            elif codes and isinstance(item, str) and item not in codes:
                return f"{here}: “{item[:40]}” is none of {', '.join(sorted(codes))}"
            elif isinstance(text, str) and not isinstance(item, str | date | datetime | bytes) and _is_number(item):
                return f"{here}: a number or a truth value is written as text"
    if type(node).__name__ == "Period" and _backwards(raw):
        return f"{path}: ends before it starts"
    return ""


def _is_number(item: Any) -> bool:
    return isinstance(item, bool | int | float | Decimal)


def _backwards(period: dict[str, Any]) -> bool:
    start, end = period.get("start"), period.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return False
    if len(start) > 10 and len(end) > 10:
        return datetime.fromisoformat(end) < datetime.fromisoformat(start)
    length = min(len(start), len(end), 10)
    return end[:length] < start[:length]


def _concepts(entry: Entry) -> str:
    for (kind, field), (system, codes) in CONCEPTS.items():
        if kind != entry.type or field not in entry.resource:
            continue
        codings = entry.resource[field].get("coding") or []
        given = [c.get("code") for c in codings if c.get("system") in (None, _TERMINOLOGY + system)]
        if not given or any(code not in codes for code in given):
            said = f"“{str(given[0])[:40]}”" if given else "it has no code of that system"
            return f"{field}: {said}; {system} has {', '.join(sorted(codes))}"
    if entry.type == "Encounter":
        coding = entry.resource["class"]
        code = coding.get("code")
        if not code:
            return "class: has no code"
        if coding.get("system") in (None, ACT_CODE) and code not in ENCOUNTER_CLASSES:
            return f"class: “{str(code)[:40]}” is none of {', '.join(sorted(ENCOUNTER_CLASSES))}"
    return ""
