"""The patient on a printed document: the two identifiers that stand on every page."""

from __future__ import annotations

from datetime import datetime, timedelta

from hms.core import clock, units
from patients.models import Patient

WEIGHT = "29463-7"  # LOINC
STILL_HOLDS = timedelta(days=183)


def identity(patient: Patient, *, at: datetime) -> dict[str, str]:
    """The patient's part of a snapshot, as JSON, with the age at that moment. Dates: ISO 8601."""
    return {
        "name": patient.name,
        "mrn": patient.mrn,
        "born": patient.birth_date.isoformat(),
        "age": clock.age_text(patient.birth_date, min(at, patient.deceased_at or at).date()),
        "sex": patient.sex_label,
        "address": ", ".join(filter(None, [patient.address, f"{patient.postal_code} {patient.city}".strip()])),
    }


def weight(patient: Patient, *, at: datetime) -> str:
    """The last body weight at that moment, with its day: "64.5 kg (21 Nov 2026)"; "" where it was not measured
    in half a year."""
    found = (
        patient.observation_set.valid()
        .filter(code=WEIGHT, value__isnull=False, observed_at__range=(at - STILL_HOLDS, at))
        .order_by("-observed_at")
        .first()
    )
    return f"{found.value.normalize():f} {units.text(found.unit)} ({found.observed_at:%d %b %Y})" if found else ""


def allergies(patient: Patient) -> dict[str, object]:
    """The allergy box of a clinical document: the lines, and whether anyone asked."""
    lines = [str(line) for line in patient.allergy_set.valid().filter(active=True).order_by("criticality", "substance")]
    return {"lines": lines, "asked": patient.no_known_allergies is not None}
