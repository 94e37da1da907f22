"""When a doctor sees patients: weekly hours and exceptions, as instants.

Hours are planned by the wall clock of the doctor's facility. Where the clocks skip an hour, what lies
in it does not take place; where an hour comes twice, a session that runs through it lasts through
both, and one that begins or ends in it does so the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from doctors.models import Availability, AvailabilityException, Doctor, ExceptionKind
from hms.core import clock
from hms.core.models import Facility


class Session(NamedTuple):
    """A time [start, end) in which a doctor takes a patient every `slot_minutes`."""

    start: datetime
    end: datetime
    slot_minutes: int
    room: str

    @property
    def has_room(self) -> bool:
        return self.end - self.start >= timedelta(minutes=self.slot_minutes)


def sessions(doctor: Doctor, day: date) -> list[Session]:
    """The doctor's sessions of a hospital day, in order, without overlap. Two queries."""
    return sessions_between([doctor], day, day).get((doctor.pk, day), [])


def sessions_between(doctors: Iterable[Doctor], first: date, last: date) -> dict[tuple[UUID, date], list[Session]]:
    """Sessions of several doctors from `first` to `last`, by (doctor id, day). Two queries for any number.

    A doctor who no longer consults has none. Give doctors with `employee__facility` selected, as
    `Doctor.objects.visible_to(user)` does.
    """
    seen = {doctor.pk: doctor for doctor in doctors if doctor.active and doctor.employee.active}
    weekly: dict[tuple[UUID, int], list[Availability]] = {}
    for hours in Availability.objects.filter(doctor__in=seen).valid_between(first, last):
        weekly.setdefault((hours.doctor_id, hours.weekday), []).append(hours)
    exceptions: dict[tuple[UUID, date], list[AvailabilityException]] = {}
    for exception in AvailabilityException.objects.filter(doctor__in=seen, date__range=(first, last)):
        exceptions.setdefault((exception.doctor_id, exception.date), []).append(exception)
    found: dict[tuple[UUID, date], list[Session]] = {}
    for doctor in seen.values():
        day = first
        while day <= last:
            held = [
                hours
                for hours in weekly.get((doctor.pk, day.weekday()), [])
                if hours.valid_from <= day and (hours.valid_until is None or day <= hours.valid_until)
            ]
            if made := _day(doctor, day, held, exceptions.get((doctor.pk, day), [])):
                found[doctor.pk, day] = made
            day += timedelta(days=1)
    return found


def _day(
    doctor: Doctor, day: date, weekly: list[Availability], exceptions: list[AvailabilityException]
) -> list[Session]:
    facility = doctor.employee.facility
    made = [
        Session(
            instant(facility, day, hours.starts),
            instant(facility, day, hours.ends),
            hours.slot_minutes,
            hours.room or doctor.room,
        )
        for hours in weekly
    ]
    for extra in exceptions:
        if extra.kind == ExceptionKind.EXTRA:
            added = [
                Session(
                    instant(facility, day, extra.starts),
                    instant(facility, day, extra.ends),
                    extra.slot_minutes,
                    extra.room or doctor.room,
                )
            ]
            # Where extra hours overlap those of the week, the week's stand.
            for standing in list(made):
                added = _without(added, standing.start, standing.end)
            made += added
    for away in exceptions:
        if away.kind == ExceptionKind.AWAY:
            start, end = clock.day_bounds(facility, day)
            if away.starts is not None and away.ends is not None:
                start, end = instant(facility, day, away.starts), instant(facility, day, away.ends)
            made = _without(made, start, end)
    return sorted(session for session in made if session.has_room)


def _without(made: list[Session], start: datetime, end: datetime) -> list[Session]:
    """The sessions with [start, end) cut out of them."""
    left: list[Session] = []
    for session in made:
        if end <= session.start or session.end <= start:
            left.append(session)
            continue
        if session.start < start:
            left.append(session._replace(end=start))
        if end < session.end:
            left.append(session._replace(start=end))
    return left


def instant(facility: Facility, day: date, wall: time) -> datetime:
    """The instant at which the wall clock first shows `wall` or, where it is skipped, the first time after it."""
    at = datetime.combine(day, wall)
    while (found := clock.at(facility, at.date(), at.time())) is None:
        at += timedelta(minutes=1)
    return found.astimezone(UTC)
