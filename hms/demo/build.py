"""Making the demonstration hospital: two facilities, their people, 2,000 patients, 90 days, and today."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.core.management import call_command
from django.db import transaction

from appointments.models import Appointment, QueueToken
from billing.models import Charge, Invoice, InvoiceLine, LedgerEntry, LedgerTransaction, Payment
from hms.core import audit, clock, notify, numbering
from hms.core.models import Facility, User
from hms.core.refusals import Refused
from hms.demo import catalogue, names
from hms.demo.batch import Batch as Rows
from hms.demo.books import Books
from hms.demo.care import Care, titles
from hms.demo.shelf import Shelf
from hms.demo.staffing import FACILITIES, House, Staffing
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen
from patients.models import (
    Allergy,
    ClinicalNote,
    Condition,
    Contact,
    DiagnosisCode,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    PatientFacility,
)
from patients.services.registration import derive
from pharmacy.models import (
    Batch,
    Dispense,
    DispenseLine,
    Prescription,
    PrescriptionLine,
    ReorderAlert,
    StockBalance,
    StockMovement,
)
from wards.models import Admission, BedDay, BedStay, DischargeSummary, NursingNote

SEED = 20_261
DAYS = 90
PATIENTS = {"N": 1500, "R": 500}
ORDER = [
    Patient, PatientFacility, Contact, Allergy, Encounter, Appointment, QueueToken, ClinicalNote, Condition,
    MedicationStatement, Immunization, Observation, LabOrder, Specimen, Result, DiagnosticReport,
    DiagnosticReport.observations.through, Batch, StockBalance, StockMovement, Prescription, PrescriptionLine, Dispense,
    DispenseLine, ReorderAlert, Admission, BedStay, BedDay, NursingNote, DischargeSummary, Charge, Invoice, InvoiceLine,
    Payment, LedgerTransaction, LedgerEntry,
]  # fmt: skip


@transaction.atomic
def build(password: str, say: Callable[[str], None]) -> None:
    """Fill an empty hospital. Refuses one that has a facility."""
    if Facility.objects.exists():
        raise Refused("This hospital is not empty. The demonstration only fills an empty one.")
    call_command("sync_roles", verbosity=0)
    if not DiagnosisCode.objects.exists():
        say("diagnosis codes")
        call_command("load_icd10", verbosity=0)
    dice = random.Random(SEED)
    system = User.objects.system()
    first = clock.now().date() - timedelta(days=DAYS)
    say("facilities and people")
    staffing = Staffing(dice, password, first)
    rows = Rows(ORDER)
    known = titles()
    for row in FACILITIES:
        house = staffing.build(row)
        say(f"{house.facility.name}: patients")
        books = Books(house.facility, rows, system)
        patients = _patients(house, rows, books, dice, first, known)
        say(f"{house.facility.name}: {DAYS} days of care")
        _history(house, rows, books, dice, patients, first, known)
        books.keep_counters()
    say(f"writing {sum(len(found) for found in rows.rows.values())} rows")
    rows.write()
    for facility in Facility.objects.all():
        notify.everyone(
            facility,
            permission="pharmacy.view_reorderalert",
            text="Some medicines are at their reorder level",
            url="/pharmacy/stock/?show=low",
            level="warning",
        )
    audit.record(system, "core.demonstration.built")


def _history(
    house: House,
    rows: Rows,
    books: Books,
    dice: random.Random,
    patients: list[Patient],
    first: date,
    known: dict[str, str],
) -> None:
    today = clock.today(house.facility)
    pharmacist = house.users["pharmacist"][0]
    shelf = Shelf(rows, pharmacist, dice)
    opening = clock.at(house.facility, first, time(6, 30))
    for place, product in enumerate(house.products.values()):
        shelf.deliver(product, product.reorder_quantity, opening)
        if place % 9 == 0:
            # A lot that ran out of date on the shelf, to be thrown away.
            shelf.deliver(product, 12, opening, expires_in=DAYS - 20)
    care = Care(house, rows, books, shelf, dice, known)
    care.stays(patients, first)
    load = 0.24 if house.facility.code == "N" else 0.2
    for offset in range(DAYS + 15):
        day = first + timedelta(days=offset)
        if day <= today:
            morning = clock.at(house.facility, day, time(6, 30))
            if offset and morning < clock.now():
                shelf.reorder(morning, leave_low=offset > DAYS - 12)
        care.day(day, patients, load * (1.9 if day == today else 0.7 if day > today else 1.0))
    shelf.raise_alerts(clock.now())


def _patients(
    house: House, rows: Rows, books: Books, dice: random.Random, first: date, known: dict[str, str]
) -> list[Patient]:
    reception = house.users["receptionist"]
    doctor = house.users["doctor"][0]
    made = []
    now = clock.now()
    for _n in range(PATIENTS[house.facility.code]):
        given, family, sex = names.person(dice)
        age = min(abs(dice.gauss(38, 24)), 99)
        digits = f"{books.value('MRN'):06d}"
        # Most were here before the history begins.
        days_ago = dice.choice([dice.randint(0, DAYS), dice.randint(DAYS, 1500), dice.randint(DAYS, 3000)])
        registered = now - timedelta(days=days_ago, minutes=dice.randint(0, 500))
        born = min(now.date() - timedelta(days=int(age * 365.25) + dice.randint(0, 364)), registered.date())
        patient = Patient(
            mrn=f"{house.facility.code}-{digits}-{numbering.check_digit(digits)}",
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
        _background(rows, patient, dice, doctor, registered, known)
        rows.add(patient)
        rows.add(
            PatientFacility(
                patient=patient, facility=house.facility, added_by=dice.choice(reception), created_at=registered
            )
        )
        if dice.random() < 0.5:
            kin, _family, _sex = names.person(dice)
            rows.add(
                Contact(
                    patient=patient,
                    name=f"{kin} {family}",
                    relationship=dice.choice(["Partner", "Mother", "Father", "Daughter", "Son", "Friend"]),
                    phone=f"+44 7700 {dice.randint(900_000, 900_999)}",
                    created_at=registered,
                )
            )
        made.append(patient)
    return made


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
        rows.add(
            MedicationStatement(
                patient=patient, recorded_by=doctor, display="Vitamin D 1000 IU", dosage="1 a day", created_at=at
            )
        )
