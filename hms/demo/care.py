"""The visits and stays of the demonstration, told day by day as the services would have written them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from appointments.models import Appointment, QueueToken
from appointments.services.queue import series
from billing.models import Charge
from billing.models.invoicing import PaymentMethod
from doctors.models import Doctor
from hms.core import clock
from hms.core.models import User
from hms.demo import catalogue
from hms.demo.batch import Batch as Rows
from hms.demo.books import Books
from hms.demo.shelf import Shelf
from hms.demo.staffing import House
from laboratory import flags
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen
from patients.models import ClinicalNote, Condition, DiagnosisCode, Encounter, Observation, Patient
from patients.models.clinical import ConditionCategory, ObservationCategory
from pharmacy.models import Dispense, DispenseLine, Prescription, PrescriptionLine
from wards.models import Admission, Bed, BedDay, BedStay, DischargeSummary, NursingNote

SLOT = timedelta(minutes=20)
LAST = ["ordered", "collected", "entered", "verified"]
NOTES = [
    "Slept well. Observations stable. Eats and drinks.",
    "Mobilised to the chair with one. Wound dry.",
    "Seen on the round. Continue as planned.",
    "Pain 3 of 10 after tablets. Intravenous line site clean.",
    "Family visited. Teaching about medicines repeated.",
]


@dataclass
class Story:
    """One visit to be told: who, with whom, when, and how far it has come by now."""

    patient: Patient
    doctor: Doctor
    start: datetime
    script: tuple
    stage: str  # booked, missed, cancelled, waiting, with_doctor, finished
    today: bool


class Care:
    def __init__(
        self, house: House, rows: Rows, books: Books, shelf: Shelf, dice: random.Random, titles: dict[str, str]
    ) -> None:
        self.house = house
        self.rows = rows
        self.books = books
        self.shelf = shelf
        self.dice = dice
        self.titles = titles
        self.facility = house.facility
        self.now = clock.now()
        self.technicians = house.users["lab_technician"]
        self.pathologist = house.users["pathologist"][0]
        self.outpatients = house.departments["outpatients"]
        self.ranges = {code: list(test.ranges.all()) for code, test in house.tests.items()}

    def _some(self, role: str) -> User:
        return self.dice.choice(self.house.users[role])

    # Outpatients

    def day(self, day: date, patients: list[Patient], load: float) -> None:
        """A day of consultations: some slots of every doctor, filled with patients not seen that day."""
        today = clock.today(self.facility)
        pool = self.dice.sample(patients, min(len(patients), 400))
        stories = []
        for doctor in self.house.doctors:
            scripts = [s for s in catalogue.STORIES if s[0] == doctor.specialty.code] or catalogue.STORIES[:4]
            if day.weekday() > 4 and not doctor.availability.filter(weekday=day.weekday()).exists():
                continue
            for wall in [time(hour, minute) for hour in (8, 9, 10, 11, 13, 14, 15, 16) for minute in (0, 20, 40)]:
                if not pool or self.dice.random() > load:
                    continue
                start = clock.at(self.facility, day, wall)
                if start is None:
                    continue
                patient = next((p for p in pool if (p.created_at <= start) and self._fits(p, doctor)), None)
                if patient is None:
                    continue
                pool.remove(patient)
                stage = self._stage(day, today, start)
                stories.append(Story(patient, doctor, start, self.dice.choice(scripts), stage, day == today))
        tokens = 0
        for story in sorted(stories, key=lambda story: story.start):
            tokens += self._tell(story, tokens)
        if tokens and day == today:
            self.books.series[series(self.outpatients, day)] = tokens

    def _fits(self, patient: Patient, doctor: Doctor) -> bool:
        age = clock.years_between(patient.birth_date, self.now.date())
        if doctor.specialty.code == "PAED":
            return age < 16
        if doctor.specialty.code == "OBGY":
            return patient.sex == "female" and 16 <= age < 50
        return age >= 16 or doctor.specialty.code in ("GP", "DERM")

    def _stage(self, day: date, today: date, start: datetime) -> str:
        roll = self.dice.random()
        if day > today:
            return "cancelled" if roll < 0.04 else "booked"
        if day < today:
            return "missed" if roll < 0.05 else "cancelled" if roll < 0.09 else "finished"
        if start + timedelta(minutes=30) < self.now:
            return "missed" if roll < 0.05 else "finished"
        if start <= self.now:
            return "with_doctor"
        return "waiting" if start < self.now + timedelta(minutes=25) and roll < 0.7 else "booked"

    def _tell(self, story: Story, tokens: int) -> int:
        """Write one visit down; returns how many queue tokens it took."""
        visit = None
        if story.stage in ("waiting", "with_doctor", "finished"):
            visit = self._encounter(story)
        appointment = self.rows.add(
            Appointment(
                facility=self.facility,
                patient=story.patient,
                doctor=story.doctor,
                period=DateTimeTZRange(story.start, story.start + SLOT, "[)"),
                room=story.doctor.room,
                kind=self.dice.choice(["new", "follow_up", "follow_up", "video"]),
                reason=story.script[1],
                status={
                    "missed": "no_show",
                    "waiting": "arrived",
                    "with_doctor": "arrived",
                    "finished": "fulfilled",
                }.get(story.stage, story.stage),
                encounter=visit,
                booked_by=self._some("receptionist"),
                cancelled_reason="Patient rang: cannot come" if story.stage == "cancelled" else "",
                created_at=min(story.start, self.now) - timedelta(days=self.dice.randint(1, 9)),
            )
        )
        if visit is None:
            return 0
        if story.today:
            called = visit.seen_at
            if called is None and story.start < self.now + timedelta(minutes=8):
                called = self.now - timedelta(minutes=2)
            self.rows.add(
                QueueToken(
                    facility=self.facility,
                    department=self.outpatients,
                    day=clock.local(self.facility, story.start).date(),
                    number=tokens + 1,
                    appointment=appointment,
                    doctor=story.doctor,
                    encounter=visit,
                    status="done" if visit.seen_at else "called" if called else "waiting",
                    called_at=called,
                    room=story.doctor.room if called else "",
                )
            )
        if story.stage != "waiting":
            self._consult(story, visit)
        return 1

    def _encounter(self, story: Story) -> Encounter:
        arrived = min(story.start, self.now) - timedelta(minutes=self.dice.randint(3, 22))
        seen = (
            None
            if story.stage == "waiting"
            else min(story.start + timedelta(minutes=self.dice.randint(0, 8)), self.now)
        )
        finished = story.stage == "finished"
        return self.rows.add(
            Encounter(
                facility=self.facility,
                patient=story.patient,
                department=self.outpatients,
                attending=story.doctor.employee,
                kind="outpatient",
                status="finished" if finished else "in_progress" if seen else "arrived",
                reason=story.script[1],
                started_at=arrived,
                seen_at=seen,
                ended_at=min(story.start + timedelta(minutes=self.dice.randint(18, 28)), self.now)
                if finished
                else None,
                created_at=arrived,
            )
        )

    def _consult(self, story: Story, visit: Encounter) -> None:
        _spec, _reason, complaint, examination, plan, codes, tests, medicines = story.script
        doctor = story.doctor.employee.user
        self.vitals(visit, visit.started_at + timedelta(minutes=2))
        charges: list[Charge] = []
        if story.stage == "finished":
            signed = visit.ended_at
            self._note(visit, doctor, complaint, examination, plan, codes, signed)
            service = self.house.consult[story.doctor.specialty.code]
            charges.append(
                self.books.charge(
                    doctor,
                    visit,
                    visit,
                    service,
                    signed,
                    price=story.doctor.fee,
                    description=f"{service.name}, {story.doctor.name}",
                )
            )
        if tests and (story.stage == "finished" or self.dice.random() < 0.4):
            charges += self._laboratory(story, visit, doctor, tests)
        if medicines and story.stage == "finished":
            charges += self._pharmacy(story, visit, doctor, medicines)
        if story.stage == "finished":
            self._settle(visit, charges, paid=0.98 if not story.today else 0.6)

    def _note(
        self,
        visit: Encounter,
        doctor: User,
        complaint: str,
        examination: str,
        plan: str,
        codes: list[str],
        at: datetime,
    ) -> None:
        note = self.rows.add(
            ClinicalNote(
                encounter=visit,
                patient_id=visit.patient_id,
                author=doctor,
                complaint=complaint,
                examination=examination,
                plan=plan,
                draft_codes=codes,
                status="signed",
                saved_at=at,
                signed_at=at,
                created_at=at,
            )
        )
        for code in codes:
            self.rows.add(
                Condition(
                    patient_id=visit.patient_id,
                    encounter=visit,
                    note=note,
                    recorded_by=doctor,
                    category=ConditionCategory.DIAGNOSIS,
                    code=code,
                    display=self.titles[code],
                    onset_on=at.date(),
                    created_at=at,
                )
            )

    def vitals(self, visit: Encounter, at: datetime) -> None:
        """A plausible set of vital signs, steadier for the same patient."""
        steady = random.Random(visit.patient.mrn)
        age = clock.years_between(visit.patient.birth_date, at.date())
        systolic = steady.gauss(112 if age < 40 else 132, 9) + self.dice.gauss(0, 7)
        height = steady.gauss(168, 9)
        measured = [
            ("8480-6", "Systolic", "mm[Hg]", Decimal(round(min(max(systolic, 85), 205)))),
            ("8462-4", "Diastolic", "mm[Hg]", Decimal(round(min(max(systolic * 0.6 + self.dice.gauss(0, 4), 45), 80)))),
            ("8867-4", "Pulse", "/min", Decimal(round(min(max(steady.gauss(76, 8) + self.dice.gauss(0, 5), 48), 130)))),
            ("8310-5", "Temperature", "Cel", Decimal(str(round(self.dice.gauss(36.8, 0.4), 1)))),
            ("59408-5", "Oxygen saturation", "%", Decimal(self.dice.choice([95, 96, 97, 97, 98, 98, 99]))),
        ]
        if age >= 16:
            weight = steady.gauss(25.5, 4) * (height / 100) ** 2 + self.dice.gauss(0, 0.8)
            measured.append(("29463-7", "Weight", "kg", Decimal(str(round(max(weight, 38), 1)))))
        nurse = self._some("nurse")
        for code, display, unit, value in measured:
            self.rows.add(
                Observation(
                    patient_id=visit.patient_id,
                    encounter=visit,
                    recorded_by=nurse,
                    code=code,
                    display=display,
                    value=value,
                    value_text=str(value),
                    unit=unit,
                    observed_at=min(at, self.now),
                    created_at=at,
                )
            )

    def _laboratory(self, story: Story, visit: Encounter, doctor: User, codes: list[str]) -> list[Charge]:
        asked = visit.seen_at + timedelta(minutes=5)
        stage = self.dice.choice(LAST) if story.today else "verified"
        steps = [min(asked + timedelta(minutes=n), self.now) for n in (9, 50, 75)]
        order = self.rows.add(
            LabOrder(
                facility=self.facility,
                patient=story.patient,
                encounter=visit,
                number=self.books.number("LAB", asked),
                ordered_by=doctor,
                ordered_at=min(asked, self.now),
                priority="urgent" if self.dice.random() < 0.12 else "routine",
                question=story.script[1],
                status=stage,
                created_at=asked,
            )
        )
        specimens: dict[str, Specimen] = {}
        charges, observed = [], []
        technician = self.dice.choice(self.technicians)
        for code in codes:
            test = self.house.tests[code]
            result = Result(order=order, test=test, status=stage, unit=test.unit, created_at=asked)
            if stage != "ordered":
                if test.specimen not in specimens:
                    specimens[test.specimen] = self.rows.add(
                        Specimen(
                            order=order,
                            kind=test.specimen,
                            accession=f"{self.facility.code}{self.books.value('SPECIMEN'):08d}",
                            collected_by=technician,
                            collected_at=steps[0],
                            created_at=steps[0],
                        )
                    )
                result.specimen = specimens[test.specimen]
                charges.append(
                    self.books.charge(technician, visit, result, test.service, steps[0], description=test.name)
                )
            if stage in ("entered", "verified"):
                self._measure(result, story.patient, code, steps[1], technician)
            if stage == "verified":
                result.verified_by = self.pathologist
                result.verified_at = steps[2]
                result.observation = self.rows.add(
                    Observation(
                        patient_id=visit.patient_id,
                        encounter=visit,
                        recorded_by=self.pathologist,
                        category=ObservationCategory.LABORATORY,
                        code=test.loinc,
                        display=test.name,
                        value=result.value,
                        value_text=result.value_text,
                        unit=test.unit,
                        observed_at=steps[0],
                        created_at=steps[2],
                    )
                )
                observed.append(result.observation)
            self.rows.add(result)
        if stage == "verified":
            report = self.rows.add(
                DiagnosticReport(
                    facility=self.facility,
                    patient=story.patient,
                    encounter=visit,
                    order=order,
                    title=f"Laboratory report {order.number}",
                    issued_at=steps[2],
                    created_at=steps[2],
                )
            )
            for observation in observed:
                self.rows.add(
                    DiagnosticReport.observations.through(diagnosticreport_id=report.pk, observation_id=observation.pk)
                )
        return charges

    def _measure(self, result: Result, patient: Patient, code: str, at: datetime, technician: User) -> None:
        row = flags.fitting(self.ranges[code], sex=patient.sex, born=patient.birth_date, on=at.date())
        if result.test.numeric:
            low = float(row.low) if row and row.low is not None else 0.0
            high = float(row.high) if row and row.high is not None else low * 2 + 5
            middle, spread = (low + high) / 2, (high - low) / 3.4 or 1
            places = Decimal(1).scaleb(-result.test.decimals)
            result.value = Decimal(str(max(self.dice.gauss(middle, spread), low * 0.5, 0.1))).quantize(places)
            result.value_text = str(result.value)
        else:
            usual = row.usual_text if row else "negative"
            result.value_text = usual if self.dice.random() < 0.75 else "positive"
        result.range_text = row.text if row else ""
        result.flag = flags.flag(row, result.value, result.value_text)
        result.entered_by = technician
        result.entered_at = at

    def _pharmacy(self, story: Story, visit: Encounter, doctor: User, medicines: list[tuple]) -> list[Charge]:
        at = visit.ended_at
        prescription = self.rows.add(
            Prescription(
                facility=self.facility,
                patient=story.patient,
                encounter=visit,
                prescriber=doctor,
                number=self.books.number("RX", at),
                status="prescribed",
                prescribed_at=at,
                created_at=at,
            )
        )
        lines = [
            self.rows.add(
                PrescriptionLine(
                    prescription=prescription,
                    product=self.house.products[name],
                    position=position,
                    dosage=dosage,
                    days=days,
                    quantity=quantity,
                    allergy_check="not_checked" if story.patient.no_known_allergies is None else "clear",
                    created_at=at,
                )
            )
            for position, (name, dosage, days, quantity) in enumerate(medicines, start=1)
        ]
        if self.dice.random() < (0.45 if story.today else 0.004):
            return []
        moment = min(at + timedelta(minutes=self.dice.randint(1, 4)), self.now)
        pharmacist = self._some("pharmacist")
        charges = []
        dispense = Dispense(
            facility=self.facility,
            patient=story.patient,
            prescription=prescription,
            handed_out_by=pharmacist,
            handed_out_at=moment,
            created_at=moment,
        )
        for line in lines:
            for batch, part in self.shelf.take(line.product, line.quantity, moment, dispense):
                given = self.rows.add(
                    DispenseLine(dispense=dispense, line=line, batch=batch, quantity=part, created_at=moment)
                )
                line.dispensed += part
                charges.append(
                    self.books.charge(
                        pharmacist,
                        visit,
                        given,
                        line.product.service,
                        moment,
                        quantity=part,
                        description=str(line.product.medicine),
                    )
                )
        if charges:
            self.rows.add(dispense)
        left = sum(line.quantity - line.dispensed for line in lines)
        prescription.status = "dispensed" if not left else "partly_dispensed" if charges else "prescribed"
        return charges

    def _settle(self, visit: Encounter, charges: list[Charge], *, paid: float) -> None:
        """The invoice, and nearly always the payment."""
        issued = min(max([visit.ended_at, *(charge.posted_at for charge in charges)]) + timedelta(seconds=4), self.now)
        invoice = self.books.invoice(visit, sorted(charges, key=lambda charge: charge.posted_at), issued)
        if invoice is None or self.dice.random() > paid:
            return
        method = self.dice.choice([PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.CARD, PaymentMethod.MOBILE])
        moment = min(issued + timedelta(minutes=self.dice.randint(1, 15)), self.now)
        part = self.dice.random() < 0.01
        amount = (invoice.total / 2).quantize(Decimal("1")) if part else invoice.total
        if amount > 0:
            self.books.pay(self._some("cashier"), invoice, amount, method, moment)

    # Wards

    def stays(self, patients: list[Patient], first: date) -> None:
        """Fill the beds from the first day until now; about four in five are taken now."""
        today = clock.today(self.facility)
        waiting = list(patients)
        self.dice.shuffle(waiting)
        self.invoices: list[tuple[datetime, Encounter, list[Charge]]] = []
        for ward in self.house.wards:
            for place, bed in enumerate(Bed.objects.filter(room__ward=ward).order_by("label")):
                day = first + timedelta(days=self.dice.randint(0, 5))
                while day <= today and (patient := self._who(ward, waiting)):
                    length = self.dice.randint(2, 9)
                    if day + timedelta(days=length) >= today and place % 5 == 4:
                        break
                    waiting.remove(patient)
                    self._stay(ward, bed, patient, day, length, today)
                    day += timedelta(days=length + self.dice.randint(1, 3))
        for _moment, encounter, charges in sorted(self.invoices, key=lambda row: row[0]):
            self._settle(encounter, charges, paid=0.95)

    def _who(self, ward: object, patients: list[Patient]) -> Patient | None:
        """Who may lie in a ward: children in theirs, women in maternity, adults elsewhere."""
        for patient in patients:
            age = clock.years_between(patient.birth_date, self.now.date())
            child = age < 16
            if ward.department.code == "paediatrics":
                fits = child
            elif ward.department.code == "maternity":
                fits = patient.sex == "female" and 18 <= age < 45
            else:
                fits = not child
            if fits:
                return patient
        return None

    def _stay(self, ward: object, bed: Bed, patient: Patient, day: date, length: int, today: date) -> None:
        admitted = clock.at(self.facility, day, time(self.dice.randint(9, 16), self.dice.randint(0, 59)))
        if admitted is None or admitted >= self.now:
            return
        leaves = clock.at(self.facility, day + timedelta(days=length), time(11, self.dice.randint(0, 40)))
        home = leaves is not None and leaves < self.now
        fitting = [s for s in catalogue.STAYS if _ward_of(s[1], ward.department.code)]
        title, code, course, instructions = self.dice.choice(fitting)
        doctor = self.dice.choice(self.house.doctors)
        visit = self.rows.add(
            Encounter(
                facility=self.facility,
                patient=patient,
                department=ward.department,
                attending=doctor.employee,
                kind="inpatient",
                status="finished" if home else "in_progress",
                reason=title,
                started_at=admitted,
                ended_at=leaves if home else None,
                created_at=admitted,
            )
        )
        admission = self.rows.add(
            Admission(
                facility=self.facility,
                patient=patient,
                encounter=visit,
                status="discharged" if home else "admitted",
                reason=title,
                admitted_at=admitted,
                admitted_by=self._some("receptionist"),
                expected_on=day + timedelta(days=length),
                ended_at=leaves if home else None,
                created_at=admitted,
            )
        )
        self.rows.add(
            BedStay(
                admission=admission,
                bed=bed,
                period=DateTimeTZRange(admitted, leaves if home else None, "[)"),
                moved_by=admission.admitted_by,
                created_at=admitted,
            )
        )
        self._note(visit, doctor.employee.user, title, "Examined on admission.", "As ordered.", [code], admitted)
        charges = []
        nights = length if home else (today - day).days
        for n in range(max(nights, 1) if home else nights):
            spent = self.rows.add(BedDay(admission=admission, bed=bed, day=day + timedelta(days=n)))
            midnight = min(
                clock.day_bounds(self.facility, spent.day)[1] + timedelta(minutes=5), leaves if home else self.now
            )
            charges.append(
                self.books.charge(
                    self.books.system,
                    visit,
                    spent,
                    ward.bed_service,
                    midnight,
                    description=f"Bed {bed.label}, ward {ward.code}, {spent.day:%d %b %Y}",
                )
            )
        for n in range((length if home else (today - day).days) + 1):
            at = clock.at(self.facility, day + timedelta(days=n), time(9 if n else 17, self.dice.randint(0, 50)))
            if at and admitted < at < (leaves if home else self.now):
                self.vitals(visit, at)
                self.rows.add(
                    NursingNote(
                        admission=admission,
                        patient=patient,
                        kind=self.dice.choice(["nursing", "nursing", "round"]),
                        text=self.dice.choice(NOTES),
                        author=self._some("nurse"),
                        written_at=at,
                        created_at=at,
                    )
                )
        if home:
            self.rows.add(
                DischargeSummary(
                    admission=admission,
                    diagnosis=title,
                    course=course,
                    instructions=instructions,
                    follow_up="Outpatients in two weeks",
                    signed_by=doctor.employee.user,
                    signed_at=leaves,
                    created_at=leaves,
                )
            )
            self.invoices.append((leaves, visit, charges))


def _ward_of(code: str, department: str) -> bool:
    """Whether a stay's diagnosis belongs to a ward."""
    own = {"maternity": {"O80"}, "paediatrics": {"J18.9", "J45.901", "K35.80"}}
    if department in own:
        return code in own[department]
    return code != "O80"


def titles() -> dict[str, str]:
    """The names of the diagnoses that the stories use."""
    wanted = {code for story in catalogue.STORIES for code in story[5]}
    wanted |= {stay[1] for stay in catalogue.STAYS} | {code for code, _title in catalogue.PROBLEMS}
    return dict(DiagnosisCode.objects.filter(pk__in=wanted).values_list("code", "title"))
