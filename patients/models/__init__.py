"""One record for the whole network, and the visits that make it."""

from patients.models.amendments import AmendmentRequest
from patients.models.clinical import (
    Allergy,
    CarePlan,
    ClinicalNote,
    Condition,
    DiagnosisCode,
    Immunization,
    MedicationStatement,
    Observation,
    Procedure,
)
from patients.models.encounter import Encounter
from patients.models.grants import ChartGrant, PatientUserObjectPermission
from patients.models.patient import Contact, Patient, PatientFacility, PatientIdentifier

__all__ = [
    "Allergy",
    "AmendmentRequest",
    "CarePlan",
    "ChartGrant",
    "ClinicalNote",
    "Condition",
    "Contact",
    "DiagnosisCode",
    "Encounter",
    "Immunization",
    "MedicationStatement",
    "Observation",
    "Patient",
    "PatientFacility",
    "PatientIdentifier",
    "PatientUserObjectPermission",
    "Procedure",
]
