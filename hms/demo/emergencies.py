"""The emergency department of the demonstration."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hms.core import clock
from hms.demo import stories
from hms.demo.benches import Benches
from hms.demo.cashdesk import CashDesk
from hms.demo.charting import Charting
from hms.demo.counter import Counter
from hms.demo.scene import Scene
from hms.demo.tokens import Tokens
from patients.models import Encounter, Patient

# Those who are there at this moment, by the minutes since they came: at any hour of the day.
# Hours at which people come, the busy ones more often.
WHEN = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    8,
    9,
    9,
    10,
    10,
    11,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    17,
    18,
    18,
    19,
    19,
    20,
    20,
    21,
    22,
    23,
]
NOW = [6, 19, 38, 55, 90, 130]
# Came so long ago that they have just been sent home; and whoever was, so recently, still waits for their medicines.
AT_THE_COUNTER, FETCHED = timedelta(minutes=178), timedelta(minutes=40)


class Emergencies:
    def __init__(
        self, scene: Scene, tokens: Tokens, chart: Charting, benches: Benches, counter: Counter, desk: CashDesk
    ) -> None:
        self.scene = scene
        self.tokens = tokens
        self.chart = chart
        self.benches = benches
        self.counter = counter
        self.desk = desk
        self.department = scene.house.departments["emergency"]
        self.told = 0
        # A hospital never closes; the clinic takes emergencies by day.
        self.hours = [*WHEN] if scene.house.rescue else [hour for hour in WHEN if 8 <= hour <= 16]

    def day(self, day: date, busy: int) -> None:
        """People come at every hour, fewer at night; somebody is there when the demonstration begins."""
        scene = self.scene
        for _n in range(scene.dice.randint(busy - 1, busy + 2)):
            hour = scene.dice.choice(self.hours)
            came = scene.at(day, hour, scene.dice.randint(0, 59))
            if came < scene.now - timedelta(hours=3):
                self._tell(came)

    def now(self, busy: int) -> None:
        for minutes in NOW[-busy:] if busy < len(NOW) else NOW:
            came = self.scene.now - timedelta(minutes=minutes)
            if clock.local(self.scene.facility, came).hour in self.hours:
                self._tell(came)
        came = self.scene.now - AT_THE_COUNTER
        if clock.local(self.scene.facility, came).hour in self.hours:
            self._tell(came, to_the_counter=True)

    def _tell(self, came: datetime, *, to_the_counter: bool = False) -> None:
        """`to_the_counter`: they stay until they are seen, and leave with a prescription."""
        scene = self.scene
        script = scene.dice.choice([story for story in stories.EMERGENCIES if story[4] or not to_the_counter])
        seen, ended = came + scene.minutes(22, 34), came + scene.minutes(142, 175)
        patient = self._who(came, ended)
        if patient is None:
            return
        self.told += 1
        scene.engage(patient, came, ended)
        left = self.told % 17 == 4 and seen < scene.now and not to_the_counter
        doctor = scene.doctor(seen, scene.house.rescue)
        begun = seen < scene.now and not left
        finished = ended < scene.now and begun
        visit = scene.rows.add(
            Encounter(
                facility=scene.facility,
                patient=patient,
                department=self.department,
                attending=doctor.employee if begun else None,
                kind="emergency",
                status="cancelled" if left else "finished" if finished else "in_progress" if begun else "arrived",
                reason=script[0],
                started_at=came,
                seen_at=seen if begun else None,
                ended_at=seen if left else ended if finished else None,
                end_reason="Left before being seen" if left else "",
                created_at=came,
            )
        )
        self.tokens.give(visit, doctor if begun else None, None, at=came)
        if not left:
            self.chart.vitals(visit, came + timedelta(minutes=3))
        if begun:
            self._treat(visit, script, doctor, seen, ended, finished)

    def _treat(
        self, visit: Encounter, script: tuple, doctor: object, seen: datetime, ended: datetime, finished: bool
    ) -> None:
        reason, texts, codes, tests, medicines, procedure = script
        scene, user = self.scene, doctor.employee.user
        charges = []
        if tests:
            stage = "verified" if finished else scene.dice.choice(["ordered", "collected", "entered"])
            asked = scene.past(seen + timedelta(minutes=4))
            charges += self.benches.order(visit, user, tests, asked, question=reason, stage=stage)
        if not finished:
            self.chart.draft(visit, user, texts[0], scene.past(seen + timedelta(minutes=6)))
            return
        if procedure:
            charges.append(self.chart.procedure(visit, user, procedure, seen + timedelta(minutes=25), 20))
        self.chart.note(visit, user, texts, codes, ended)
        charges.append(self.chart.consultation(visit, doctor, ended))
        if medicines:
            lines = self.counter.prescribe(visit, user, medicines, ended - timedelta(minutes=5))
            handed = scene.when("pharmacist", ended - timedelta(minutes=1))
            if handed <= scene.now - FETCHED:
                charges += self.counter.hand_out(lines, handed)
        self.desk.settle(visit, charges, paid=0.9)

    def _who(self, came: datetime, ended: datetime) -> Patient | None:
        for patient in self.scene.dice.sample(self.scene.patients, 30):
            if self.scene.free(patient, came - timedelta(minutes=30), ended + timedelta(hours=1)):
                return patient
        return None
