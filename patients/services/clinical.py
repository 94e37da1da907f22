"""Writing the clinical record: allergies, problems, vital signs, plans. Mistakes are marked, never erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import audit, clock, units
from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import (
    Allergy,
    CarePlan,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
)
from patients.models.clinical import ClinicalRecord
from patients.services.encounters import locked_open


@dataclass(frozen=True)
class Vital:
    """A vital sign: LOINC code, UCUM unit, the range in which a typing error is certain outside,
    and the adult range outside which the value is shown as high or low."""

    name: str
    code: str
    label: str
    unit: str
    possible: tuple[Decimal, Decimal]
    usual: tuple[Decimal, Decimal] | None


def _vital(name: str, code: str, label: str, unit: str, possible: str, usual: str = "") -> Vital:
    low, high = (Decimal(part) for part in possible.split())
    pair = tuple(Decimal(part) for part in usual.split())
    return Vital(name, code, label, unit, (low, high), (pair[0], pair[1]) if pair else None)


# Codes: LOINC, HL7 vital signs profile (http://hl7.org/fhir/R4/observation-vitalsigns.html).
# Usual adult ranges: the bands that score 0 in NEWS2 (Royal College of Physicians, 2017), where it has
# one; blood pressure: ESC/ESH 2018, below 140/90 mmHg; body mass index: WHO 1995.
VITALS = [
    _vital("systolic", "8480-6", gettext_lazy("Systolic"), "mm[Hg]", "30 320", "90 139"),
    _vital("diastolic", "8462-4", gettext_lazy("Diastolic"), "mm[Hg]", "10 220", "50 89"),
    _vital("pulse", "8867-4", gettext_lazy("Pulse"), "/min", "10 350", "51 90"),
    _vital("respiration", "9279-1", gettext_lazy("Respiration"), "/min", "2 120", "12 20"),
    _vital("temperature", "8310-5", gettext_lazy("Temperature"), "Cel", "20 46", "36.1 38.0"),
    _vital("saturation", "59408-5", gettext_lazy("Oxygen saturation"), "%", "20 100", "96 100"),
    _vital("weight", "29463-7", gettext_lazy("Weight"), "kg", "0.2 600"),
    _vital("height", "8302-2", gettext_lazy("Height"), "cm", "20 260"),
    _vital("glucose", "2339-0", gettext_lazy("Glucose"), "mmol/L", "0.3 90", "3.9 7.8"),
    _vital("pain", "72514-3", gettext_lazy("Pain, 0 to 10"), "{score}", "0 10", "0 3"),
]
VITAL_BY_CODE = {vital.code: vital for vital in VITALS}


def flag(code: str, value: Decimal | None, age_years: int) -> str:
    """ "high", "low" or "" for an adult's vital sign; "" where no range applies (children, weight)."""
    vital = VITAL_BY_CODE.get(code)
    if vital is None or vital.usual is None or value is None or age_years < 16:
        return ""
    low, high = vital.usual
    return "low" if value < low else "high" if value > high else ""


def vitals_faults(values: dict[str, Decimal | None], observed_at: datetime | None) -> dict[str, str]:
    """What cannot be true of these vital signs, by the name of the field: all of it at once."""
    faults: dict[str, str] = {}
    for vital in VITALS:
        value = values.get(vital.name)
        low, high = vital.possible
        if value is not None and not low <= value <= high:
            faults[vital.name] = _("Possible is %(low)s to %(high)s%(unit)s. Check the value and the unit.") % {
                "low": low,
                "high": high,
                "unit": f" {units.text(vital.unit)}".rstrip(),
            }
    systolic, diastolic = values.get("systolic"), values.get("diastolic")
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        faults.setdefault("systolic", _("The systolic pressure must be above the diastolic."))
    if observed_at and observed_at > clock.now():
        faults["observed_at"] = _("The time of measurement lies in the future.")
    return faults


@transaction.atomic
def record_vitals(
    actor: User, *, encounter_id: object, values: dict[str, Decimal | None], observed_at: datetime | None = None
) -> list[Observation]:
    """Record the vital signs that were measured (`values` by the names in VITALS; None: not measured).

    Refuses a value that no living patient has, a systolic not above the diastolic, a time in the
    future, and a closed visit. Locks: the encounter.
    """
    encounter = locked_open(encounter_id)
    measured = {vital: values[vital.name] for vital in VITALS if values.get(vital.name) is not None}
    if not measured:
        raise Refused(_("Nothing was measured. Fill in at least one value."))
    for field, fault in vitals_faults(values, observed_at).items():
        raise Refused(fault, field=field)
    when = observed_at or clock.now()
    made = Observation.objects.bulk_create(
        [
            Observation(
                patient_id=encounter.patient_id,
                encounter=encounter,
                recorded_by=actor,
                code=vital.code,
                display=str(vital.label),
                value=value,
                value_text=str(value),
                unit=vital.unit,
                observed_at=when,
            )
            for vital, value in measured.items()
        ]
    )
    audit.record(actor, "patients.vitals.recorded", encounter, detail={"count": len(made)})
    return made


