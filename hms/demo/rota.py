"""Who is planned when in the demonstration, and came: every shift of its history, and two weeks ahead.

Whoever acts in a story is looked up here, so that nobody works on a day on which they are not there.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from hms.core import clock
from hms.core.models import Facility, User
from hms.demo.batch import Batch as Rows
from hms.demo.hours import Hours
from hms.demo.staffing import House
from staff.models import Attendance, Employee, RosterEntry, Shift

AHEAD = 14  # days planned
HOURS = {
    "Day": (time(7), time(19)),
    "Night": (time(19), time(7)),
    "Early": (time(7), time(15)),
    "Late": (time(15), time(23)),
    "Long day": (time(8), time(20)),
    "Office": (time(8), time(17)),
}
CLINICS = {
    (time(8), time(17)): "Clinic, early",
    (time(9), time(18)): "Clinic, middle",
    (time(10), time(19)): "Clinic, late",
    (time(8), time(18, 40)): "Clinic, long",
}
# Shifts of people who relieve one another, from the day on which the first of them has the first.
ROUND = ["Day", "Night", "", ""]  # four keep a place manned day and night
PAIRS = ["Early", "Late", ""]  # three keep it open from seven to eleven at night
WEEKS = ["on", "on", "", "", "on", "on", "on", "", "", "on", "on", "", "", ""]  # two of them, every day of the week
TURNS = {
    "N": {"nurse": ROUND, "lab_technician": ROUND, "receptionist": PAIRS, "cashier": PAIRS, "pharmacist": PAIRS,
          "porter": PAIRS, "cleaner": PAIRS},
    "R": {"nurse": ROUND},
}  # fmt: skip
BY_WEEKS = {
    "N": {"pathologist": "Office"},
    "R": {"receptionist": "Long day", "cashier": "Long day", "pharmacist": "Long day", "lab_technician": "Long day",
          "pathologist": "Long day"},
}  # fmt: skip
# They may be missed: nothing in the stories is done by them.
MISSED = {"porter", "cleaner", "radiographer", "physiotherapist", "hr", "administrator"}

Times = tuple[datetime, datetime]


class Rota:
    """The shifts of all facilities: some people work in both. `first` is the first day of the history."""

    def __init__(self, rows: Rows, dice: random.Random, system: User, first: date) -> None:
        self.rows = rows
        self.dice = dice
        self.system = system
        self.first = first
        self.on: dict[tuple[UUID, date], list[Times]] = defaultdict(list)
        self.department: dict[UUID, str] = {}
        self.shifts: dict[tuple[str, str], Shift] = {}

    def plan(self, house: House, hours: Hours) -> None:
        facility = house.facility
        today = clock.today(facility)
        last = (today - self.first).days + AHEAD
        days = [self.first + timedelta(days=n) for n in range(-1, last + 1)]
        groups: dict[tuple[str, str], int] = defaultdict(int)
        practising = {doctor.employee: doctor for doctor in house.doctors}
        for employee in house.employees:
            kind = (employee.profession, employee.department.code)
            place = groups[kind]
            groups[kind] += 1
            if employee.user_id:
                self.department[employee.user_id] = employee.department.code
            for day in days:
                if employee in practising:
                    span = hours.span(practising[employee], day)
                    times = ("Clinic", *span) if span else None
                else:
                    name = self._turn(employee, place, (day - today).days, day, facility)
                    times = (name, *HOURS[name]) if name else None
                if times:
                    self._enter(house, employee, day, self._shift(facility, *times))

    def _turn(self, employee: Employee, place: int, offset: int, day: date, facility: Facility) -> str:
        """The shift of somebody that day. The first of each group, whose sign-in people try, is there now."""
        code, profession = facility.code, employee.profession
        hour = clock.local(facility, clock.now()).hour
        turns = ROUND if profession == "doctor" else TURNS[code].get(profession)
        if turns:
            begun = (hour >= 19 or hour < 7) if turns is ROUND else hour >= 15
            if turns is ROUND and hour < 7:
                offset += 1  # the night that began yesterday
            return turns[(offset + place + begun) % len(turns)]
        if shift := BY_WEEKS[code].get(profession):
            return shift if bool(WEEKS[offset % 14]) == (place % 2 == 0) else ""
        return "Office" if day.weekday() < 5 else ""

    def _shift(self, facility: Facility, name: str, starts: time, ends: time) -> Shift:
        if name == "Clinic":
            name = CLINICS.get((starts, ends), "Extra clinic")
        key = (facility.code, name)
        if key not in self.shifts:
            self.shifts[key] = Shift.objects.create(facility=facility, name=name, starts=starts, ends=ends)
        return self.shifts[key]

    def _enter(self, house: House, employee: Employee, day: date, shift: Shift) -> None:
        start, end = shift.period_on(day)
        planned = min(start - timedelta(days=21), clock.now())
        entry = self.rows.add(
            RosterEntry(
                employee=employee,
                shift=shift,
                department=employee.department,
                date=day,
                period=DateTimeTZRange(start, end, "[)"),
                planned_by=self.system,
                created_at=planned,
            )
        )
        if employee.user_id:
            for on in {day, clock.local(house.facility, end).date()}:
                self.on[employee.user_id, on].append((start, end))
        now = clock.now()
        if start > now or (employee.profession in MISSED and self.dice.random() < 0.07):
            return
        left = end + timedelta(minutes=self.dice.randint(0, 12))
        came = min(start + timedelta(minutes=self.dice.randint(-8, 6)), now)
        self.rows.add(
            Attendance(
                employee=employee,
                roster_entry=entry,
                came_at=came,
                left_at=left if left < now else None,
                recorded_by=employee.user or self.system,
                created_at=came,
            )
        )

    def times(self, user: User, day: date) -> list[Times]:
        """The shifts of somebody that touch a day."""
        return self.on.get((user.pk, day), [])

    def there(self, users: list[User], moment: datetime, day: date) -> list[User]:
        """Who of them is on duty at that moment; otherwise who of them was, or will be, on that day until now."""
        at_once = [user for user in users if any(start <= moment < end for start, end in self.times(user, day))]
        if at_once:
            return at_once
        now = clock.now()
        return [user for user in users if any(start <= now for start, _end in self.times(user, day))]

    def opens(self, users: list[User], moment: datetime, day: date) -> datetime:
        """This moment, when one of them is on duty, or when the next of them comes."""
        if not self._known(day):
            return moment
        coming = [moment] if any(start <= moment < end for start, end in self._around(users, day)) else []
        coming += [
            start for n in range(4) for start, _end in self._around(users, day + timedelta(days=n)) if start > moment
        ]
        return min(coming, default=moment)

    def closed(self, users: list[User], moment: datetime, day: date) -> datetime:
        """This moment, when one of them is on duty, or when the last of them left."""
        if not self._known(day):
            return moment
        around = [times for n in range(4) for times in self._around(users, day - timedelta(days=n))]
        if any(start <= moment < end for start, end in around):
            return moment
        return max((end for _start, end in around if end <= moment), default=moment)

    def _around(self, users: list[User], day: date) -> Iterator[Times]:
        for user in users:
            yield from self.times(user, day)

    def _known(self, day: date) -> bool:
        return day >= self.first
