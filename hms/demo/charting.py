"""The record: notes with their diagnoses, vital signs, plans, procedures."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import Charge
from doctors.models import Doctor
from hms.core import clock
from hms.core.models import User
from hms.demo.scene import Scene
from patients.models import CarePlan, ClinicalNote, Condition, Encounter, Observation, Procedure
from patients.models.clinical import ConditionCategory


class Charting:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.plans = 0

    def note(
        self, visit: Encounter, doctor: User, texts: tuple[str, str, str], codes: list[str], at: datetime
    ) -> ClinicalNote:
        """A signed note; its codes are diagnoses of the visit."""
        note = self._note(visit, doctor, texts, codes, at, status="signed", signed_at=at)
        for code in codes:
            self.scene.rows.add(
                Condition(
                    patient_id=visit.patient_id,
                    encounter=visit,
                    note=note,
                    recorded_by=doctor,
                    category=ConditionCategory.DIAGNOSIS,
                    code=code,
                    display=self.scene.titles[code],
                    onset_on=self.scene.day_of(at),
                    created_at=at,
                )
            )
        return note

    def draft(self, visit: Encounter, doctor: User, complaint: str, at: datetime) -> None:
        """What the doctor has written so far."""
        self._note(visit, doctor, (complaint, "", ""), [], at, status="draft")

    def mistaken(self, visit: Encounter, doctor: User, at: datetime) -> None:
        """A note that was written into the wrong record, and says so."""
        texts = ("Here for the results of the X-ray of the wrist.", "Moves freely.", "No further visit needed.")
        reason = "Written into the wrong patient's record"
        self._note(visit, doctor, texts, [], at, status="entered_in_error", signed_at=at, error_reason=reason)

    def _note(
        self,
        visit: Encounter,
        doctor: User,
        texts: tuple[str, str, str],
        codes: list[str],
        at: datetime,
        **state: object,
    ) -> ClinicalNote:
        complaint, examination, plan = texts
        return self.scene.rows.add(
            ClinicalNote(
                encounter=visit,
                patient_id=visit.patient_id,
                author=doctor,
                complaint=complaint,
                examination=examination,
                plan=plan,
                draft_codes=codes,
                saved_at=at,
                created_at=at,
                **state,
            )
        )

    def consultation(self, visit: Encounter, doctor: Doctor, at: datetime) -> Charge:
        """What a signed note costs: the doctor's fee, once a visit."""
        service = self.scene.house.consult[doctor.specialty.code]
        return self.scene.books.charge(
            doctor.employee.user,
            visit,
            visit,
            service,
            at,
            price=doctor.fee,
            description=f"{service.name}, {doctor.name}",
        )

    def vitals(self, visit: Encounter, at: datetime) -> None:
        """A plausible set of vital signs, steadier for the same patient."""
        dice = self.scene.dice
        patient = visit.patient
        steady = random.Random(f"{patient.family_name} {patient.birth_date} {patient.phone}")
        age = clock.years_between(patient.birth_date, at.date())
        systolic = steady.gauss(112 if age < 40 else 132, 9) + dice.gauss(0, 7)
        height = steady.gauss(168, 9)
        measured = [
            ("8480-6", "Systolic", "mm[Hg]", Decimal(round(min(max(systolic, 85), 205)))),
            ("8462-4", "Diastolic", "mm[Hg]", Decimal(round(min(max(systolic * 0.6 + dice.gauss(0, 4), 45), 80)))),
            ("8867-4", "Pulse", "/min", Decimal(round(min(max(steady.gauss(76, 8) + dice.gauss(0, 5), 48), 130)))),
            ("8310-5", "Temperature", "Cel", Decimal(str(round(dice.gauss(36.8, 0.4), 1)))),
            ("59408-5", "Oxygen saturation", "%", Decimal(dice.choice([95, 96, 97, 97, 98, 98, 99]))),
        ]
        if age >= 16:
            weight = steady.gauss(25.5, 4) * (height / 100) ** 2 + dice.gauss(0, 0.8)
            measured.append(("29463-7", "Weight", "kg", Decimal(str(round(max(weight, 38), 1)))))
        at = self.scene.past(at)
        nurse = self.scene.some("nurse", at, department=visit.department.code)
        for code, display, unit, value in measured:
            self.scene.rows.add(
                Observation(
                    patient_id=visit.patient_id,
                    encounter=visit,
                    recorded_by=nurse,
                    code=code,
                    display=display,
                    value=value,
                    value_text=str(value),
                    unit=unit,
                    observed_at=at,
                    created_at=at,
                )
            )

    def plan(self, visit: Encounter, doctor: User, title: str, activities: str, at: datetime) -> None:
        """A treatment plan: of those agreed a while ago some are fulfilled, and a few were stopped."""
        self.plans += 1
        age = (self.scene.now - at).days
        status = "active" if age < 5 else ("completed", "active", "revoked", "active")[self.plans % 4]
        self.scene.rows.add(
            CarePlan(
                patient_id=visit.patient_id,
                encounter=visit,
                recorded_by=doctor,
                title=title,
                activities=activities,
                review_on=self.scene.day_of(at) + timedelta(days=84),
                status=status,
                created_at=at,
            )
        )

    def procedure(self, visit: Encounter, doctor: User, code: str, start: datetime, minutes: int) -> Charge:
        """An operation or a smaller thing done, with its charge."""
        service = self.scene.house.procedures[code]
        end = self.scene.past(start + timedelta(minutes=minutes))
        done = self.scene.rows.add(
            Procedure(
                patient_id=visit.patient_id,
                encounter=visit,
                recorded_by=doctor,
                display=service.name,
                performed_at=start,
                ended_at=end,
                created_at=end,
            )
        )
        return self.scene.books.charge(doctor, visit, done, service, end)
