"""The day as a grid: one column a doctor, time downwards. Four queries, whatever the size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import gcd

from django.utils.translation import gettext as _

from appointments import slots
from appointments.models import ACTIVE, GIVEN_BACK, Appointment, AppointmentKind, AppointmentStatus, TokenStatus
from appointments.slots import Slot
from doctors import schedule
from doctors.models import AvailabilityException, Doctor, ExceptionKind, Specialty
from hms.core import clock
from hms.core.models import Facility, User
from patients.models import Encounter
from patients.models.encounter import EncounterStatus

COLUMNS = 30  # as many as the style sheet places
ROWS = 200
SPAN = 60
UNITS = [30, 20, 15, 10, 5]  # minutes a row
KINDS = {
    AppointmentKind.NEW: ("", "person-plus"),
    AppointmentKind.FOLLOW_UP: ("", "calendar-check"),
    AppointmentKind.VIDEO: ("slot-video", "camera-video"),
}


@dataclass(frozen=True)
class Look:
    """How a block is drawn: a style, an icon and a word."""

    style: str
    icon: str
    text: str


@dataclass
class Block:
    """A time in a doctor's column: an appointment, a free slot, or time away."""

    start: datetime
    end: datetime
    appointment: Appointment | None = None
    slot: Slot | None = None
    look: Look | None = None
    away: str | None = None
    row: int = 0
    span: int = 0


@dataclass
class Column:
    doctor: Doctor
    rooms: str
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Day:
    """What the page draws; `columns` is empty on a day without sessions and appointments."""

    columns: list[Column]
    left_out: int
    booked: int
    waiting: int
    waiting_since: datetime | None
    minutes: int = 15
    rows: int = 0
    height: str = "day-15"
    times: list[tuple[int, datetime]] = field(default_factory=list)
    now_row: int = 0
    now_third: int = 0


def look(appointment: Appointment, now: datetime) -> Look:
    """The state of an appointment, read by `for_lists()`, as the grid and the lists show it."""
    if appointment.status == AppointmentStatus.NO_SHOW:
        return Look("slot-missed", "person-dash", _("Did not come"))
    if appointment.encounter:
        return _arrived(appointment, appointment.encounter, now)
    if appointment.period.upper <= now:
        return Look("slot-missed", "question-circle", _("Not checked in, time passed"))
    if appointment.period.lower < now:
        return Look("", "clock-history", _("Late"))
    return Look(*KINDS[appointment.kind], appointment.get_kind_display())


def _arrived(appointment: Appointment, visit: Encounter, now: datetime) -> Look:
    if visit.status == EncounterStatus.FINISHED or appointment.status == AppointmentStatus.FULFILLED:
        return Look("slot-done", "check2-all", _("Seen"))
    if not visit.is_open:
        return Look("slot-missed", "exclamation-triangle", _("Visit cancelled"))
    if visit.status == EncounterStatus.IN_PROGRESS or appointment.token_status == TokenStatus.DONE:
        return Look("slot-waiting", "record-circle", _("With the doctor"))
    if appointment.token_status == TokenStatus.CALLED:
        return Look("slot-waiting", "megaphone", _("Called"))
    minutes = max(int((now - visit.started_at) / timedelta(minutes=1)), 0)
    return Look("slot-waiting", "hourglass-split", _("Waiting %(minutes)s min") % {"minutes": minutes})


def of(user: User, day: date, *, specialty: Specialty | None = None) -> Day:
    """The day of the facility, of one specialty or of all."""
    facility = user.facility
    doctors = Doctor.objects.visible_to(user)
    if specialty:
        doctors = doctors.filter(specialty=specialty)
    doctors = list(doctors)
    sessions = [
        (doctor_id, session)
        for (doctor_id, _day), of_day in schedule.sessions_between(doctors, day, day).items()
        for session in of_day
    ]
    rows = Appointment.objects.for_lists().on_days(facility, day, day).exclude(status__in=GIVEN_BACK)
    appointments = list(rows.filter(doctor__in=[doctor.pk for doctor in doctors]))
    taken = slots.Taken((row.doctor_id, row.period) for row in appointments if row.status in ACTIVE)
    now = clock.now()
    columns = {doctor.pk: Column(doctor, _rooms(doctor, sessions)) for doctor in doctors}
    for away in _away(facility, doctors, day):
        columns[away[0]].blocks.append(away[1])
    busy = {doctor_id for doctor_id, _session in sessions}
    for slot in slots.open_slots(doctors, sessions, taken):
        columns[slot.doctor.pk].blocks.append(Block(slot.start, slot.end, slot=slot))
    for row in appointments:
        busy.add(row.doctor_id)
        columns[row.doctor_id].blocks.append(
            Block(row.period.lower, row.period.upper, appointment=row, look=look(row, now))
        )
    shown = [column for column in columns.values() if column.doctor.pk in busy or column.blocks]
    arrivals = [
        row.encounter.started_at
        for row in appointments
        if row.token_status == TokenStatus.WAITING and row.encounter.status == EncounterStatus.ARRIVED
    ]
    made = Day(
        columns=shown[:COLUMNS] if busy else [],
        left_out=max(len(shown) - COLUMNS, 0),
        booked=sum(row.status in ACTIVE for row in appointments),
        waiting=len(arrivals),
        waiting_since=min(arrivals, default=None),
    )
    if made.columns:
        _place(made, facility, [session for _id, session in sessions], now)
    return made


