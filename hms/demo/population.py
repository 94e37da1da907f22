"""The patients of the demonstration: who they are, and what was known of them before."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from functools import partial

from hms.core import clock, numbering
from hms.core.models import User
from hms.demo import catalogue, names
from hms.demo.batch import Batch as Rows
from hms.demo.books import Books
from hms.demo.rota import Rota
from hms.demo.staffing import House
from patients.models import (
    Allergy,
    Condition,
    Contact,
    Immunization,
    MedicationStatement,
    Patient,
    PatientFacility,
)
from patients.services.registration import derive

TAKEN_ALREADY = [
    ("Vitamin D 1000 IU", "1 a day", "active"),
    ("St John's wort 300 mg", "1 three times a day", "stopped"),
    ("Macrogol sachets", "1 a day", "active"),
    ("Clarithromycin 500 mg", "2 a day for a week", "completed"),
]


def people(
    house: House,
    rota: Rota,
    rows: Rows,
    books: Books,
    dice: random.Random,
    known: dict[str, str],
    *,
    count: int,
    days: int,
) -> list[Patient]:
    """The patients of a facility; most were registered before the `days` of the history."""
    reception = house.users["receptionist"]
    zone = clock.zone(house.facility)
    doctors = house.users["doctor"]
    made = []
    now = clock.now()
    for _n in range(count):
        given, family, sex = names.person(dice)
        age = min(abs(dice.gauss(38, 24)), 99)
        # Most were here before the history begins.
        days_ago = dice.choice([dice.randint(0, days), dice.randint(days, 1500), dice.randint(days, 3000)])
        registered = datetime.combine(
            clock.today(house.facility) - timedelta(days=days_ago), time(dice.randint(8, 17), dice.randint(0, 59)), zone
        )
        if registered > now:
            registered -= timedelta(days=1)
        there = rota.there(reception, registered, registered.date()) or reception
        born = min(now.date() - timedelta(days=int(age * 365.25) + dice.randint(0, 364)), registered.date())
        patient = Patient(
            registered_at=house.facility,
            given_name=given,
            family_name=family,
            sex=sex,
            birth_date=born,
            phone=f"+44 7700 {dice.randint(900_000, 900_999)}" if dice.random() < 0.9 else "",
            email="",
            address=f"{dice.randint(1, 180)} {dice.choice(names.STREETS)}",
            city=dice.choice(names.TOWNS),
            postal_code=f"NG{dice.randint(1, 20)} {dice.randint(1, 9)}AB",
            country="",
            language=dice.choice(names.LANGUAGES),
            created_at=registered,
        )
        derive(patient)
        books.later("MRN", registered, partial(_number, patient, house.facility.code))
        doctor = dice.choice(rota.there(doctors, registered, registered.date()) or doctors)
        _background(rows, patient, dice, doctor, registered, known)
        rows.add(patient)
        rows.add(
            PatientFacility(
                patient=patient, facility=house.facility, added_by=dice.choice(there), created_at=registered
            )
        )
        if dice.random() < 0.5:
            kin, _family, kin_sex = names.person(dice)
            rows.add(
                Contact(
                    patient=patient,
                    name=f"{kin} {family}",
                    relationship=dice.choice(_kinships(kin_sex, age)),
                    phone=f"+44 7700 {dice.randint(900_000, 900_999)}",
                    created_at=registered,
                )
            )
        made.append(patient)
    return made


def _kinships(sex: str, age: int) -> list[str]:
    """What somebody of that sex may be to a patient of that age."""
    parent, child = ("Mother", "Daughter") if sex == "female" else ("Father", "Son")
    if age < 18:
        return [parent, parent, "Grandparent"]
    return ["Partner", parent, "Friend"] if age < 40 else ["Partner", child, "Friend"]


def _number(patient: Patient, facility: str, value: int) -> None:
    digits = f"{value:06d}"
    patient.mrn = f"{facility}-{digits}-{numbering.check_digit(digits)}"


def _background(
    rows: Rows, patient: Patient, dice: random.Random, doctor: User, at: datetime, known: dict[str, str]
) -> None:
    """Allergies, problems and what was given before."""
    roll = dice.random()
    if roll < 0.14:
        substance, category, criticality, reaction = dice.choice(catalogue.ALLERGIES)
        rows.add(
            Allergy(
                patient=patient,
                recorded_by=doctor,
                substance=substance,
                category=category,
                criticality=criticality,
                reaction=reaction,
                created_at=at,
            )
        )
        patient.no_known_allergies = False
    elif roll < 0.9:
        patient.no_known_allergies = True
    age = clock.years_between(patient.birth_date, at.date())
    if age > 40:
        for code, _title in dice.sample(catalogue.PROBLEMS, dice.choice([0, 1, 1, 2, 3])):
            rows.add(
                Condition(
                    patient=patient,
                    recorded_by=doctor,
                    code=code,
                    display=known[code],
                    onset_on=at.date() - timedelta(days=dice.randint(100, 4000)),
                    created_at=at,
                )
            )
        if dice.random() < 0.15:
            since = at.date() - timedelta(days=dice.randint(900, 4000))
            rows.add(
                Condition(
                    patient=patient,
                    recorded_by=doctor,
                    code="J20.9",
                    display=known["J20.9"],
                    onset_on=since,
                    resolved_on=since + timedelta(days=12),
                    created_at=at,
                )
            )
    if dice.random() < 0.3:
        rows.add(
            Immunization(
                patient=patient,
                recorded_by=doctor,
                code="",
                vaccine="Influenza, inactivated",
                given_at=at,
                created_at=at,
            )
        )
    if age > 40 and dice.random() < 0.2:
        medicine, dosage, status = dice.choice(TAKEN_ALREADY)
        rows.add(
            MedicationStatement(
                patient=patient, recorded_by=doctor, display=medicine, dosage=dosage, status=status, created_at=at
            )
        )
