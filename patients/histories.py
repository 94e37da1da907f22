"""Who reads what changed in a patient's record: whoever reads that part of it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse

from hms.core import history
from hms.core.models import Erasure, LegalHold, User
from hms.core.templatetags.hms import day
from patients import banner, care
from patients.models import (
    Allergy,
    AmendmentRequest,
    CarePlan,
    ChartGrant,
    ClinicalNote,
    Condition,
    Contact,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    PatientFacility,
    PatientIdentifier,
    PatientUserObjectPermission,
    Procedure,
)


def _chart(user: User, row: Any) -> dict[str, Any]:
    return banner.around(user, row.patient)


def _visit(user: User, row: Encounter) -> dict[str, Any]:
    return banner.around(user, row.patient, back=reverse("patients:visit", args=[row.pk]))


def _known_here(user: User) -> QuerySet:
    return PatientFacility.objects.filter(care.unhidden(user), facility=user.facility).select_related("patient")


def _holds(user: User, row: LegalHold) -> dict[str, Any]:
    return {"back": reverse("patients:legal-holds")}


def _erasures(user: User, row: Erasure) -> dict[str, Any]:
    return {"back": reverse("patients:erasure", args=[row.pk])}


def register() -> None:
    name, read = history.name, history.register
    name(PatientFacility, lambda row: row.facility.name, related=("facility",))
    name(Encounter, lambda row: f"{row.get_kind_display()}, {day(row.started_at)}")
    name(ClinicalNote, lambda row: f"{row.author.name}, {day(row.signed_at)}", related=("author",))
    name(ChartGrant, lambda row: f"{row.user.name}, {row.get_kind_display().lower()}", related=("user",))
    read(
        Patient,
        permission="patients.view_patient",
        patient="id",
        around=lambda user, row: banner.around(user, row),
        guarded={
            "no_known_allergies": lambda user, row: care.reads(user, row.pk),
            "confidentiality": lambda user, row: user.has_perm("patients.view_restricted"),
        },
    )
    read(PatientFacility, permission="patients.view_patient", rows=_known_here, patient="patient_id", around=_chart)
    for model in (PatientIdentifier, Contact):
        read(model, permission="patients.view_patient", patient="patient_id", around=_chart)
    read(Encounter, permission="patients.view_encounter", patient="patient_id", around=_visit)
    for model in (Allergy, Condition, Observation, Immunization, Procedure, MedicationStatement, CarePlan):
        read(model, permission="patients.view_chart", patient="patient_id", around=_chart)
    read(
        ClinicalNote,
        permission="patients.view_chart",
        rows=lambda user: ClinicalNote.objects.visible_to(user).exclude(status="draft").select_related("author"),
        patient="patient_id",
        around=_chart,
    )
    read(
        ChartGrant,
        permission="patients.review_grant",
        rows=lambda user: ChartGrant.objects.visible_to(user).select_related("user"),
        patient="patient_id",
        around=lambda user, row: banner.around(user, row.patient, back=reverse("patients:grants")),
    )
    read(
        AmendmentRequest,
        permission="patients.view_amendmentrequest",
        rows=lambda user: AmendmentRequest.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=lambda user, row: banner.around(user, row.patient, back=reverse("patients:amendment", args=[row.pk])),
    )
    read(LegalHold, permission="core.view_legalhold", patient="patient_id", around=_holds)
    read(Erasure, permission="core.view_erasure", patient="patient_id", around=_erasures)
    # What a grant opened stands in the grant.
    history.unread(PatientUserObjectPermission)