def _rooms(doctor: Doctor, sessions: Iterable[tuple[object, schedule.Session]]) -> str:
    found = dict.fromkeys(session.room for doctor_id, session in sessions if doctor_id == doctor.pk)
    return ", ".join(filter(None, found))


def _away(facility: Facility, doctors: list[Doctor], day: date) -> Iterator[tuple[object, Block]]:
    rows = AvailabilityException.objects.filter(doctor__in=doctors, date=day, kind=ExceptionKind.AWAY)
    for row in rows:
        start, end = clock.day_bounds(facility, day)
        if row.starts is not None and row.ends is not None:
            start, end = schedule.instant(facility, day, row.starts), schedule.instant(facility, day, row.ends)
        yield row.doctor_id, Block(start, end, away=row.reason or _("Away"))


def _place(day: Day, facility: Facility, sessions: list[schedule.Session], now: datetime) -> None:
    """Give every block its row and span, counted in units from the first full hour of the day."""
    blocks = [block for column in day.columns for block in column.blocks if block.away is None]
    edges = [(block.start, block.end) for block in blocks] + [(session.start, session.end) for session in sessions]
    first = clock.local(facility, min(start for start, _end in edges))
    origin = min(start for start, _end in edges) - timedelta(minutes=first.minute)
    end = max(end for _start, end in edges)
    day.minutes = _unit([_minutes(origin, edge) for pair in edges for edge in pair], _minutes(origin, end))
    day.rows = -(-_minutes(origin, end) // day.minutes)
    for column in day.columns:
        column.blocks = [placed for block in column.blocks for placed in _placed(day, block, origin)]
        column.blocks.sort(key=lambda block: (block.away is None, block.row))
    shortest = min((block.span for column in day.columns for block in column.blocks if block.away is None), default=1)
    day.height = "day-30" if day.minutes == 30 else {1: "day-15", 2: "day-5"}.get(shortest, "day-fine")
    label = 30 if day.minutes in (5, 10, 15, 30) else 60
    day.times = [
        (minute // day.minutes + 1, origin + timedelta(minutes=minute))
        for minute in range(0, _minutes(origin, end), label)
    ]
    if origin <= now < end:
        third, seconds = divmod((now - origin).total_seconds(), day.minutes * 60)
        day.now_row, day.now_third = int(third) + 1, int(seconds // (day.minutes * 20)) + 1


def _minutes(origin: datetime, moment: datetime) -> int:
    return int((moment - origin) / timedelta(minutes=1))


def _unit(edges: list[int], length: int) -> int:
    """The longest row that every block begins and ends on, short of more rows than can be placed."""
    step = gcd(*edges)
    fitting = next((unit for unit in UNITS if step % unit == 0), UNITS[-1])
    return min(unit for unit in UNITS if unit >= fitting and length <= unit * ROWS)


def _placed(day: Day, block: Block, origin: datetime) -> Iterator[Block]:
    """The block within the grid; time away that is longer than one span can be goes on below."""
    row = max(_minutes(origin, block.start) // day.minutes, 0)
    end = min(_minutes(origin, block.end) // day.minutes, day.rows)
    if block.away is None:
        end = max(end, row + 1)
    while row < end:
        span = min(end - row, SPAN)
        yield Block(
            block.start, block.end, block.appointment, block.slot, block.look, block.away, row=row + 1, span=span
        )
        block.away = block.away and ""
        row += span
