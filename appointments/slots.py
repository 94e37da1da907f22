"""Free time: what doctors offer, minus what is taken, never in the past.

A doctor's sessions are instants, so a slot is as long in the night in which the clocks change as in
any other, and none lies in an hour that is skipped.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q

from appointments.models import Appointment
from doctors import schedule
from doctors.models import Doctor
from hms.core import clock
from hms.core.models import Facility
from patients.models import Patient

AHEAD = 28  # days that a search for the first free slot looks ahead
NEAR = 14  # days around a taken slot in which others are offered


@dataclass(frozen=True)
class Slot:
    """A time [start, end) that can be booked with a doctor."""

    doctor: Doctor
    start: datetime
    end: datetime
    room: str

    @property
    def key(self) -> str:
        """The start as an address carries it."""
        return self.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


class Alternatives(NamedTuple):
    """The nearest free slots: with the same doctor, and with others of the specialty."""

    same: list[Slot]
    others: list[Slot]


class Taken:
    """What is booked, by whose time it takes (a doctor's, a patient's)."""

    def __init__(self, rows: Iterable[tuple[UUID, DateTimeTZRange]]) -> None:
        self._starts: dict[UUID, list[datetime]] = {}
        self._ends: dict[UUID, list[datetime]] = {}
        for holder, period in sorted(rows, key=lambda row: row[1].lower):
            self._starts.setdefault(holder, []).append(period.lower)
            self._ends.setdefault(holder, []).append(period.upper)

    def overlaps(self, holder: UUID, slot: Slot) -> bool:
        # The periods of one holder never overlap, so the last that starts before the slot ends also ends last.
        before = bisect_left(self._starts.get(holder, []), slot.end)
        return before > 0 and self._ends[holder][before - 1] > slot.start


def of_session(doctor: Doctor, session: schedule.Session) -> Iterator[Slot]:
    """The slots of a session, in order; a rest that is too short for a patient is none."""
    length = timedelta(minutes=session.slot_minutes)
    start = session.start
    while start + length <= session.end:
        yield Slot(doctor, start, start + length, session.room)
        start += length


def open_slots(
    doctors: Iterable[Doctor], sessions: Iterable[tuple[UUID, schedule.Session]], taken: Taken
) -> Iterator[Slot]:
    """The slots of these sessions, by doctor id, that are neither past nor taken."""
    by_id = {doctor.pk: doctor for doctor in doctors}
    now = clock.now()
    for doctor_id, session in sessions:
        for slot in of_session(by_id[doctor_id], session):
            if slot.start >= now and not taken.overlaps(doctor_id, slot):
                yield slot


def free(doctors: Iterable[Doctor], first: date, last: date, *, patient: Patient | None = None) -> list[Slot]:
    """Free slots from the day `first` to `last`, by time, then by doctor; those at which the patient has
    another appointment are left out. Three queries for any number of doctors and days.

    Give doctors of one facility, with `employee__facility` selected.
    """
    doctors = list(doctors)
    if not doctors or last < first:
        return []
    facility = doctors[0].employee.facility
    days = clock.day_bounds(facility, first)[0], clock.day_bounds(facility, last)[1]
    whose = Q(doctor__in=[doctor.pk for doctor in doctors])
    if patient:
        whose |= Q(patient=patient)
    booked = Appointment.objects.active().filter(whose, period__overlap=days)
    rows = list(booked.values_list("doctor_id", "patient_id", "period"))
    taken = Taken((doctor_id, period) for doctor_id, _patient_id, period in rows)
    sessions = [
        (doctor_id, session)
        for (doctor_id, _day), of_day in schedule.sessions_between(doctors, first, last).items()
        for session in of_day
    ]
    found = open_slots(doctors, sessions, taken)
    if patient:
        own = Taken((patient_id, period) for _doctor_id, patient_id, period in rows if patient_id == patient.pk)
        found = (slot for slot in found if not own.overlaps(patient.pk, slot))
    return sorted(found, key=lambda slot: (slot.start, slot.doctor.name))


def first_available(
    doctors: Iterable[Doctor], start: date, *, days: int, patient: Patient | None = None
) -> dict[date, list[Slot]]:
    """The first `days` hospital days from `start` on that have a free slot, within the next AHEAD days."""
    doctors = list(doctors)
    slots = free(doctors, start, start + timedelta(days=AHEAD - 1), patient=patient)
    found: dict[date, list[Slot]] = {}
    for day, of_day in groupby(slots, key=lambda slot: clock.local(slot.doctor.employee.facility, slot.start).date()):
        if len(found) == days:
            break
        found[day] = list(of_day)
    return found


def offered(doctor: Doctor, start: datetime) -> Slot | None:
    """The slot that begins at exactly this instant in the doctor's hours, be it taken or not; or None."""
    day = clock.local(doctor.employee.facility, start).date()
    for session in schedule.sessions(doctor, day):
        for slot in of_session(doctor, session):
            if slot.start == start:
                return slot
    return None


def alternatives(doctor: Doctor, wanted: datetime, *, count: int = 3, patient: Patient | None = None) -> Alternatives:
    """The free slots nearest to an instant. Four queries."""
    facility: Facility = doctor.employee.facility
    peers = Doctor.objects.consulting().filter(employee__facility=facility, specialty=doctor.specialty_id)
    peers = peers.select_related("employee__facility", "specialty")
    day = clock.local(facility, wanted).date()
    first = max(clock.today(facility), day - timedelta(days=NEAR))
    slots = sorted(
        free(peers, first, max(first, day) + timedelta(days=NEAR), patient=patient),
        key=lambda slot: abs(slot.start - wanted),
    )
    same = [slot for slot in slots if slot.doctor.pk == doctor.pk][:count]
    others = [slot for slot in slots if slot.doctor.pk != doctor.pk][:count]
    return Alternatives(same, others)
