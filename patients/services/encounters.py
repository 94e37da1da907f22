"""The life of a visit. Closing it is the news from which a worker makes the invoice."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, outbox
from hms.core.models import Department, User
from hms.core.refusals import Refused
from patients import holds
from patients.models import Encounter, Patient
from patients.models.encounter import EncounterKind, EncounterStatus
from staff.models import Employee

CLOSED = "patients.encounter_closed"
CANCELLED = "patients.encounter_cancelled"


@transaction.atomic
def open_encounter(
    actor: User,
    *,
    patient: Patient,
    kind: str = EncounterKind.OUTPATIENT,
    department: Department | None = None,
    attending: Employee | None = None,
    reason: str = "",
    part_of: Encounter | None = None,
    started_at: datetime | None = None,
) -> Encounter:
    """The patient has arrived. Refuses a patient and a doctor of another facility, an inactive record, and
    a second stay while one is open."""
    if not patient.facilities.filter(facility=actor.facility).exists():
        raise Refused(_("This patient is not known in this facility. Bring the record over first."))
    if attending and attending.facility_id != actor.facility.pk:
        raise Refused(_("This doctor works in another facility. Choose another."), field="attending")
    if not patient.active:
        raise Refused(_("This record is inactive. Reactivate it first, or use the right one."))
    if patient.deceased_at:
        raise Refused(_("This patient is recorded as deceased. Correct that first."))
    try:
        with transaction.atomic():
            encounter = Encounter.objects.create(
                facility=actor.facility,
                patient=patient,
                kind=kind,
                department=department,
                attending=attending,
                reason=reason,
                part_of=part_of,
                started_at=started_at or clock.now(),
                status=EncounterStatus.IN_PROGRESS if kind == EncounterKind.INPATIENT else EncounterStatus.ARRIVED,
            )
    except IntegrityError:
        if Patient.objects.filter(pk=patient.pk, erased_at__isnull=False).exists():
            raise Refused(_("This record was erased.")) from None
        raise Refused(_("This patient is already admitted. Discharge that stay first.")) from None
    audit.record(actor, "patients.encounter.opened", encounter, detail={"kind": str(kind)})
    return encounter


def locked(encounter_id: object) -> Encounter:
    """The visit under its lock, looked at again. The first lock of every act within a visit."""
    return Encounter.objects.select_for_update(of=("self",)).select_related("facility", "patient").get(pk=encounter_id)


def locked_open(encounter_id: object) -> Encounter:
    """The visit under its lock; refused when it is no longer open."""
    encounter = locked(encounter_id)
    if not encounter.is_open:
        raise Refused(_("This visit is closed. Reopen it first."))
    return encounter


@transaction.atomic
def begin(actor: User, *, encounter_id: object, attending: Employee | None = None) -> Encounter:
    """The consultation begins; who begins it attends. Locks: the encounter."""
    encounter = locked_open(encounter_id)
    if encounter.status == EncounterStatus.ARRIVED:
        encounter.status = EncounterStatus.IN_PROGRESS
        encounter.seen_at = clock.now()
        encounter.attending = attending or encounter.attending
        encounter.save(update_fields=["status", "seen_at", "attending"])
        audit.record(actor, "patients.encounter.begun", encounter)
    return encounter


@transaction.atomic
def close(actor: User, *, encounter_id: object) -> Encounter:
    """End the visit: its charges become an invoice. Closed twice it is closed once.

    Refuses while a note of it is unsigned, or while the patient lies in a bed. Locks: the encounter.
    """
    encounter = locked(encounter_id)
    if encounter.status == EncounterStatus.FINISHED:
        return encounter
    if not encounter.is_open:
        raise Refused(_("This visit was cancelled."))
    if reason_against := holds.why_not_end(encounter):
        raise Refused(reason_against)
    drafts = encounter.notes.filter(status="draft").exclude(
        complaint="", examination="", assessment="", plan="", draft_codes=[]
    )
    if drafts.exists():
        raise Refused(_("A note of this visit is not signed yet. Sign it, or discard the draft."))
    encounter.status = EncounterStatus.FINISHED
    encounter.ended_at = clock.now()
    encounter.save(update_fields=["status", "ended_at"])
    outbox.publish(CLOSED, encounter_id=str(encounter.pk))
    audit.record(actor, "patients.encounter.closed", encounter)
    return encounter


@transaction.atomic
def cancel(actor: User, *, encounter_id: object, reason: str) -> Encounter:
    """The patient left unseen, or the visit was opened by mistake. Locks: the encounter.

    Refuses once something was charged or a note was signed: such a visit is closed, not cancelled.
    """
    encounter = locked_open(encounter_id)
    if reason_against := holds.why_not_cancel(encounter):
        raise Refused(reason_against)
    if encounter.notes.filter(status="signed").exists():
        raise Refused(_("This visit has a signed note, so it can be closed but not cancelled."))
    encounter.status = EncounterStatus.CANCELLED
    encounter.ended_at = clock.now()
    encounter.end_reason = reason
    encounter.save(update_fields=["status", "ended_at", "end_reason"])
    outbox.publish(CANCELLED, encounter_id=str(encounter.pk))
    audit.record(actor, "patients.encounter.cancelled", encounter, reason=reason)
    return encounter


@transaction.atomic
def reopen(actor: User, *, encounter_id: object, reason: str) -> Encounter:
    """Go on with a visit that was closed too early; what is charged from here on goes onto a further
    invoice when it is closed again. Locks: the encounter."""
    encounter = locked(encounter_id)
    if encounter.status != EncounterStatus.FINISHED:
        raise Refused(_("Only a closed visit can be reopened."))
    if encounter.imported:
        raise Refused(_("This visit was brought in from elsewhere and cannot be reopened here."))
    encounter.status = EncounterStatus.IN_PROGRESS
    encounter.ended_at = None
    try:
        with transaction.atomic():
            encounter.save(update_fields=["status", "ended_at"])
    except IntegrityError:
        raise Refused(_("This patient is admitted again already. Use that stay.")) from None
    audit.record(actor, "patients.encounter.reopened", encounter, reason=reason)
    return encounter
