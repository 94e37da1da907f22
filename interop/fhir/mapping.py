"""What each resource becomes in the record. Functions from a resource to unsaved rows; no queries.

A `NoPlace` is not an error: the resource is sound, and there is nothing here that could hold it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from hms.core.ids import uuid7
from hms.core.models import Facility, User
from interop.fhir import values
from interop.fhir.reading import Broken, Entry
from interop.fhir.values import concept, fit
from laboratory.models import DiagnosticReport
from patients.models import (
    Allergy,
    CarePlan,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Procedure,
)

AT_SOURCE = "entered in error at the source"
# SNOMED CT 716186003 "No known allergy" is an answer, not an allergy.
NO_KNOWN_ALLERGY = {"716186003"}
# No known drug, food, environmental, latex allergy; http://hl7.org/fhir/R4/allergyintolerance.html#substance
NO_KNOWN_OF_A_KIND = {"409137002", "429625007", "428607008", "1003774007"}


class NoPlace(Exception):
    """Nothing in the record can hold this; it is counted under this reason."""


@dataclass
class Surroundings:
    """What a resource stands in: whose it is, in which visit."""

    patient_id: UUID
    encounter_id: UUID | None
    encounter_started: datetime | None


class Context(Protocol):
    """What the mapping asks of the import."""

    facility: Facility
    actor: User
    zone: ZoneInfo
    today: date

    def around(self, entry: Entry, subject: str = "subject", encounter: str = "encounter") -> Surroundings: ...
    def first(self, entry: Entry, path: str, object_type: str) -> UUID | None: ...
    def every(self, entry: Entry, path: str, object_type: str) -> list[UUID]: ...
    def medicine(self, entry: Entry) -> values.Concept: ...


@dataclass
class Rows:
    """The rows of one resource, the first of which stands for it."""

    rows: list[Any]
    observations: list[UUID] = field(default_factory=list)
    no_known_allergies: UUID | None = None


def _error(resource: dict[str, Any]) -> dict[str, Any]:
    """Whether the source took it back. Refuted: it was looked into, and is not so."""
    said = values.codes(resource.get("verificationStatus")) | {resource.get("status")}
    if "entered-in-error" in said:
        return {"entered_in_error": True, "error_reason": AT_SOURCE}
    if "refuted" in said:
        return {"entered_in_error": True, "error_reason": "refuted at the source"}
    return {}


def _clinical(context: Context, around: Surroundings) -> dict[str, Any]:
    return {"patient_id": around.patient_id, "encounter_id": around.encounter_id, "recorded_by": context.actor}


def encounter(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    status = resource.get("status")
    if status == "planned":
        raise NoPlace("planned, did not take place yet")
    around = context.around(entry, encounter="")
    period = resource.get("period") or {}
    start, end = values.moment(period.get("start"), context.zone), values.moment(period.get("end"), context.zone)
    start, end = start or end, end or start
    if start is None:
        raise NoPlace("without a date")
    if len(period.get("end", "")) <= 10 and end < start:
        end = start  # a day, after a clock time of that day
    kinds = {"EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "VR": "virtual"}
    reason = concept(resource.get("reasonCode")) or concept(resource.get("type"))
    ended = {"cancelled": "cancelled", "entered-in-error": "entered_in_error"}
    row = Encounter(
        facility=context.facility,
        patient_id=around.patient_id,
        attending_id=context.first(entry, "participant.individual", "staff.employee"),
        kind=kinds.get(resource["class"].get("code"), "outpatient"),
        status=ended.get(status, "finished"),
        reason=fit(reason.text, 200),
        started_at=start,
        ended_at=end,
        end_reason=AT_SOURCE if status == "entered-in-error" else "",
        imported=True,
    )
    return Rows([row])


def condition(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    what = concept(resource.get("code"))
    if not what:
        raise NoPlace("without a name")
    around = context.around(entry)
    onset = values.day(resource.get("onsetDateTime") or (resource.get("onsetPeriod") or {}).get("start"))
    abated = resource.get("abatementDateTime") or (resource.get("abatementPeriod") or {}).get("end")
    resolved = values.day(abated)
    if onset and resolved and resolved < onset:
        # A year or a month stands for its first day here; it may well contain the onset.
        if not (len(abated) < 10 and str(onset).startswith(abated)):
            raise Broken("abatement: lies before the onset", entry)
        resolved = onset
    over = values.codes(resource.get("clinicalStatus")) & {"inactive", "remission", "resolved"}
    if over and not resolved:
        # It is over, nobody says since when: at the latest when that was written down.
        resolved = values.day(resource.get("recordedDate")) or onset or context.today
        resolved = max(resolved, onset) if onset else resolved
    sure = values.codes(resource.get("verificationStatus")) & {"unconfirmed", "provisional", "differential"}
    doubt = f" ({', '.join(sorted(sure))})" if sure else ""
    diagnosis = "encounter-diagnosis" in values.codes(resource.get("category")) and around.encounter_id
    row = Condition(
        **_clinical(context, around),
        **_error(resource),
        category="encounter-diagnosis" if diagnosis else "problem-list-item",
        system=what.system,
        code=what.code,
        display=fit(what.text, 300 - len(doubt)) + doubt,
        onset_on=onset,
        resolved_on=resolved,
    )
    return Rows([row])


def allergy(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    around = context.around(entry, subject="patient")
    what = concept(resource.get("code"))
    found = values.codes(resource.get("code"))
    reactions = resource.get("reaction") or []
    if not what:
        what = next((c for c in (concept(reaction.get("substance")) for reaction in reactions) if c), what)
    if not what:
        raise NoPlace("without a substance")
    if found & NO_KNOWN_ALLERGY:
        return Rows([], no_known_allergies=around.patient_id)
    if found & NO_KNOWN_OF_A_KIND:
        raise NoPlace("no known allergy of one kind")
    signs = [concept(sign).text for reaction in reactions for sign in reaction.get("manifestation") or []]
    said = [sign for sign in dict.fromkeys(signs) if sign]
    status = values.codes(resource.get("clinicalStatus"))
    row = Allergy(
        **_clinical(context, around),
        **_error(resource),
        substance=fit(what.text, 200),
        code=what.code,
        category=(resource.get("category") or ["medication"])[0],
        criticality=resource.get("criticality") or "unable-to-assess",
        reaction=fit(", ".join(said), 200),
        active=not status & {"inactive", "resolved"},
        onset_on=values.day(resource.get("onsetDateTime") or (resource.get("onsetPeriod") or {}).get("start")),
    )
    return Rows([row])


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
        **_clinical(context, around),
        **_error(resource),
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


def _dosage(resource: dict[str, Any]) -> str:
    """How it is taken: the words of the source; else dose, route and rhythm in words."""
    said = []
    for dose in resource.get("dosageInstruction") or resource.get("dosage") or []:
        if text := dose.get("text") or dose.get("patientInstruction"):
            said.append(text)
            continue
        amounts = dose.get("doseAndRate") or [{}]
        parts = [values.said(amounts[0].get("doseQuantity")), concept(dose.get("route")).text]
        repeat = (dose.get("timing") or {}).get("repeat") or {}
        if repeat.get("frequency") and repeat.get("period") is not None and repeat.get("periodUnit"):
            units = {"s": "s", "min": "min", "h": "h", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}
            every = f"every {values.written(repeat['period'])} {units.get(repeat['periodUnit'], repeat['periodUnit'])}"
            parts.append(f"{repeat['frequency']} times {every}")
        else:
            parts.append(concept((dose.get("timing") or {}).get("code")).text)
        parts.append("as needed" if dose.get("asNeededBoolean") else "")
        said.append(", ".join(part for part in parts if part))
    return "; ".join(text for text in said if text)


MEDICATION_STATUS = {
    "active": ("active", ""),
    "unknown": ("active", "status unknown"),
    "intended": ("active", "intended"),
    "on-hold": ("stopped", "on hold"),
    "completed": ("completed", ""),
    "stopped": ("stopped", ""),
    "cancelled": ("stopped", "cancelled"),
    "not-taken": ("stopped", "not taken"),
    "entered-in-error": ("stopped", ""),
    None: ("active", "status unknown"),
}


def medication(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    if resource.get("status") == "draft":
        raise NoPlace("draft")
    if resource.get("doNotPerform"):
        raise NoPlace("says not to give it")
    around = context.around(entry, encounter="context" if entry.type == "MedicationStatement" else "encounter")
    what = context.medicine(entry)
    if not what:
        raise NoPlace("without a medicine")
    status, remark = MEDICATION_STATUS[resource.get("status")]
    how = _dosage(resource)
    period = resource.get("effectivePeriod") or {}
    row = MedicationStatement(
        **_clinical(context, around),
        **_error(resource),
        code=what.code,
        display=fit(what.text, 300),
        dosage=fit(f"{remark}: {how}" if remark and how else remark or how, 300),
        status=status,
        started_on=values.day(
            period.get("start")
            or resource.get("effectiveDateTime")
            or resource.get("authoredOn")
            or resource.get("dateAsserted")
        ),
    )
    return Rows([row])


def immunization(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    if resource.get("status") == "not-done":
        raise NoPlace("not given")
    around = context.around(entry, subject="patient")
    when = values.moment(resource.get("occurrenceDateTime") or resource.get("recorded"), context.zone)
    what = concept(resource.get("vaccineCode"))
    if when is None or not what:
        raise NoPlace("without a date" if what else "without a vaccine")
    row = Immunization(
        **_clinical(context, around),
        **_error(resource),
        code=what.code,
        vaccine=fit(what.text, 200),
        given_at=when,
        lot=fit(resource.get("lotNumber") or "", 60),
    )
    return Rows([row])


def procedure(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    if resource.get("status") in ("not-done", "preparation"):
        raise NoPlace("not done" if resource["status"] == "not-done" else "not done yet")
    around = context.around(entry)
    what = concept(resource.get("code"))
    when = values.first_moment(resource, "performed", context.zone) or around.encounter_started
    if when is None or not what:
        raise NoPlace("without a date" if what else "without a name")
    row = Procedure(
        **_clinical(context, around),
        **_error(resource),
        code=what.code,
        display=fit(what.text, 300),
        performed_at=when,
        ended_at=values.moment((resource.get("performedPeriod") or {}).get("end"), context.zone),
    )
    return Rows([row])


def care_plan(entry: Entry, context: Context) -> Rows:
    resource = entry.resource
    around = context.around(entry)
    categories = [concept(node).text for node in resource.get("category") or []]
    title = resource.get("title") or next((text for text in categories if text), "") or resource.get("description")
    done = []
    for activity in resource.get("activity") or []:
        detail = activity.get("detail") or {}
        text = detail.get("description") or concept(detail.get("code")).text
        done.append(text or (activity.get("reference") or {}).get("display") or "")
    activities = "\n".join(dict.fromkeys(text for text in done if text)) or resource.get("description") or ""
    if not title and not activities:
        raise NoPlace("says nothing in words")
    ended = {"completed": "completed", "revoked": "revoked", "entered-in-error": "revoked"}
    row = CarePlan(
        **_clinical(context, around),
        **_error(resource),
        title=fit(title or activities.splitlines()[0], 200),
        activities=activities,
        status=ended.get(resource.get("status"), "active"),
    )
    return Rows([row])


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


@dataclass
class Person:
    """A patient of the source: registered anew, or one who is here already."""

    entry: Entry
    id: UUID = field(default_factory=uuid7)
    is_new: bool = True
    details: dict[str, Any] = field(default_factory=dict)
    other_names: list[str] = field(default_factory=list)
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
            "sex": resource.get("gender") or "unknown",
            "birth_date": values.day(born),
            "birth_date_estimated": 0 < len(born) < 10,
            "phone": fit(_contact_point(telecom, {"phone", "sms"}), 40),
            "email": email if len(email) <= 254 and "@" in email else "",
            "language": fit(language.text, 60),
            **_address(resource.get("address")),
        },
        other_names=others,
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


# In this order: what others point at comes first.
MAPPED: dict[str, Callable[[Entry, Context], Rows]] = {
    "Encounter": encounter,
    "Observation": observation,
    "Condition": condition,
    "AllergyIntolerance": allergy,
    "MedicationRequest": medication,
    "MedicationStatement": medication,
    "Immunization": immunization,
    "Procedure": procedure,
    "CarePlan": care_plan,
    "DiagnosticReport": report,
}
# Kept as names that references lead to; they have no place of their own.
POINTED_AT = ["Organization", "Location", "Medication", "PractitionerRole"]
ORDER = {kind: n for n, kind in enumerate(["Practitioner", *POINTED_AT, "Patient", *MAPPED])}
