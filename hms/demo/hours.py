"""When the doctors of the demonstration see patients: their week, and the days that differ from it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from doctors.models import Availability, AvailabilityException, Doctor
from hms.core import clock
from hms.demo.staffing import House

SLOT = 20  # minutes
# The first doctor's sign-in is the one people try: somebody is there from morning to evening.
ALL_DAY = ((time(8), time(13)), (time(13, 20), time(18, 40)))
WEEKS = [
    ((time(8), time(12)), (time(13), time(17))),
    ((time(9), time(13)), (time(14), time(18))),
    ((time(10), time(14)), (time(15), time(19))),
]


class Hours:
    """One facility's consultation hours. `first` is the first day of the history."""

    def __init__(self, house: House, first: date) -> None:
        self.house = house
        self.today = clock.today(house.facility)
        self.week: dict[Doctor, list[Availability]] = {}
        self.away: dict[tuple[Doctor, date], AvailabilityException] = {}
        self.extra: dict[tuple[Doctor, date], AvailabilityException] = {}
        for place, doctor in enumerate(house.doctors):
            self.week[doctor] = [
                Availability(
                    doctor=doctor,
                    weekday=weekday,
                    starts=starts,
                    ends=ends,
                    slot_minutes=SLOT,
                    valid_from=first,
                    room=doctor.room,
                )
                for weekday in range(7)
                for starts, ends in (ALL_DAY if place == 0 else WEEKS[place % 3])
                if weekday < 5 or place < 5  # some of them see patients at weekends as well
            ]
        self._differ()
        Availability.objects.bulk_create([row for rows in self.week.values() for row in rows])

    def _differ(self) -> None:
        doctors = self.house.doctors
        for offset in (1, 2, 3):
            self._put(self.away, doctors[2], offset, "away", "Congress")
        self._put(self.away, doctors[3], -5, "away", "Ill")
        if len(doctors) > 5:
            saturday = 12 - self.today.weekday() if self.today.weekday() > 4 else 5 - self.today.weekday()
            hours = {"starts": time(9), "ends": time(12), "slot_minutes": SLOT, "room": doctors[5].room}
            self._put(self.extra, doctors[5], saturday, "extra", "Long waiting list", **hours)
        known = [*self.away.values(), *self.extra.values()]
        # Known only now: who was booked for these hours is still in the book, and reception hears of it.
        late = AvailabilityException(
            doctor=doctors[1],
            date=self.today + timedelta(days=2),
            kind="away",
            starts=time(14),
            ends=time(18),
            reason="Theatre list moved",
        )
        AvailabilityException.objects.bulk_create([*known, late])

    def _put(
        self,
        where: dict[tuple[Doctor, date], AvailabilityException],
        doctor: Doctor,
        offset: int,
        kind: str,
        reason: str,
        **hours: object,
    ) -> None:
        day = self.today + timedelta(days=offset)
        where[doctor, day] = AvailabilityException(doctor=doctor, date=day, kind=kind, reason=reason, **hours)

    def slots(self, doctor: Doctor, day: date) -> list[datetime]:
        """When a patient can be booked that day."""
        if (doctor, day) in self.away:
            return []
        spans = [(row.starts, row.ends) for row in self.week[doctor] if row.weekday == day.weekday()]
        if found := self.extra.get((doctor, day)):
            spans.append((found.starts, found.ends))
        starts = []
        for first, last in spans:
            wall = first
            while wall < last:
                if moment := clock.at(self.house.facility, day, wall):
                    starts.append(moment)
                wall = (datetime.combine(day, wall) + timedelta(minutes=SLOT)).time()
        return starts
