"""FHIR data types as the record keeps them. What was written is kept as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from interop.fhir.reading import Number

# Where a concept has several codes, the one in the first of these systems is kept.
PREFERRED = [
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://loinc.org",
    "http://hl7.org/fhir/sid/cvx",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://snomed.info/sct",
]
LARGEST = Decimal(10) ** 12  # what a numeric(18, 6) holds


@dataclass(frozen=True)
class Concept:
    text: str = ""
    code: str = ""
    system: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


def concept(node: Any) -> Concept:
    """A CodeableConcept or a Coding: what it is called, and its code."""
    if isinstance(node, list):
        node = node[0] if node else None
    if not isinstance(node, dict):
        return Concept()
    codings = node.get("coding") or ([node] if "code" in node or "display" in node else [])
    codings = [coding for coding in codings if coding.get("code") or coding.get("display")]

    def rank(coding: dict[str, Any]) -> int:
        system = coding.get("system")
        return PREFERRED.index(system) if system in PREFERRED else len(PREFERRED)

    best = min(codings, key=rank) if codings else {}
    shown = next((c["display"] for c in [best, *codings] if c.get("display")), "")
    text = (node.get("text") or shown or best.get("code") or "").strip()
    code, system = best.get("code") or "", best.get("system") or ""
    return Concept(text, code if len(code) <= 40 else "", system if len(system) <= 100 else "")


def codes(node: Any) -> set[str]:
    """Every code of a CodeableConcept or of a list of them."""
    nodes = node if isinstance(node, list) else [node]
    return {
        coding["code"]
        for item in nodes
        if isinstance(item, dict)
        for coding in item.get("coding") or []
        if coding.get("code")
    }


def fit(text: str, length: int) -> str:
    """The text, cut with a sign where the column is shorter."""
    text = text.strip()
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def day(text: Any) -> date | None:
    """The day of a date or time as it was written; of a month or a year, its first."""
    if not isinstance(text, str) or not text:
        return None
    parts = [int(part) for part in text[:10].split("-")]
    return date(*[*parts, 1, 1][:3])


def moment(text: Any, zone: ZoneInfo) -> datetime | None:
    """The instant; of a day, a month or a year without a clock time, its first midnight in `zone`."""
    if not isinstance(text, str) or not text:
        return None
    if len(text) <= 10:
        start = day(text)
        return datetime(start.year, start.month, start.day, tzinfo=zone) if start else None
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def first_moment(resource: dict[str, Any], name: str, zone: ZoneInfo) -> datetime | None:
    """When a choice such as effective[x] began."""
    timing = resource.get(f"{name}Timing") or {}
    event = (timing.get("event") or [None])[0] if isinstance(timing, dict) else None
    period = resource.get(f"{name}Period") or {}
    for text in (
        resource.get(f"{name}DateTime"),
        resource.get(f"{name}Instant"),
        period.get("start"),
        period.get("end"),
        event,
    ):
        if found := moment(text, zone):
            return found
    return None


@dataclass(frozen=True)
class Value:
    number: Decimal | None
    text: str
    unit: str = ""


def value(node: dict[str, Any]) -> Value | None:
    """The value[x] of an observation or a component; None where it has none."""
    if quantity := node.get("valueQuantity"):
        return _quantity(quantity)
    if found := concept(node.get("valueCodeableConcept")):
        return Value(None, fit(found.text, 1000))
    if isinstance(text := node.get("valueString"), str) and text.strip():
        return Value(None, fit(text, 1000))
    if (whole := node.get("valueInteger")) is not None:
        return Value(_stored(Decimal(whole)), str(whole))
    if (truth := node.get("valueBoolean")) is not None:
        return Value(None, "yes" if truth else "no")
    for name in ("valueDateTime", "valueTime"):
        if node.get(name):
            return Value(None, str(node[name]))
    if span := node.get("valueRange"):
        return Value(None, f"{said(span.get('low'))} – {said(span.get('high'))}".strip(" –"))
    if ratio := node.get("valueRatio"):
        return Value(None, f"{said(ratio.get('numerator'))} : {said(ratio.get('denominator'))}")
    if period := node.get("valuePeriod"):
        return Value(None, f"{period.get('start', '')} – {period.get('end', '')}".strip(" –"))
    if data := node.get("valueSampledData"):
        return Value(None, fit(f"sampled data: {data.get('data', '')}", 1000))
    if why := concept(node.get("dataAbsentReason")):
        return Value(None, fit(f"no value: {why.text}", 1000))
    return None


def _quantity(quantity: dict[str, Any]) -> Value | None:
    """Value and unit as they were written. "<5" is no number: it stays text."""
    number = quantity.get("value")
    unit = (quantity.get("unit") or quantity.get("code") or "").strip()
    if number is None:
        return Value(None, f"no value ({unit})" if unit else "no value")
    text = written(number)
    stored = _stored(Decimal(number))
    if comparator := quantity.get("comparator"):
        text, stored = f"{comparator}{text}", None
    if len(unit) > 40:
        text, unit = f"{text} {unit}", ""
    return Value(stored, fit(text, 1000), unit)


def _stored(number: Decimal) -> Decimal | None:
    """Rounded to the six places that are kept beside the text; None where it is too large."""
    try:
        return round(Decimal(number), 6) if abs(number) < LARGEST else None
    except InvalidOperation:
        return None


def written(number: Any) -> str:
    return number.written if isinstance(number, Number) else str(number)


def said(quantity: dict[str, Any] | None) -> str:
    """A quantity in one phrase: "<5 mg"."""
    if not quantity:
        return ""
    found = _quantity(quantity)
    return f"{found.text} {found.unit}".strip() if found else ""
