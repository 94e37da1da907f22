"""A death is recorded, and corrected when it was recorded wrongly."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock, outbox
from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import Patient

DIED = "patients.patient_died"


@transaction.atomic
def record(actor: User, *, patient_id: object, died_at: datetime) -> Patient:
    """The patient has died. An open visit goes on to its own end; nothing new is booked or opened.

    Refuses a time in the future or before the birth, and a death that is recorded. Locks: the patient.
    """
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    if patient.deceased_at:
        raise Refused(_("This death is recorded already."))
    if died_at > clock.now():
        raise Refused(_("This time lies in the future."), field="died_at")
    if died_at.date() < patient.birth_date:
        raise Refused(_("This lies before the birth. Check the year."), field="died_at")
    patient.deceased_at = died_at
    patient.save(update_fields=["deceased_at"])
    outbox.publish(DIED, patient_id=str(patient.pk))
    audit.record(actor, "patients.patient.died", patient)
    return patient


@transaction.atomic
def take_back(actor: User, *, patient_id: object, reason: str) -> Patient:
    """The patient lives, or another one died. Appointments that were cancelled stay so. Locks: the patient."""
    patient = Patient.objects.select_for_update().get(pk=patient_id)
    if not patient.deceased_at:
        raise Refused(_("No death is recorded."))
    patient.deceased_at = None
    patient.save(update_fields=["deceased_at"])
    audit.record(actor, "patients.patient.death_taken_back", patient, reason=reason)
    return patient
