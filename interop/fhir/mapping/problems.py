"""Problems, allergies, what was done against them, and what is planned."""

from __future__ import annotations

from typing import Any

from interop.fhir import values
from interop.fhir.mapping.base import Context, NoPlace, Rows, clinical, error
from interop.fhir.reading import Broken, Entry
from interop.fhir.values import concept, fit
from patients.models import Allergy, CarePlan, Condition, Immunization, MedicationStatement, Procedure

# SNOMED CT 716186003 "No known allergy" is an answer, not an allergy.
NO_KNOWN_ALLERGY = {"716186003"}
# No known drug, food, environmental, latex allergy; http://hl7.org/fhir/R4/allergyintolerance.html#substance
NO_KNOWN_OF_A_KIND = {"409137002", "429625007", "428607008", "1003774007"}


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
        **clinical(context, around),
        **error(resource),
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
        **clinical(context, around),
        **error(resource),
        substance=fit(what.text, 200),
        code=what.code,
        category=(resource.get("category") or ["medication"])[0],
        criticality=resource.get("criticality") or "unable-to-assess",
        reaction=fit(", ".join(said), 200),
        active=not status & {"inactive", "resolved"},
        onset_on=values.day(resource.get("onsetDateTime") or (resource.get("onsetPeriod") or {}).get("start")),
    )
    return Rows([row])


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
        **clinical(context, around),
        **error(resource),
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
        **clinical(context, around),
        **error(resource),
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
        **clinical(context, around),
        **error(resource),
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
        **clinical(context, around),
        **error(resource),
        title=fit(title or activities.splitlines()[0], 200),
        activities=activities,
        status=ended.get(resource.get("status"), "active"),
    )
    return Rows([row])
