"""The wards of the demonstration: who lay in which bed from the first day until now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from billing.models import Charge
from doctors.models import Doctor
from hms.core import clock
from hms.core.models import User
from hms.demo import stories
from hms.demo.benches import Benches
from hms.demo.cashdesk import CashDesk
from hms.demo.charting import Charting
from hms.demo.counter import Counter
from hms.demo.scene import Scene
from patients.models import Encounter, Patient
from wards.models import Admission, Bed, BedDay, BedState, BedStay, DischargeSummary, NursingNote, Ward

# department → the share of its beds taken on an ordinary evening
TAKEN = {"surgery": 0.82, "medicine": 0.92, "maternity": 0.62, "paediatrics": 0.68}
WEEK = [0.04, 0.06, 0.04, 0.02, -0.03, -0.13, -0.1]  # Monday to Sunday: fewer come at weekends
CLEANED = timedelta(minutes=70)
SEEN_AFTER = timedelta(minutes=25)
NOTES = [
    ("nursing", "Slept well. Observations stable. Eats and drinks."),
    ("nursing", "Mobilised to the chair with one. Wound dry."),
    ("round", "Seen on the round. Continue as planned."),
    ("nursing", "Pain 3 of 10 after tablets. Intravenous line site clean."),
    ("nursing", "Family visited. Teaching about medicines repeated."),
    ("treatment", "Dressing changed. No redness."),
    ("handover", "Night: two short visits, no complaints. Bloods at six."),
]
# department → diagnoses treated there; nights of the shortest stay, how many more on average, and at most
WARDS = {
    "surgery": (["K35.80", "S72.001A", "L03.116"], 2, 3.0, 12),
    "medicine": (["J18.9", "I50.9", "J45.901", "E10.10", "L03.116"], 2, 4.0, 16),
    "maternity": (["O80"], 1, 1.4, 4),
    "paediatrics": (["J18.9", "J45.901", "K35.80"], 1, 2.0, 7),
}
DOCTORS = {
    "surgery": ("SURG", "ORTH"),
    "maternity": ("OBGY",),
    "paediatrics": ("PAED",),
    "medicine": ("IM", "CARD", "GP"),
}
ELDERLY = {"S72.001A": 62, "I50.9": 52}


@dataclass
class Stay:
    ward: Ward
    patient: Patient
    doctor: Doctor
    story: tuple
    admitted: datetime
    leaves: datetime
    places: list[tuple[Bed, datetime]]
    charges: list[Charge] = field(default_factory=list)

    def bed_at(self, moment: datetime) -> Bed:
        return next(bed for bed, since in reversed(self.places) if since < moment or bed is self.places[0][0])


class Stays:
    def __init__(self, scene: Scene, chart: Charting, benches: Benches, counter: Counter, desk: CashDesk) -> None:
        self.scene = scene
        self.chart = chart
        self.benches = benches
        self.counter = counter
        self.desk = desk
        self.free_from: dict[Bed, datetime] = {}
        self.delivered: set = set()
        self.told = 0

    def plan(self) -> None:
        """Who comes and goes on every day: told before the visits, so that nobody is in two places."""
        scene = self.scene
        dawn = scene.at(scene.first, 6)
        for ward in scene.house.wards:
            beds = list(Bed.objects.filter(room__ward=ward).select_related("room__ward__department").order_by("label"))
            blocked = beds[-1] if ward.department.code == "medicine" and len(beds) > 8 else None
            for bed in beds:
                self.free_from[bed] = dawn
            here: list[Stay] = []
            busy = 0.0  # how much fuller than usual, which lasts for some days
            for offset in range((scene.today - scene.first).days + 1):
                day = scene.first + timedelta(days=offset)
                here = [stay for stay in here if scene.day_of(stay.leaves) >= day]
                self._move_someone(beds, here, day)
                if blocked and (scene.today - day).days <= 12:
                    self.free_from[blocked] = scene.now + timedelta(days=99)
                busy = 0.8 * busy + scene.dice.gauss(0, 0.07)
                self._admit(ward, beds, here, day, TAKEN[ward.department.code] + WEEK[day.weekday()] + busy)
            self._states(beds, blocked)

    def _admit(self, ward: Ward, beds: list[Bed], here: list[Stay], day: date, share: float) -> None:
        """Who comes that day: as many as fill this share of the beds, however many stay."""
        scene, dice = self.scene, self.scene.dice
        # Today who leaves later is still there.
        evening = min(scene.at(day, 20), scene.now)
        wanted = round(min(max(share, 0.25), 1) * len(beds)) - sum(stay.leaves > evening for stay in here)
        for _n in range(max(wanted, 0)):
            opens, closes = scene.at(day, 8), min(scene.at(day, 19, 30), scene.now - timedelta(minutes=10))
            if closes <= opens:
                return
            admitted = opens + (closes - opens) * dice.random()
            ready = [bed for bed in beds if self.free_from[bed] <= admitted]
            if not ready:
                ready = [bed for bed in beds if self.free_from[bed] <= closes]
                admitted = closes
            if ready and (stay := self._stay(ward, dice.choice(ready), day, admitted)):
                here.append(stay)
        if (scene.today - day).days % 40 == 9:
            self._never_came(ward, beds, day)

    def _stay(self, ward: Ward, bed: Bed, day: date, admitted: datetime) -> Stay | None:
        scene, dice = self.scene, self.scene.dice
        codes, shortest, more, most = WARDS[ward.department.code]
        story = dice.choice([s for s in stories.STAYS if s[1] in codes])
        nights = shortest + min(int(dice.expovariate(1 / more)), most)
        leaves = scene.at(day + timedelta(days=nights), dice.randint(9, 15), dice.randint(0, 59))
        patient = self._who(ward, story[1], admitted, leaves)
        if patient is None:
            return None
        specialties = DOCTORS[ward.department.code]
        fitting = [d for d in scene.house.doctors if d.specialty.code in specialties] or scene.house.doctors
        doctor = scene.doctor(admitted + SEEN_AFTER, fitting)
        stay = Stay(ward, patient, doctor, story, admitted, leaves, [(bed, admitted)])
        self.free_from[bed] = leaves + CLEANED
        scene.engage(patient, admitted, leaves)
        scene.on(admitted, lambda: self._tell(stay))
        return stay

    def _who(self, ward: Ward, code: str, admitted: datetime, leaves: datetime) -> Patient | None:
        """Who may lie in a ward: children in theirs, women in maternity, adults elsewhere."""
        scene = self.scene
        for patient in scene.dice.sample(scene.patients, min(len(scene.patients), 400)):
            age = scene.age(patient, scene.day_of(admitted))
            if ward.department.code == "paediatrics":
                fits = 1 <= age < 16
            elif ward.department.code == "maternity":
                fits = patient.sex == "female" and 18 <= age < 43 and patient.pk not in self.delivered
            else:
                fits = age >= ELDERLY.get(code, 16)
            if fits and scene.free(patient, admitted - timedelta(hours=2), leaves + timedelta(hours=2)):
                if ward.department.code == "maternity":
                    self.delivered.add(patient.pk)
                return patient
        return None

    def _move_someone(self, beds: list[Bed], here: list[Stay], day: date) -> None:
        """Now and then somebody goes to another bed of the ward."""
        scene = self.scene
        moment = scene.at(day, 8, 40) - timedelta(minutes=75)
        if moment >= scene.now or scene.dice.random() > 0.12:
            return
        free = [bed for bed in beds if self.free_from[bed] <= moment]
        staying = [s for s in here if s.admitted < moment - timedelta(hours=9) and scene.day_of(s.leaves) > day]
        if free and staying:
            stay = scene.dice.choice(staying)
            self.free_from[stay.places[-1][0]] = moment + CLEANED
            stay.places.append((scene.dice.choice(free), moment))
            self.free_from[stay.places[-1][0]] = stay.leaves + CLEANED

    def _states(self, beds: list[Bed], blocked: Bed | None) -> None:
        """As the beds are now: some wait for the cleaner, one is out of use."""
        now = self.scene.now
        empty = [(self.free_from[bed] - CLEANED, bed) for bed in beds if self.free_from[bed] - CLEANED <= now]
        for left, bed in empty:
            if now - left < CLEANED:
                bed.state, bed.state_since = BedState.CLEANING, left
        if empty and not any(bed.state == BedState.CLEANING for _left, bed in empty) and len(empty) > 1:
            left, bed = max(empty, key=lambda pair: pair[0])
            bed.state, bed.state_since = BedState.CLEANING, left
        if blocked:
            blocked.state, blocked.state_reason = BedState.BLOCKED, "Bed rail broken, ordered"
            blocked.state_since = now - timedelta(days=3)
        Bed.objects.bulk_update(beds, ["state", "state_reason", "state_since"])

    def _open(
        self, ward: Ward, patient: Patient, doctor: Doctor | None, reason: str, at: datetime, **ending: object
    ) -> Admission:
        """The visit and the admission of a stay, with how they ended."""
        scene = self.scene
        end, status, why = ending.get("end"), ending["status"], ending.get("why", "")
        visit = scene.rows.add(
            Encounter(
                facility=scene.facility,
                patient=patient,
                department=ward.department,
                attending=doctor.employee if doctor else None,
                kind="inpatient",
                status={"admitted": "in_progress", "discharged": "finished"}.get(status, status),
                reason=reason,
                started_at=at,
                ended_at=end,
                end_reason=why,
                created_at=at,
            )
        )
        return scene.rows.add(
            Admission(
                facility=scene.facility,
                patient=patient,
                encounter=visit,
                status=status,
                reason=reason,
                admitted_at=at,
                admitted_by=scene.some("receptionist", at),
                expected_on=ending.get("expected"),
                ended_at=end,
                end_reason=why,
                created_at=at,
            )
        )

    def _never_came(self, ward: Ward, beds: list[Bed], day: date) -> None:
        """The wrong patient was admitted, which somebody noticed at the bedside."""
        scene = self.scene
        at = scene.at(day, 20, 15)
        end = at + timedelta(minutes=12)
        free = [bed for bed in beds if self.free_from[bed] <= at]
        patient = next((p for p in scene.patients if scene.free(p, at - timedelta(hours=2), end)), None)
        if not free or patient is None:
            return
        scene.engage(patient, at, end)
        self.free_from[free[0]] = end + CLEANED
        admission = self._open(
            ward, patient, None, "Observation", at, status="cancelled", end=end, why="Wrong patient chosen"
        )
        self._lie(admission, free[0], at, end)

    def _lie(self, admission: Admission, bed: Bed, since: datetime, until: datetime | None, reason: str = "") -> None:
        self.scene.rows.add(
            BedStay(
                admission=admission,
                bed=bed,
                period=DateTimeTZRange(since, until, "[)"),
                moved_by=self.scene.some("nurse", since, department=bed.room.ward.department.code)
                if reason
                else admission.admitted_by,
                reason=reason,
                created_at=since,
            )
        )

    def _tell(self, stay: Stay) -> None:
        scene = self.scene
        self.told += 1
        home = stay.leaves < scene.now
        end = stay.leaves if home else None
        admission = self._open(
            stay.ward,
            stay.patient,
            stay.doctor,
            stay.story[0],
            stay.admitted,
            status="discharged" if home else "admitted",
            end=end,
            expected=scene.day_of(stay.leaves),
        )
        for place, (bed, since) in enumerate(stay.places):
            following = stay.places[place + 1][1] if place + 1 < len(stay.places) else end
            self._lie(admission, bed, since, following, "Nearer to the nurses' desk" if place else "")
        self._receive(stay, admission.encounter)
        self._nurse(stay, admission)
        if home:
            scene.on(stay.leaves, lambda: self._go_home(stay, admission))
        else:
            self._bed_days(stay, admission)

    def _receive(self, stay: Stay, visit: Encounter) -> None:
        """Examined, tests, medicines, and the operation."""
        scene, user = self.scene, stay.doctor.employee.user
        title, code = stay.story[0], stay.story[1]
        tests, medicines, procedure = stories.STAY_CARE[code]
        seen = scene.past(stay.admitted + SEEN_AFTER)
        self.chart.note(visit, user, (title, "Examined on admission.", "As ordered."), [code], seen)
        stay.charges.append(self.chart.consultation(visit, stay.doctor, seen))
        recent = scene.now - seen < timedelta(hours=4)
        stage = scene.dice.choice(["ordered", "collected", "entered"]) if recent else "verified"
        stay.charges += self.benches.order(
            visit, user, tests, seen, question=title, stage=stage, spoiled=self.told % 19 == 7 and stage == "verified"
        )
        if medicines and not recent:
            lines = self.counter.prescribe(visit, user, medicines, seen)
            handed = scene.when("pharmacist", seen + timedelta(minutes=20))
            if handed < min(scene.now, stay.leaves):
                stay.charges += self.counter.hand_out(lines, handed)
        elif medicines:
            self.counter.prescribe(visit, user, medicines, seen)
        if procedure and scene.now - seen > timedelta(hours=6):
            # Who comes late is operated on at once.
            wait = timedelta(hours=3) if clock.local(scene.facility, seen).hour < 16 else timedelta(minutes=40)
            stay.charges.append(self.chart.procedure(visit, user, procedure[0], seen + wait, procedure[1]))

    def _nurse(self, stay: Stay, admission: Admission) -> None:
        scene = self.scene
        until = min(stay.leaves, scene.now)
        day = scene.day_of(stay.admitted)
        while day <= scene.day_of(until):
            for hour in (7, 15, 21):
                at = scene.at(day, hour, scene.dice.randint(0, 50))
                if not stay.admitted + timedelta(minutes=20) < at < until:
                    continue
                if hour == 7:
                    self.chart.vitals(admission.encounter, at)
                elif hour == 21 and (scene.today - day).days > 3:
                    continue  # the nights long ago are told in fewer words
                kind, text = scene.dice.choice(NOTES)
                scene.rows.add(
                    NursingNote(
                        admission=admission,
                        patient=stay.patient,
                        kind=kind,
                        text=text,
                        author=scene.some("nurse", at, department=stay.ward.department.code),
                        written_at=at,
                        created_at=at,
                    )
                )
            day += timedelta(days=1)

    def _bed_days(self, stay: Stay, admission: Admission) -> None:
        scene = self.scene
        first = scene.day_of(stay.admitted)
        home = stay.leaves < scene.now
        nights = max((scene.day_of(stay.leaves) - first).days, 1) if home else (scene.today - first).days
        for n in range(nights):
            day = first + timedelta(days=n)
            begins, midnight = clock.day_bounds(scene.facility, day)
            bed = stay.bed_at(midnight)
            posted = min(midnight + timedelta(minutes=5), stay.leaves, scene.now)
            spent = scene.rows.add(BedDay(admission=admission, bed=bed, day=day, created_at=posted))
            stay.charges.append(
                scene.books.charge(
                    scene.books.system,
                    admission.encounter,
                    spent,
                    stay.ward.bed_service,
                    posted,
                    description=f"Bed {bed.label}, ward {stay.ward.code}, {day:%d %b %Y}",
                    occurred=max(begins, stay.admitted),
                )
            )

    def _signer(self, stay: Stay) -> User:
        """Whoever admitted the patient, if they are there; otherwise a colleague."""
        return self.scene.doctor(stay.leaves, [stay.doctor]).employee.user

    def _go_home(self, stay: Stay, admission: Admission) -> None:
        self._bed_days(stay, admission)
        title, _code, course, instructions = stay.story
        summary = DischargeSummary(
            admission=admission,
            diagnosis=title,
            course=course,
            instructions=instructions,
            follow_up="Outpatients in two weeks",
            signed_by=self._signer(stay),
            signed_at=stay.leaves,
            created_at=stay.leaves,
        )
        self.scene.rows.add(self.scene.books.numbered(summary, "DS", stay.leaves))
        self.desk.settle(admission.encounter, stay.charges, paid=0.95)
