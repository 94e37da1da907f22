"""The patient on a printed document: the two identifiers that stand on every page."""

from __future__ import annotations

from datetime import datetime

from hms.core import clock
from patients.models import Patient


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


def allergies(patient: Patient) -> dict[str, object]:
    """The allergy box of a clinical document: the lines, and whether anyone asked."""
    lines = [str(line) for line in patient.allergy_set.valid().filter(active=True).order_by("criticality", "substance")]
    return {"lines": lines, "asked": patient.no_known_allergies is not None}
