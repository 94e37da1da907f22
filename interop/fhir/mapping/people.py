"""Patients, and those who treated them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from hms.core.ids import uuid7
from interop.fhir import values
from interop.fhir.mapping.base import Context
from interop.fhir.reading import Broken, Entry
from interop.fhir.values import concept, fit


@dataclass
class Person:
    """A patient of the source: registered anew, or one who is here already."""

    entry: Entry
    id: UUID = field(default_factory=uuid7)
    is_new: bool = True
    details: dict[str, Any] = field(default_factory=dict)
    deceased_at: datetime | None = None
    died_when_unknown: bool = False
    inactive: bool = False
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    contacts: list[dict[str, str]] = field(default_factory=list)


def human_name(names: list[dict[str, Any]] | None) -> tuple[str, str, list[str]]:
    """(given, family, every other name in full): the official name first, an old one last."""
    order = {"official": 0, "usual": 1, None: 2, "temp": 4, "nickname": 5, "maiden": 6, "old": 7, "anonymous": 8}

    def rank(name: dict[str, Any]) -> tuple[bool, int]:
        return bool((name.get("period") or {}).get("end")), order.get(name.get("use"), 3)

    found = []
    for name in sorted((n for n in names or [] if isinstance(n, dict)), key=rank):
        given = " ".join(part for part in name.get("given") or [] if part).strip()
        family = (name.get("family") or "").strip()
        if not given and not family:
            family = (name.get("text") or "").strip()
        elif not family:
            given, family = "", given
        if family:
            found.append((given, family))
    if not found:
        return "", "", []
    first, *rest = found
    return first[0], first[1], [f"{given} {family}".strip() for given, family in rest]


def _contact_point(points: list[dict[str, Any]] | None, systems: set[str]) -> str:
    uses = {"mobile": 0, "home": 1, "work": 2, None: 3, "temp": 4, "old": 9}
    found = [p for p in points or [] if p.get("system") in systems and p.get("value")]
    found.sort(key=lambda p: (p.get("rank", 99), uses.get(p.get("use"), 5)))
    return found[0]["value"].strip() if found else ""


def _address(addresses: list[dict[str, Any]] | None) -> dict[str, str]:
    uses = {"home": 0, None: 1, "work": 2, "temp": 3, "billing": 4, "old": 9}
    if not addresses:
        return {}
    best = min(addresses, key=lambda a: uses.get(a.get("use"), 5))
    lines = ", ".join(line for line in best.get("line") or [] if line) or best.get("text") or ""
    town = ", ".join(part for part in (best.get("city"), best.get("state")) if part)
    return {
        "address": fit(lines, 200),
        "city": fit(town, 80),
        "postal_code": fit(best.get("postalCode") or "", 20),
        "country": fit(best.get("country") or "", 60),
    }


def person(entry: Entry, context: Context) -> Person:
    resource = entry.resource
    given, family, others = human_name(resource.get("name"))
    if len(given) > 120 or len(family) > 120:
        raise Broken("name: is longer than 120 characters", entry)
    born = resource.get("birthDate") or ""
    spoken = resource.get("communication") or []
    language = concept(next((c for c in spoken if c.get("preferred")), spoken[0] if spoken else {}).get("language"))
    telecom = resource.get("telecom")
    email = _contact_point(telecom, {"email"})
    contacts = []
    for contact in resource.get("contact") or []:
        first, last, _others = human_name([contact["name"]] if contact.get("name") else [])
        if name := f"{first} {last}".strip():
            contacts.append(
                {
                    "name": fit(name, 160),
                    "relationship": fit(concept(contact.get("relationship")).text or "contact", 60),
                    "phone": fit(_contact_point(contact.get("telecom"), {"phone", "sms"}), 40),
                }
            )
    died = values.moment(resource.get("deceasedDateTime"), context.zone)
    return Person(
        entry,
        details={
            "given_name": given,
            "family_name": family,
            # Found under every name they ever had.
            "other_names": fit(", ".join(dict.fromkeys(others)), 500),
            "sex": resource.get("gender") or "unknown",
            "birth_date": values.day(born),
            "birth_date_estimated": 0 < len(born) < 10,
            "phone": fit(_contact_point(telecom, {"phone", "sms"}), 40),
            "email": email if len(email) <= 254 and "@" in email else "",
            "language": fit(language.text, 60),
            **_address(resource.get("address")),
        },
        deceased_at=died,
        died_when_unknown=resource.get("deceasedBoolean") is True,
        inactive=resource.get("active") is False,
        identifiers=identifiers(resource),
        contacts=contacts,
    )


def identifiers(resource: dict[str, Any]) -> list[tuple[str, str]]:
    """(system, value) of a patient's numbers; one without a system is named by its type or who gave it."""
    found = []
    for row in resource.get("identifier") or []:
        value = (row.get("value") or "").strip()
        system = row.get("system") or concept(row.get("type")).text or (row.get("assigner") or {}).get("display") or ""
        system = system.strip()
        if value and system and len(value) <= 120 and len(system) <= 200 and row.get("use") != "old":
            found.append((system, value))
    return list(dict.fromkeys(found))


@dataclass
class Colleague:
    """A practitioner of the source, who works elsewhere."""

    entry: Entry
    id: UUID = field(default_factory=uuid7)
    details: dict[str, Any] = field(default_factory=dict)


PROFESSIONS = ["nurse", "midwife", "pharmacist", "physiotherapist", "radiographer", "pathologist"]


def colleague(entry: Entry, context: Context) -> Colleague:
    resource = entry.resource
    given, family, _others = human_name(resource.get("name"))
    trained = [concept(q.get("code")).text.casefold() for q in resource.get("qualification") or []]
    email = _contact_point(resource.get("telecom"), {"email"})
    titles = [prefix.strip() for name in (resource.get("name") or [])[:1] for prefix in name.get("prefix") or []]
    details = {
        "title": fit(" ".join(titles).removesuffix("."), 20),
        "given_name": fit(given, 120),
        "family_name": fit(family or "(no name given)", 120),
        "profession": next((word for word in PROFESSIONS if any(word in text for text in trained)), "doctor"),
        "phone": fit(_contact_point(resource.get("telecom"), {"phone", "sms"}), 40),
        "email": email if len(email) <= 254 and "@" in email else "",
    }
    return Colleague(entry, details=details)
