"""What each resource becomes in the record. Functions from a resource to unsaved rows; no queries.

A `NoPlace` is not an error: the resource is sound, and there is nothing here that could hold it.
"""

from __future__ import annotations

from collections.abc import Callable

from interop.fhir.mapping.base import Context, NoPlace, Rows, Surroundings
from interop.fhir.mapping.findings import observation, report
from interop.fhir.mapping.people import Colleague, Person, colleague, identifiers, person
from interop.fhir.mapping.problems import allergy, care_plan, condition, immunization, medication, procedure
from interop.fhir.mapping.visits import encounter
from interop.fhir.reading import Entry

__all__ = [
    "MAPPED",
    "ORDER",
    "POINTED_AT",
    "Colleague",
    "Context",
    "NoPlace",
    "Person",
    "Rows",
    "Surroundings",
    "colleague",
    "identifiers",
    "person",
]

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
