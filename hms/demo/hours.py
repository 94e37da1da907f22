"""When the doctors of the demonstration see patients: their week, and the days that differ from it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from doctors.models import Availability, AvailabilityException, Doctor
from hms.core import clock
from hms.demo.staffing import House

SLOT = 20  # minutes
# The first doctor's sign-in is the one people try: four long days a week, today among them.
LONG = ((time(8), time(13)), (time(13, 40), time(18, 40)))
LONG_DAYS = {0, 1, 4, 5}  # days after today's weekday
WEEKS = [
    ((time(8), time(12)), (time(13), time(17))),
    ((time(9), time(13)), (time(14), time(18))),
    ((time(10), time(14)), (time(15), time(19))),
]
# Weekdays off, by the doctor's place: some see patients on Saturdays or Sundays instead.
OFF = {
    "N": [(), (5, 6), (6, 2), (5, 6), (5, 0), (5, 6), (6, 4), (2, 5, 6), (5, 6), (0, 6)],
    "R": [(), (0, 1), (5, 6, 2), (3, 4)],
}


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
                for starts, ends in (LONG if place == 0 else WEEKS[place % 3])
                if self._works(place, weekday)
            ]
        self._differ()
        Availability.objects.bulk_create([row for rows in self.week.values() for row in rows])

    def _works(self, place: int, weekday: int) -> bool:
        if place == 0:
            return (weekday - self.today.weekday()) % 7 in LONG_DAYS
        return weekday not in OFF[self.house.facility.code][place]

    def span(self, doctor: Doctor, day: date) -> tuple[time, time] | None:
        """From when until when a doctor is there that day."""
        spans = self._spans(doctor, day)
        return (spans[0][0], spans[-1][1]) if spans else None

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
            date=next(day for n in range(2, 9) if self._works(1, (day := self.today + timedelta(days=n)).weekday())),
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
        starts = []
        for first, last in self._spans(doctor, day):
            wall = first
            while wall < last:
                if moment := clock.at(self.house.facility, day, wall):
                    starts.append(moment)
                wall = (datetime.combine(day, wall) + timedelta(minutes=SLOT)).time()
        return starts

    def _spans(self, doctor: Doctor, day: date) -> list[tuple[time, time]]:
        if (doctor, day) in self.away:
            return []
        spans = [(row.starts, row.ends) for row in self.week[doctor] if row.weekday == day.weekday()]
        if found := self.extra.get((doctor, day)):
            spans.append((found.starts, found.ends))
        return spans
