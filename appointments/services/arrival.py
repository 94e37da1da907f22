"""The patient comes, does not come, or was checked in by mistake."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from appointments.models import Appointment, AppointmentKind, AppointmentStatus
from appointments.services import queue
from appointments.services.booking import locked, locked_booked
from hms.core import audit, clock
from hms.core.models import Department, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.models.encounter import EncounterKind, EncounterStatus
from patients.services import encounters


@transaction.atomic
def check_in(actor: User, *, appointment_id: object, department: Department | None = None) -> Appointment:
    """The patient is here: opens the visit and gives the token of the department they wait in, which
    is the doctor's own unless told.

    Refuses an appointment of another day, and a record that cannot have a visit. Locks: the
    appointment (the visit is new, so nobody else can hold it), then the counter of the tokens.
    """
    appointment = locked_booked(appointment_id)
    today = clock.today(appointment.facility)
    if clock.local(appointment.facility, appointment.period.lower).date() != today:
        raise Refused(_("This appointment is not today. Move it to today first."))
    employee = appointment.doctor.employee
    department = department or employee.department
    video = appointment.kind == AppointmentKind.VIDEO
    appointment.encounter = encounters.open_encounter(
        actor,
        patient=appointment.patient,
        kind=EncounterKind.VIRTUAL if video else EncounterKind.OUTPATIENT,
        department=department,
        attending=employee,
        reason=appointment.reason,
    )
    appointment.status = AppointmentStatus.ARRIVED
    appointment.save(update_fields=["status", "encounter"])
    audit.record(actor, "appointments.appointment.checked_in", appointment)
    queue.give(appointment.encounter, doctor=appointment.doctor, appointment=appointment)
    return appointment


@transaction.atomic
def undo_check_in(actor: User, *, appointment_id: object, reason: str, left: bool = False) -> Appointment:
    """Take a check-in back: the visit is cancelled (if it was not), the token ends, and the
    appointment is booked again, or counts as not kept when the patient left unseen.

    Refuses once the visit was charged, documented or closed. Locks: the visit, the appointment, the token.
    """
    encounter_id = Appointment.objects.values_list("encounter_id", flat=True).get(pk=appointment_id)
    encounter = encounters.locked(encounter_id) if encounter_id else None
    appointment = locked(appointment_id)
    # Looked at again: between the first look and the locks it may have been taken back and checked in anew.
    if appointment.status != AppointmentStatus.ARRIVED or encounter is None or appointment.encounter_id != encounter.pk:
        raise Refused(_("This patient is not checked in."))
    if encounter.status == EncounterStatus.FINISHED:
        raise Refused(_("This visit is closed, so the appointment was kept."))
    if left and appointment.period.lower > clock.now():
        raise Refused(_("The appointment is still to come. Let the patient keep it, or cancel it."), field="left")
    if encounter.is_open:
        encounters.cancel(actor, encounter_id=encounter.pk, reason=reason)
    queue.end(encounter)
    appointment.status = AppointmentStatus.NO_SHOW if left else AppointmentStatus.BOOKED
    appointment.encounter = None
    appointment.save(update_fields=["status", "encounter"])
    audit.record(actor, "appointments.appointment.check_in_undone", appointment, reason=reason, detail={"left": left})
    return appointment


@transaction.atomic
def mark_no_show(actor: User, *, appointment_id: object) -> Appointment:
    """The patient did not come. Refuses before the appointment has begun. Locks: the appointment."""
    appointment = locked_booked(appointment_id)
    if appointment.period.lower > clock.now():
        raise Refused(_("This appointment has not begun yet."))
    appointment.status = AppointmentStatus.NO_SHOW
    appointment.save(update_fields=["status"])
    audit.record(actor, "appointments.appointment.no_show", appointment)
    return appointment


@transaction.atomic
def undo_no_show(actor: User, *, appointment_id: object) -> Appointment:
    """The patient came late, or was overlooked. Refuses when the time was given to someone else, or
    the patient has another appointment at it. Locks: the appointment."""
    appointment = locked(appointment_id)
    if appointment.status != AppointmentStatus.NO_SHOW:
        raise Refused(_("This appointment was not marked as missed."))
    appointment.status = AppointmentStatus.BOOKED
    try:
        with transaction.atomic():
            appointment.save(update_fields=["status"])
    except IntegrityError:
        raise Refused(_("This time is taken meanwhile. Book another slot.")) from None
    audit.record(actor, "appointments.appointment.no_show_undone", appointment)
    return appointment


@transaction.atomic
def keep(actor: User, *, encounter_id: object) -> Appointment | None:
    """The visit is closed, so the appointment was kept and the token ends. Done twice it is done once;
    None for a visit without an appointment, or one that was reopened meanwhile.

    Locks: the visit, the appointment, the token.
    """
    encounter = encounters.locked(encounter_id)
    if encounter.status != EncounterStatus.FINISHED:
        return None
    appointment = _arrived(encounter)
    if appointment:
        appointment.status = AppointmentStatus.FULFILLED
        appointment.save(update_fields=["status"])
        audit.record(actor, "appointments.appointment.fulfilled", appointment)
    queue.end(encounter)
    return appointment


@transaction.atomic
def release(actor: User, *, encounter_id: object) -> Appointment | None:
    """The visit was cancelled, so the token ends and the appointment is booked again, or counts as
    missed once its time has come. Done twice it is done once; None where no appointment hangs on it.

    Locks: the visit, the appointment, the token.
    """
    encounter = encounters.locked(encounter_id)
    if encounter.status != EncounterStatus.CANCELLED:
        return None
    appointment = _arrived(encounter)
    if appointment:
        ahead = appointment.period.lower > clock.now()
        appointment.status = AppointmentStatus.BOOKED if ahead else AppointmentStatus.NO_SHOW
        appointment.encounter = None
        appointment.save(update_fields=["status", "encounter"])
        audit.record(
            actor,
            "appointments.appointment.check_in_undone",
            appointment,
            reason=encounter.end_reason,
            detail={"left": not ahead},
        )
    queue.end(encounter)
    return appointment


def _arrived(encounter: Encounter) -> Appointment | None:
    """The appointment that this visit still stands for, under its lock."""
    found = Appointment.objects.filter(encounter=encounter).values_list("pk", flat=True).first()
    appointment = locked(found) if found else None
    return appointment if appointment and appointment.status == AppointmentStatus.ARRIVED else None
