"""A patient gets a doctor's time, another time, or gives it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from appointments import slots
from appointments.models import Appointment, AppointmentKind, AppointmentStatus
from appointments.slots import Alternatives, Slot
from doctors.models import Doctor
from hms.core import audit, clock
from hms.core.models import Facility, User
from hms.core.refusals import Refused
from patients.models import Patient


class SlotRefused(Refused):
    """The slot cannot be had; `alternatives` are the nearest that can."""

    def __init__(self, why: str, alternatives: Alternatives) -> None:
        super().__init__(why)
        self.alternatives = alternatives


def _when(facility: Facility, moment: datetime) -> str:
    return clock.local(facility, moment).strftime("%d %b, %H:%M")


@transaction.atomic
def book(
    actor: User, *, patient_id: object, doctor_id: object, start: datetime, kind: str, reason: str = ""
) -> Appointment:
    """Book a slot for a patient.

    Refuses a slot that is past, taken or outside the doctor's hours (`SlotRefused`, with the nearest
    free ones), a doctor who does not consult, and an inactive record. Locks nothing: the database
    decides who of two gets the slot.
    """
    patient = _bookable_patient(actor, patient_id)
    slot = _bookable_slot(actor, doctor_id, start, patient)
    if kind == AppointmentKind.NEW and not slot.doctor.accepts_new:
        raise Refused(
            _("%(doctor)s takes no new patients. Choose another doctor.") % {"doctor": slot.doctor.name}, field="kind"
        )
    appointment = _take(actor, slot, patient, kind=kind, reason=reason)
    if appointment is None:
        raise _lost(slot, patient)
    audit.record(actor, "appointments.appointment.booked", appointment, detail={"doctor": str(slot.doctor.pk)})
    return appointment


def _bookable_patient(actor: User, patient_id: object) -> Patient:
    patient = Patient.objects.visible_to(actor).filter(pk=patient_id).first()
    if patient is None:
        raise Refused(_("This patient is not known here. Register them first."))
    if not patient.active:
        raise Refused(_("This record is inactive. Reactivate it first, or use the right one."))
    if patient.deceased_at:
        raise Refused(_("This patient is recorded as deceased. Correct that first."))
    return patient


def _bookable_slot(actor: User, doctor_id: object, start: datetime, patient: Patient) -> Slot:
    doctor = Doctor.objects.visible_to(actor).filter(pk=doctor_id).first()
    if doctor is None:
        raise Refused(_("This doctor does not work here."))
    if not doctor.active or not doctor.employee.active:
        why = _("%(doctor)s sees no patients at present.") % {"doctor": doctor.name}
        raise SlotRefused(why, slots.alternatives(doctor, start, patient=patient))
    slot = slots.offered(doctor, start)
    if slot is None:
        why = _("%(doctor)s sees no patients at this time.") % {"doctor": doctor.name}
        raise SlotRefused(why, slots.alternatives(doctor, start, patient=patient))
    if slot.start < clock.now():
        why = _("This time is past.")
        raise SlotRefused(why, slots.alternatives(doctor, start, patient=patient))
    return slot


def _take(actor: User, slot: Slot, patient: Patient, **details: Any) -> Appointment | None:
    """Put the appointment into the book; None for whoever comes second."""
    appointment = Appointment(
        facility=actor.facility,
        patient=patient,
        doctor=slot.doctor,
        period=DateTimeTZRange(slot.start, slot.end, "[)"),
        room=slot.room,
        booked_by=actor,
        **details,
    )
    Appointment.objects.bulk_create([appointment], ignore_conflicts=True)
    return Appointment.objects.for_lists().filter(pk=appointment.pk).first()


def _lost(slot: Slot, patient: Patient) -> SlotRefused:
    """What to tell who came second: whose time it is already, and what is still free."""
    own = Appointment.objects.active().filter(patient=patient, period__overlap=(slot.start, slot.end))
    if own.exists():
        why = _("This patient has another appointment at this time.")
    else:
        why = _("This slot was just taken.")
    return SlotRefused(why, slots.alternatives(slot.doctor, slot.start, patient=patient))


def locked(appointment_id: object) -> Appointment:
    """The appointment under its lock, looked at again."""
    return (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("facility", "patient", "doctor__employee__department", "doctor__specialty", "encounter")
        .get(pk=appointment_id)
    )


def locked_booked(appointment_id: object) -> Appointment:
    """The appointment under its lock; refused unless it is booked and the patient still to come."""
    appointment = locked(appointment_id)
    if appointment.status != AppointmentStatus.BOOKED:
        raise Refused(
            _("This appointment is not open any more: %(status)s.")
            % {"status": appointment.get_status_display().lower()}
        )
    return appointment


def _release(appointment: Appointment, status: AppointmentStatus, reason: str) -> None:
    appointment.status = status
    appointment.cancelled_reason = reason
    appointment.save(update_fields=["status", "cancelled_reason"])


@transaction.atomic
def reschedule(
    actor: User, *, appointment_id: object, doctor_id: object, start: datetime, reason: str = ""
) -> Appointment:
    """Move an appointment: the old one gives its slot back, the new one is linked to it. When the new slot is
    not to be had, the patient keeps the old one. Locks: the old appointment."""
    old = locked_booked(appointment_id)
    patient = _bookable_patient(actor, old.patient_id)
    slot = _bookable_slot(actor, doctor_id, start, patient)
    if slot.doctor.pk == old.doctor_id and slot.start == old.period.lower:
        raise Refused(_("The appointment is at this time already."))
    with transaction.atomic():
        _release(
            old, AppointmentStatus.MOVED, reason or _("Moved to %(time)s") % {"time": _when(old.facility, slot.start)}
        )
        new = _take(actor, slot, patient, kind=old.kind, reason=old.reason, rescheduled_from=old)
        transaction.set_rollback(new is None)
    if new is None:
        raise _lost(slot, patient)
    audit.record(actor, "appointments.appointment.rescheduled", new, reason=reason, detail={"from": str(old.pk)})
    return new


@transaction.atomic
def cancel(actor: User, *, appointment_id: object, reason: str) -> Appointment:
    """Give the slot back; it is free at once. Refuses one whose patient has come. Locks: the appointment."""
    appointment = locked_booked(appointment_id)
    _release(appointment, AppointmentStatus.CANCELLED, reason)
    audit.record(actor, "appointments.appointment.cancelled", appointment, reason=reason)
    return appointment


def cancel_of_the_dead(actor: User, *, patient_id: object) -> int:
    """What a patient who died has booked is given back; returns how many. Safe to run twice."""
    booked = Appointment.objects.booked().filter(patient=patient_id, starts_at__gte=clock.now()).order_by("pk")
    for appointment_id in booked.values_list("pk", flat=True):
        cancel(actor, appointment_id=appointment_id, reason=_("The patient has died"))
    return len(booked)