@transaction.atomic
def record_allergy(actor: User, *, patient_id: object, encounter: Encounter | None = None, **details: Any) -> Allergy:
    """Record an allergy or intolerance. Refuses one that is on the list already. Locks: the patient."""
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    twin = patient.allergy_set.valid().filter(substance__iexact=details["substance"], active=True)
    if twin.exists():
        raise Refused(_("This allergy is on the list already."), field="substance")
    allergy = Allergy.objects.create(patient=patient, encounter=encounter, recorded_by=actor, **details)
    Patient.objects.filter(pk=patient.pk).update(no_known_allergies=False)
    audit.record(actor, "patients.allergy.recorded", allergy)
    return allergy


@transaction.atomic
def confirm_no_allergies(actor: User, *, patient_id: object) -> Patient:
    """The patient was asked and has none. Refuses while an allergy is on the list. Locks: the patient."""
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    if patient.allergy_set.valid().filter(active=True).exists():
        raise Refused(_("Allergies are on the list. Mark those that are wrong first."))
    patient.no_known_allergies = True
    patient.save(update_fields=["no_known_allergies"])
    audit.record(actor, "patients.allergy.none_known", patient)
    return patient


@transaction.atomic
def add_condition(actor: User, *, patient_id: object, encounter: Encounter | None = None, **details: Any) -> Condition:
    """Put a problem on the patient's list. Refuses a code that is on it and not resolved. Locks: the patient."""
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    onset = details.get("onset_on")
    if onset and onset > clock.today(actor.facility):
        raise Refused(_("The beginning lies in the future."), field="onset_on")
    twin = patient.condition_set.valid().filter(
        category="problem-list-item", code=details.get("code", ""), display=details["display"], resolved_on=None
    )
    if twin.exists():
        raise Refused(_("This problem is on the list already."), field="display")
    condition = Condition.objects.create(patient=patient, encounter=encounter, recorded_by=actor, **details)
    audit.record(actor, "patients.condition.added", condition)
    return condition


@transaction.atomic
def resolve_condition(actor: User, *, condition_id: object, resolved_on: date | None = None) -> Condition:
    """The problem is over. Locks: the condition."""
    condition = Condition.objects.select_for_update().get(pk=condition_id)
    day = resolved_on or clock.today(actor.facility)
    if condition.onset_on and day < condition.onset_on:
        raise Refused(_("It cannot end before it began."), field="resolved_on")
    condition.resolved_on = day
    condition.save(update_fields=["resolved_on"])
    audit.record(actor, "patients.condition.resolved", condition)
    return condition


@transaction.atomic
def add_immunization(
    actor: User, *, patient_id: object, encounter: Encounter | None = None, **details: Any
) -> Immunization:
    """Record a vaccine that was given. Refuses a time in the future."""
    if details["given_at"] > clock.now():
        raise Refused(_("The time lies in the future."), field="given_at")
    given = Immunization.objects.create(patient_id=patient_id, encounter=encounter, recorded_by=actor, **details)
    audit.record(actor, "patients.immunization.recorded", given)
    return given


@transaction.atomic
def add_medication_statement(actor: User, *, patient_id: object, **details: Any) -> MedicationStatement:
    """Record a medicine the patient takes that was not prescribed here."""
    taken = MedicationStatement.objects.create(patient_id=patient_id, recorded_by=actor, **details)
    audit.record(actor, "patients.medication_statement.recorded", taken)
    return taken


@transaction.atomic
def add_care_plan(
    actor: User, *, encounter_id: object, title: str, activities: str, review_on: date | None
) -> CarePlan:
    """Agree on a plan within a visit. Locks: the encounter."""
    encounter = locked_open(encounter_id)
    plan = CarePlan.objects.create(
        patient_id=encounter.patient_id,
        encounter=encounter,
        recorded_by=actor,
        title=title,
        activities=activities,
        review_on=review_on,
    )
    audit.record(actor, "patients.care_plan.added", plan)
    return plan


@transaction.atomic
def end_care_plan(actor: User, *, plan_id: object, completed: bool) -> CarePlan:
    """The plan was fulfilled, or is stopped. Locks: the plan."""
    plan = CarePlan.objects.select_for_update().get(pk=plan_id)
    if plan.status == "active":
        plan.status = "completed" if completed else "revoked"
        plan.save(update_fields=["status"])
        audit.record(actor, f"patients.care_plan.{plan.status}", plan)
    return plan


@transaction.atomic
def mark_error(actor: User, *, record: ClinicalRecord, reason: str) -> ClinicalRecord:
    """Say that an entry was wrong. It stays, struck through, with the reason. Locks: the entry."""
    locked = type(record).objects.select_for_update().get(pk=record.pk)
    if not locked.entered_in_error:
        locked.entered_in_error = True
        locked.error_reason = reason
        locked.save(update_fields=["entered_in_error", "error_reason"])
        audit.record(actor, f"patients.{record._meta.model_name}.entered_in_error", locked, reason=reason)
        if isinstance(locked, Allergy) and not locked.patient.allergy_set.valid().exists():
            # Nothing is known any more: the banner says so until someone asks again.
            Patient.objects.filter(pk=locked.patient_id).update(no_known_allergies=None)
    return locked
