"""Keeping a record from being erased while a court, an insurer or a complaint needs it."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import LegalHold, User
from hms.core.refusals import Refused
from patients.models import Patient


@transaction.atomic
def place(actor: User, *, patient_id: object, asked_for: str, reason: str, reference: str = "") -> LegalHold:
    """Nothing of the record is erased until the hold is lifted. Locks: the patient, so that no erasure runs meanwhile.
    Refuses without a reason."""
    patient = Patient.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=patient_id)
    if patient.erased_at:
        raise Refused(_("This record was erased."))
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    now = clock.now()
    hold = LegalHold.objects.create(
        created_at=now,
        facility=actor.facility,
        patient_id=patient.pk,
        asked_for=asked_for,
        reference=reference.strip(),
        reason=reason.strip(),
        placed_by=actor,
        placed_at=now,
    )
    audit.record(actor, "core.legal_hold.placed", hold, reason=reason)
    return hold


@transaction.atomic
def lift(actor: User, *, hold_id: object, reason: str) -> LegalHold:
    """The record may be erased again, as far as this hold is concerned. Locks: the hold. Refuses without a reason, and
    a hold that was lifted already."""
    hold = LegalHold.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=hold_id)
    if hold.lifted_at is not None:
        raise Refused(_("This hold was lifted already."))
    if not reason.strip():
        raise Refused(_("Say why."), field="reason")
    hold.lifted_by, hold.lifted_at, hold.lifted_reason = actor, clock.now(), reason.strip()
    hold.save(update_fields=["lifted_by", "lifted_at", "lifted_reason"])
    audit.record(actor, "core.legal_hold.lifted", hold, reason=reason)
    return hold
