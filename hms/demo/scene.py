"""What every department of the demonstration works with: the house, its books, its shelf, and who is where when."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID

from doctors.models import Doctor
from hms.core import clock
from hms.core.models import Facility, User
from hms.demo.batch import Batch as Rows
from hms.demo.books import Books
from hms.demo.rota import Rota
from hms.demo.shelf import Shelf
from hms.demo.staffing import House
from patients.models import Allergy, Patient


@dataclass
class Scene:
    """One facility while its history is told."""

    house: House
    rows: Rows
    books: Books
    shelf: Shelf
    rota: Rota
    dice: random.Random
    titles: dict[str, str]  # of the diagnoses that the stories use
    patients: list[Patient]
    first: date
    now: datetime = field(default_factory=clock.now)
    engaged: dict[UUID, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    allergies: dict[UUID, list[Allergy]] = field(default_factory=lambda: defaultdict(list))

    agenda: dict[date, list[Callable[[], object]]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.today = clock.today(self.facility)
        here = {patient.pk for patient in self.patients}
        for allergy in self.rows.of(Allergy):
            if allergy.patient_id in here:
                self.allergies[allergy.patient_id].append(allergy)

    @property
    def facility(self) -> Facility:
        return self.house.facility

    def on(self, moment: datetime, act: Callable[[], object]) -> None:
        """To be told when that day comes: the shelf is as it was then."""
        self.agenda[self.day_of(moment)].append(act)

    def some(self, role: str, at: datetime, *, but: User | None = None, department: str = "") -> User:
        """Somebody of this role who is on duty then; another than `but`, and of the department, where there is one."""
        there = self.rota.there(self.house.users[role], at, self.day_of(at)) or self.house.users[role]
        there = [user for user in there if self.rota.department.get(user.pk) == department] or there
        return self.dice.choice([user for user in there if user != but] or there)

    def doctor(self, at: datetime, doctors: list[Doctor]) -> Doctor:
        """One of these doctors who is there then, or else another who is."""
        day = self.day_of(at)
        for choice in (doctors, self.house.doctors, self.house.rescue):
            users = {doctor.employee.user: doctor for doctor in choice}
            on = [user for user in users if any(s <= at < e for s, e in self.rota.times(user, day))]
            if on:
                return users[self.dice.choice(on)]
        there = self.house.doctors + self.house.rescue
        users = {doctor.employee.user: doctor for doctor in there}
        return users[self.dice.choice(self.rota.there(list(users), at, day) or list(users))]

    def when(self, role: str, at: datetime) -> datetime:
        """Then, if somebody of this role is on duty; otherwise soon after the next of them has come. May lie ahead."""
        opens = self.rota.opens(self.house.users[role], at, self.day_of(at))
        return opens if opens == at else opens + self.minutes(4, 25)

    def before(self, role: str, at: datetime) -> datetime:
        """Then, if somebody of this role is on duty; otherwise some time before the last of them left."""
        closed = self.rota.closed(self.house.users[role], at, self.day_of(at))
        return closed if closed == at else closed - self.minutes(10, 300)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """That time of that day here; in the hour that summer time skips, an hour later."""
        return clock.at(self.facility, day, time(hour, minute)) or clock.at(self.facility, day, time(hour + 1, minute))

    def day_of(self, moment: datetime) -> date:
        return clock.local(self.facility, moment).date()

    def past(self, moment: datetime) -> datetime:
        """Never later than now."""
        return min(moment, self.now)

    def free(self, patient: Patient, start: datetime, end: datetime) -> bool:
        """Registered by then, and nowhere else in the hospital."""
        return patient.created_at < start and not any(
            start < until and since < end for since, until in self.engaged[patient.pk]
        )

    def engage(self, patient: Patient, start: datetime, end: datetime) -> None:
        self.engaged[patient.pk].append((start, end))

    def age(self, patient: Patient, on: date | None = None) -> int:
        return clock.years_between(patient.birth_date, on or self.today)

    def minutes(self, low: int, high: int) -> timedelta:
        return timedelta(minutes=self.dice.randint(low, high))
