"""What becomes of a patient's record here when it is erased, and what must be done first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import clock, erasures, held
from hms.core.erasures import BLANK, ERASED, NOTHING
from hms.core.models import Approval, AuditErasure, Erasure, ErasureGround, LegalHold
from hms.core.models.audit import AuditEvent, FindingReview
from hms.core.sealing import years_before
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

# A row of these says that somebody was registered, or looked at, and not that anything was done for them.
NOTHING_DONE = {
    Patient, PatientFacility, PatientIdentifier, Contact, ChartGrant, PatientUserObjectPermission,
    AmendmentRequest, AuditEvent, AuditErasure, FindingReview, Approval, Erasure, LegalHold,
}  # fmt: skip
GROWN_UP = 18


def register() -> None:
    erasures.forbids(
        gettext_lazy("A visit is open. Close or cancel it first."),
        lambda patient_id: Encounter.objects.filter(patient=patient_id).open(),
    )
    erasures.forbids(
        gettext_lazy("A legal hold stands. Nothing is erased until it is lifted."),
        lambda patient_id: LegalHold.objects.standing().filter(patient_id=patient_id),
    )
    erasures.forbids(
        gettext_lazy("A request to a second person waits under Approvals. Let it be decided first."),
        lambda patient_id: Approval.objects.waiting().filter(patient_id=patient_id),
    )
    erasures.forbids(
        gettext_lazy("The patient's request for a correction is open. Answer it first."),
        lambda patient_id: AmendmentRequest.objects.filter(patient=patient_id, status="open"),
    )
    erasures.forbids(
        gettext_lazy("A chart was opened in an emergency, and nobody has judged it yet."),
        lambda patient_id: ChartGrant.objects.filter(patient=patient_id).to_review(),
    )
    erasures.forbids_by(_by_ground)
    erasures.goes(PatientFacility, PatientIdentifier, Contact, PatientUserObjectPermission)
    erasures.goes(Allergy, Condition, Immunization, Procedure, MedicationStatement, CarePlan, ClinicalNote)
    erasures.goes(AmendmentRequest)
    erasures.stays(
        Patient,
        why="numbers run without a gap, and everything that stays points here",
        kept=("mrn",),
        family_name=ERASED,
        sex="'unknown'",
        birth_date="date '1900-01-01'",
        birth_date_estimated="true",
        deceased_at=NOTHING,
        no_known_allergies=NOTHING,
        active="false",
        inactive_reason=ERASED,
        confidentiality="'normal'",
        erased_at="now()",
        search_name=BLANK,
        name_tokens="'{{}}'",
    )
    erasures.stays(
        Encounter,
        why="what was charged, and the figures of a day, count on it",
        kept=("kind", "status", "started_at", "seen_at", "ended_at", "imported"),
    )
    erasures.stays(
        Observation,
        why="a verified result, and so its charge, stands in the chart",
        kept=("category", "observed_at", "entered_in_error"),
        code=ERASED,
        display=ERASED,
        value=NOTHING,
        value_text=ERASED,
        unit=BLANK,
    )
    erasures.stays(
        ChartGrant,
        why="who opened a chart in an emergency answers for it",
        kept=("kind", "until", "ended_at", "verdict", "reviewed_at"),
        reason=ERASED,
    )


def _by_ground(patient_id: UUID, ground: str) -> Iterator[str]:
    if ground == ErasureGround.ASKED and (until := kept_until(patient_id)) > clock.now():
        yield _("The record has to be kept until %(day)s.") % {"day": f"{until:%d %b %Y}"}
    if ground == ErasureGround.MISTAKE and something_done(patient_id):
        yield _("Something was done for this patient: there is more than a registration. Choose another ground.")


def entries() -> list[type[models.Model]]:
    """The tables of what was done for a patient, in every department."""
    return [model for model in held.ways() if model not in NOTHING_DONE and hasattr(model, "created_at")]


def something_done(patient_id: UUID) -> bool:
    """One query."""
    first, *others = (held.rows(model, patient_id).values_list("created_at") for model in entries())
    return bool(first.union(*others, all=True)[:1])


def last_entry(patient_id: UUID) -> datetime:
    """When something was last done for a patient, or a visit ended; else, when they were registered. One query."""
    moments = [held.rows(model, patient_id).values_list("created_at") for model in [Patient, *entries()]]
    ends = Encounter.objects.order_by().filter(patient=patient_id, ended_at__isnull=False).values_list("ended_at")
    return ends.union(*moments, all=True).order_by("-ended_at").values_list("ended_at", flat=True)[0]


def kept_until(patient_id: UUID) -> datetime:
    """The end of the time of keeping: HMS_RECORD_YEARS after the last entry; of who was a child, counted from the
    18th birthday. Two queries."""
    last = last_entry(patient_id)
    born = Patient.objects.values_list("birth_date", flat=True).get(pk=patient_id)
    grown_up = years_before(datetime(born.year, born.month, born.day, tzinfo=last.tzinfo), -GROWN_UP)
    return years_before(max(last, grown_up), -settings.RECORD_YEARS)
