"""The consultations of the demonstration, day by day: booked, missed, moved, walked in, seen, settled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Appointment
from billing.models import Charge
from doctors.models import Doctor
from hms.core import clock
from hms.demo import stories
from hms.demo.benches import Benches
from hms.demo.cashdesk import CashDesk
from hms.demo.charting import Charting
from hms.demo.counter import Counter
from hms.demo.hours import Hours
from hms.demo.scene import Scene
from hms.demo.tokens import Tokens
from patients.models import Encounter, Patient

SLOT = timedelta(minutes=20)
# How far doctors fall behind in a session, by their place: the share of the time gone by, and minutes at most
PACE = [
    (0.2, 28),
    (0.1, 14),
    (0.32, 48),
    (0.16, 22),
    (0.26, 36),
    (0.04, 8),
    (0.4, 55),
    (0.12, 18),
    (0.3, 40),
    (0.22, 30),
]
SOUGHT = [1.0, 0.8, 1.2, 0.9, 1.1, 0.7, 1.25, 0.85, 1.0, 1.15]  # how much of their time is booked, against the others
WEEKDAYS = [1.2, 1.05, 1.0, 0.95, 0.9, 0.8, 0.7]
EARLY = timedelta(minutes=25)  # how long before their time people come
STEPS = ["ordered", "collected", "entered", "verified"]
MOVED = "Moved to {0:%d %b, %H:%M}"


@dataclass
class Story:
    """One visit to be told: who, with whom, when, and how far it has come by now."""

    patient: Patient
    doctor: Doctor
    start: datetime
    script: tuple
    stage: str  # booked, missed, cancelled, waiting, with_doctor, finished
    arrived: datetime
    seen: datetime
    ended: datetime
    kind: str = "follow_up"
    walk_in: bool = False

    @property
    def virtual(self) -> bool:
        return self.kind == "video"

    @property
    def came(self) -> bool:
        return self.stage in ("waiting", "with_doctor", "finished")


class Visits:
    def __init__(
        self,
        scene: Scene,
        hours: Hours,
        tokens: Tokens,
        chart: Charting,
        benches: Benches,
        counter: Counter,
        desk: CashDesk,
    ) -> None:
        self.scene = scene
        self.hours = hours
        self.tokens = tokens
        self.chart = chart
        self.benches = benches
        self.counter = counter
        self.desk = desk
        self.outpatients = scene.house.departments["outpatients"]
        self.told = 0
        self.asked = 0

    def day(self, day: date, load: float) -> None:
        """A day of consultations: some slots of every doctor, filled with patients who are not elsewhere."""
        pool = self.scene.dice.sample(self.scene.patients, min(len(self.scene.patients), 500))
        found = [story for doctor in self.scene.house.doctors for story in self._session(doctor, day, load, pool)]
        for story in sorted(found, key=lambda story: story.start):
            self._tell(story)

    def waiting_room(self) -> None:
        """Who walked in within the last half hour and waits for whichever doctor is free, in opening hours."""
        scene = self.scene
        if not 7 <= clock.local(scene.facility, scene.now).hour < 19:
            return
        for minutes, reason in ((27, "Sore throat"), (16, "Repeat prescription"), (8, "Dressing change")):
            came = scene.now - timedelta(minutes=minutes)
            patient = next(p for p in scene.patients[:: minutes + 1] if scene.free(p, came, scene.now))
            scene.engage(patient, came, scene.now)
            visit = scene.rows.add(
                Encounter(
                    facility=scene.facility,
                    patient=patient,
                    department=self.outpatients,
                    kind="outpatient",
                    status="arrived",
                    reason=reason,
                    started_at=came,
                    created_at=came,
                )
            )
            self.tokens.give(visit, None, None, at=came)

    def _session(self, doctor: Doctor, day: date, load: float, pool: list[Patient]) -> list[Story]:
        found = []
        dice = self.scene.dice
        scripts = [s for s in stories.STORIES if s[0] == doctor.specialty.code] or stories.STORIES[:4]
        begun, last = None, None
        place = self.scene.house.doctors.index(doctor)
        (behind, most), sought = PACE[place], SOUGHT[place]
        chance = load if day == self.scene.today else load * sought * WEEKDAYS[day.weekday()]
        for start in self.hours.slots(doctor, day):
            if last is None or start - last > SLOT:
                begun = start
            last = start
            if dice.random() > chance:
                continue
            walk_in = day <= self.scene.today and dice.random() < 0.07
            # Later after lunch, and on Mondays.
            slow = behind * (1.3 if clock.local(self.scene.facility, start).hour > 12 else 1) * WEEKDAYS[day.weekday()]
            wait = min((start - begun) * slow, timedelta(minutes=most))
            patient, script = self._who(doctor, start, pool, scripts)
            if patient is None:
                continue
            story = self._story(patient, doctor, start, wait, script, walk_in)
            found.append(story)
            if story.came:
                self.scene.engage(patient, story.arrived, story.ended)
        return found

    def _who(
        self, doctor: Doctor, start: datetime, pool: list[Patient], scripts: list[tuple]
    ) -> tuple[Patient | None, tuple]:
        """Somebody who is free then, and why they come; now and then for something whose usual medicine they bear badly."""
        self.asked += 1
        if self.asked % 20 == 9:
            for place in self._free(doctor, start, pool):
                for script in scripts:
                    if self.counter.borne_badly(pool[place], script[7]):
                        return pool.pop(place), script
        place = next(self._free(doctor, start, pool), None)
        return (None if place is None else pool.pop(place)), self.scene.dice.choice(scripts)

    def _free(self, doctor: Doctor, start: datetime, pool: list[Patient]) -> Iterator[int]:
        since, until = start - timedelta(hours=1), start + timedelta(hours=2)
        for place, patient in enumerate(pool):
            if self._fits(patient, doctor) and self.scene.free(patient, since, until):
                yield place

    def _fits(self, patient: Patient, doctor: Doctor) -> bool:
        age = self.scene.age(patient)
        if doctor.specialty.code == "PAED":
            return age < 16
        if doctor.specialty.code == "OBGY":
            return patient.sex == "female" and 16 <= age < 50
        return age >= 16 or doctor.specialty.code in ("GP", "DERM")

    def _story(
        self, patient: Patient, doctor: Doctor, start: datetime, wait: timedelta, script: tuple, walk_in: bool
    ) -> Story:
        dice, now = self.scene.dice, self.scene.now
        arrived = start - self.scene.minutes(3, 24)
        seen = start + wait + self.scene.minutes(0, 3)
        ended = seen + self.scene.minutes(11, 17)
        roll = dice.random()
        if start - EARLY > now or (arrived > now and self.scene.day_of(start) > self.scene.today):
            stage = "cancelled" if roll < 0.04 else "booked"
        elif not walk_in and (roll < 0.05 if start < now - timedelta(minutes=20) else roll < 0.02):
            stage = "missed" if start < now - timedelta(minutes=20) else "cancelled"
        elif not walk_in and roll < 0.09:
            stage = "cancelled"
        elif ended < now:
            stage = "finished"
        elif seen < now:
            stage = "with_doctor"
        else:
            stage = "waiting"
        kind = (
            "video"
            if dice.random() < 0.1 and not walk_in and not script[6]
            else dice.choice(["new", "follow_up", "follow_up"])
        )
        if walk_in and stage in ("booked", "cancelled"):
            walk_in = False
        return Story(patient, doctor, start, script, stage, min(arrived, now), min(seen, now), ended, kind, walk_in)

    def _tell(self, story: Story) -> None:
        self.told += 1
        visit = self._encounter(story) if story.came else None
        appointment = None if story.walk_in else self._appointment(story, visit)
        if visit is None:
            return
        self.tokens.give(visit, story.doctor, appointment, at=story.arrived)
        if story.stage != "waiting":
            self._consult(story, visit)

    def _appointment(self, story: Story, visit: Encounter | None) -> Appointment:
        booked = min(story.start, self.scene.now) - timedelta(days=self.scene.dice.randint(1, 9))
        booked = self.scene.before("receptionist", booked)
        booked = max(booked, story.patient.created_at + timedelta(minutes=4))
        statuses = {"missed": "no_show", "waiting": "arrived", "with_doctor": "arrived", "finished": "fulfilled"}
        moved_from = None
        if self.told % 37 == 5 and story.stage != "cancelled":
            earlier = story.start - timedelta(days=7)
            moved_from = self._book(
                story,
                earlier,
                booked,
                status="moved",
                cancelled_reason=MOVED.format(clock.local(self.scene.facility, story.start)),
            )
            later = self.scene.when("receptionist", booked + timedelta(hours=3))
            booked = later if later < min(story.start, self.scene.now) else booked + timedelta(minutes=9)
        return self._book(
            story,
            story.start,
            booked,
            status=statuses.get(story.stage, story.stage),
            encounter=visit,
            cancelled_reason="Patient rang: cannot come" if story.stage == "cancelled" else "",
            rescheduled_from=moved_from,
        )

    def _book(self, story: Story, start: datetime, booked: datetime, **details: object) -> Appointment:
        return self.scene.rows.add(
            Appointment(
                facility=self.scene.facility,
                patient=story.patient,
                doctor=story.doctor,
                period=DateTimeTZRange(start, start + SLOT, "[)"),
                room=story.doctor.room,
                kind=story.kind,
                reason=story.script[1],
                booked_by=self.scene.some("receptionist", booked),
                created_at=booked,
                **details,
            )
        )

    def _encounter(self, story: Story) -> Encounter:
        finished = story.stage == "finished"
        return self.scene.rows.add(
            Encounter(
                facility=self.scene.facility,
                patient=story.patient,
                department=self.outpatients,
                attending=story.doctor.employee,
                kind="virtual" if story.virtual else "outpatient",
                status="finished" if finished else "arrived" if story.stage == "waiting" else "in_progress",
                reason=story.script[1],
                started_at=story.arrived,
                seen_at=None if story.stage == "waiting" else story.seen,
                ended_at=story.ended if finished else None,
                created_at=story.arrived,
            )
        )

    def _consult(self, story: Story, visit: Encounter) -> None:
        _spec, reason, complaint, examination, plan, codes, tests, medicines = story.script
        doctor = story.doctor.employee.user
        scene = self.scene
        if not story.virtual:
            self.chart.vitals(visit, visit.started_at + timedelta(minutes=2))
        if story.stage == "with_doctor":
            self.chart.draft(visit, doctor, complaint, scene.past(story.seen + timedelta(minutes=3)))
            if tests and scene.dice.random() < 0.4:
                self._tests(story, visit, tests)
            return
        charges = [self.chart.consultation(visit, story.doctor, story.ended)]
        self.chart.note(visit, doctor, (complaint, examination, plan), codes, story.ended)
        if self.told % 150 == 7:
            self.chart.mistaken(visit, doctor, story.ended - timedelta(minutes=2))
        if (goal := stories.GOALS.get(reason)) and self.told % 4 == 0:
            self.chart.plan(visit, doctor, *goal, story.ended)
        if reason in stories.DONE_AT_ONCE and self.told % 3 == 0:
            code, minutes = stories.DONE_AT_ONCE[reason]
            charges.append(self.chart.procedure(visit, doctor, code, story.seen + timedelta(minutes=4), minutes))
        if tests:
            charges += self._tests(story, visit, tests)
        if medicines:
            charges += self._medicines(story, visit, medicines)
        self.desk.settle(visit, charges)

    def _tests(self, story: Story, visit: Encounter, tests: list[str]) -> list[Charge]:
        scene = self.scene
        asked = scene.past(story.seen + timedelta(minutes=5))
        age = scene.now - asked
        stage = "verified" if age > timedelta(hours=5) else scene.dice.choice(STEPS[: 2 if age.seconds < 900 else 4])
        if self.told % 60 == 11:
            stage = "cancelled"
        spoiled = self.told % 45 == 3 and stage != "ordered"
        return self.benches.order(
            visit, story.doctor.employee.user, tests, asked, question=story.script[1], stage=stage, spoiled=spoiled
        )

    def _medicines(self, story: Story, visit: Encounter, medicines: list[tuple]) -> list[Charge]:
        scene = self.scene
        doctor = story.doctor.employee.user
        at = story.ended
        if self.told % 120 == 17:
            self.counter.prescribe(visit, doctor, medicines, at - timedelta(minutes=2), cancelled=True)
        lines = self.counter.prescribe(visit, doctor, medicines, at)
        recent = scene.now - at
        waits = 0.8 if recent < timedelta(minutes=40) else 0.25 if recent < timedelta(hours=8) else 0.004
        if scene.dice.random() < waits:
            return []
        moment = scene.when("pharmacist", scene.past(at + scene.minutes(3, 9)))
        if moment > scene.now:
            return []
        if self.told % 130 == 29:
            self.counter.hand_out_wrongly(lines, moment - timedelta(minutes=7))
        part = self.told % 85 == 33
        charges = self.counter.hand_out(lines, moment, part=0.5 if part else 1.0)
        if part and self.told % 170 == 33 and recent > timedelta(days=2):
            self.counter.end(lines)
        return charges
