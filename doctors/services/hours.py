"""When doctors see patients: weekly hours, and the days that differ."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from doctors.models import LONGEST_SLOT, SHORTEST_SLOT, Availability, AvailabilityException, Doctor, ExceptionKind
from doctors.services.profile import locked
from hms.core import audit, clock, outbox
from hms.core.models import User
from hms.core.refusals import Refused

LONGEST_ABSENCE = 366  # days entered at once
CHANGED = "doctors.hours_changed"


@transaction.atomic
def set_availability(
    actor: User,
    *,
    doctor_id: object,
    weekday: int,
    starts: time,
    ends: time,
    slot_minutes: int,
    valid_from: date,
    valid_until: date | None = None,
    room: str = "",
) -> Availability:
    """Plan weekly hours. Refuses hours that overlap others of the same weekday, that run backwards,
    and that have no room for one patient. Locks: the doctor."""
    doctor = locked(doctor_id)
    _check_hours(starts, ends, slot_minutes)
    if valid_until and valid_until < valid_from:
        raise Refused(_("The last day lies before the first."), field="valid_until")
    hours = Availability(
        doctor=doctor,
        weekday=weekday,
        starts=starts,
        ends=ends,
        slot_minutes=slot_minutes,
        room=room,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    Availability.objects.bulk_create([hours], ignore_conflicts=True)
    if not Availability.objects.filter(pk=hours.pk).exists():
        raise Refused(
            _("These hours overlap others on %(day)s. End those first.") % {"day": hours.get_weekday_display()},
            field="starts",
        )
    audit.record(actor, "doctors.availability.set", hours, detail={"doctor": str(doctor.pk)})
    return hours


def _check_hours(starts: time, ends: time, slot_minutes: int) -> None:
    if not SHORTEST_SLOT <= slot_minutes <= LONGEST_SLOT:
        raise Refused(
            _("A patient takes between %(least)s and %(most)s minutes.")
            % {"least": SHORTEST_SLOT, "most": LONGEST_SLOT},
            field="slot_minutes",
        )
    length = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    if length < slot_minutes:
        raise Refused(_("There is no room for one patient between these times."), field="ends")


@transaction.atomic
def end_availability(actor: User, *, availability_id: object, last_day: date) -> Availability | None:
    """Let weekly hours end after `last_day`. Hours that never took place by then are taken away whole.

    Booked patients keep their appointments until somebody moves them; reception hears of it. Locks: the doctor, then the hours.
    """
    locked(Availability.objects.values_list("doctor_id", flat=True).get(pk=availability_id))
    hours = Availability.objects.select_for_update().get(pk=availability_id)
    detail = {"doctor": str(hours.doctor_id), "last_day": last_day.isoformat()}
    if last_day < hours.valid_from:
        audit.record(actor, "doctors.availability.removed", hours, detail=detail)
        hours.delete()
        outbox.publish(CHANGED, doctor_id=detail["doctor"])
        return None
    if hours.valid_until and hours.valid_until < last_day:
        raise Refused(_("These hours end earlier already."), field="last_day")
    hours.valid_until = last_day
    hours.save(update_fields=["valid_until"])
    outbox.publish(CHANGED, doctor_id=detail["doctor"])
    audit.record(actor, "doctors.availability.ended", hours, detail=detail)
    return hours


@transaction.atomic
def add_exception(
    actor: User,
    *,
    doctor_id: object,
    kind: str,
    first: date,
    last: date | None = None,
    starts: time | None = None,
    ends: time | None = None,
    slot_minutes: int | None = None,
    room: str = "",
    reason: str = "",
) -> list[AvailabilityException]:
    """Enter days that differ from the week: away (whole days, or some hours of them), or extra hours.

    Refuses days gone by, an end before the beginning, and extra hours without times. Locks: the doctor.
    """
    doctor = locked(doctor_id)
    last = last or first
    if first < clock.today(doctor.employee.facility):
        raise Refused(_("This day has gone by."), field="first")
    if not first <= last < first + timedelta(days=LONGEST_ABSENCE):
        raise Refused(_("The last day lies before the first, or more than a year after it."), field="last")
    if (starts is None) != (ends is None):
        raise Refused(_("Give both times, or neither for the whole day."), field="ends" if starts else "starts")
    if kind == ExceptionKind.EXTRA:
        if starts is None or ends is None or slot_minutes is None:
            raise Refused(_("Extra hours need their times and the minutes a patient takes."), field="starts")
        _check_hours(starts, ends, slot_minutes)
    elif starts is not None and ends is not None and ends <= starts:
        raise Refused(_("It ends before it begins."), field="ends")
    made = AvailabilityException.objects.bulk_create(
        [
            AvailabilityException(
                doctor=doctor,
                date=first + timedelta(days=n),
                kind=kind,
                starts=starts,
                ends=ends,
                slot_minutes=slot_minutes if kind == ExceptionKind.EXTRA else None,
                room=room if kind == ExceptionKind.EXTRA else "",
                reason=reason,
            )
            for n in range((last - first).days + 1)
        ]
    )
    if kind == ExceptionKind.AWAY:
        outbox.publish(CHANGED, doctor_id=str(doctor.pk))
    audit.record(
        actor,
        f"doctors.exception.{kind}",
        doctor,
        reason=reason,
        detail={"first": first.isoformat(), "last": last.isoformat()},
    )
    return made


@transaction.atomic
def remove_exception(actor: User, *, exception_id: object) -> None:
    """The day is as every week after all. Refuses a day gone by. Locks: the doctor, then the exception."""
    doctor: Doctor = locked(AvailabilityException.objects.values_list("doctor_id", flat=True).get(pk=exception_id))
    exception = AvailabilityException.objects.select_for_update().get(pk=exception_id)
    if exception.date < clock.today(doctor.employee.facility):
        raise Refused(_("This day has gone by."))
    audit.record(
        actor,
        "doctors.exception.removed",
        exception,
        detail={"doctor": str(doctor.pk), "kind": exception.kind, "day": exception.date.isoformat()},
    )
    exception.delete()
    outbox.publish(CHANGED, doctor_id=str(doctor.pk))
