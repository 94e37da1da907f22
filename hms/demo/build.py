"""Making the demonstration hospital: two facilities, their people, 2,000 patients, 90 days, and today."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.core.management import call_command
from django.db import transaction

from appointments.models import Appointment, QueueToken
from billing.models import Charge, CreditNote, Invoice, InvoiceLine, LedgerEntry, LedgerTransaction, Payment
from hms.core import audit, clock, notify
from hms.core.models import Approval, AuditEvent, Facility, User
from hms.core.refusals import Refused
from hms.demo import catalogue, population, privacy, stories, trail
from hms.demo.batch import Batch as Rows
from hms.demo.benches import Benches, name_reports
from hms.demo.books import Books
from hms.demo.cashdesk import CashDesk
from hms.demo.charting import Charting
from hms.demo.counter import Counter
from hms.demo.emergencies import Emergencies
from hms.demo.hours import Hours
from hms.demo.rota import Rota
from hms.demo.scene import Scene
from hms.demo.second_person import SecondPerson, at_this_moment
from hms.demo.shelf import Shelf
from hms.demo.staffing import FACILITIES, House, Staffing
from hms.demo.stays import Stays
from hms.demo.tokens import Tokens
from hms.demo.visits import Visits
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen
from patients.models import (
    Allergy,
    CarePlan,
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
    Procedure,
)
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
from staff.models import Attendance, RosterEntry
from wards.models import Admission, BedDay, BedStay, DischargeSummary, NursingNote

SEED = 20_261
AHEAD = 15  # days for which people are booked
ORDER = [
    Patient, PatientFacility, Contact, Allergy, Encounter, Appointment, QueueToken, ClinicalNote, Condition,
    MedicationStatement, Immunization, Procedure, CarePlan, Observation, LabOrder, Specimen, Result, DiagnosticReport,
    DiagnosticReport.observations.through, Batch, StockBalance, StockMovement, Prescription, PrescriptionLine, Dispense,
    DispenseLine, ReorderAlert, Admission, BedStay, BedDay, NursingNote, DischargeSummary, Charge, Invoice, InvoiceLine,
    Payment, CreditNote, LedgerTransaction, LedgerEntry, RosterEntry, Attendance, Approval,
    AuditEvent,
]  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How much is told: days of history, patients and the share of the slots taken by facility code."""

    days: int = 90
    patients: dict[str, int] = field(default_factory=lambda: {"N": 1500, "R": 500})
    load: dict[str, float] = field(default_factory=lambda: {"N": 0.2, "R": 0.18})


FULL = Size()
SMALL = Size(days=14, patients={"N": 420, "R": 120})


@transaction.atomic
def build(password: str, say: Callable[[str], None], *, seed: int = SEED, size: Size = FULL) -> None:
    """Fill an empty hospital. Refuses one that has a facility."""
    if Facility.objects.exists():
        raise Refused("This hospital is not empty. The demonstration only fills an empty one.")
    call_command("sync_roles", verbosity=0)
    if not DiagnosisCode.objects.exists():
        say("diagnosis codes")
        call_command("load_icd10", verbosity=0)
    dice = random.Random(seed)
    system = User.objects.system()
    first = clock.now().date() - timedelta(days=size.days)
    say("facilities and people")
    staffing = Staffing(dice, password, first)
    rows = Rows(ORDER)
    rota = Rota(rows, dice, system, first)
    known = titles()
    shown = []
    for row in FACILITIES:
        house = staffing.build(row)
        code = house.facility.code
        hours = Hours(house, first)
        rota.plan(house, hours)
        say(f"{house.facility.name}: patients")
        books = Books(house.facility, rows, system)
        count = size.patients[code]
        patients = population.people(house, rota, rows, books, dice, known, count=count, days=size.days)
        say(f"{house.facility.name}: {size.days} days of care")
        shelf = Shelf(rows, partial(_pharmacist, rota, house), dice)
        books.second = shelf.second = SecondPerson(house, rows)
        scene = Scene(house, rows, books, shelf, rota, dice, known, patients, first)
        _history(scene, hours, size.load[code])
        books.close()
        books.second.close()
        shown.append(scene)
    name_reports(rows.of(DiagnosticReport))
    say("who did and saw what in the last days")
    trail.write(shown)
    say(f"writing {sum(len(found) for found in rows.rows.values())} rows")
    rows.write()
    for scene in shown:
        at_this_moment(scene.house, scene.now)
        privacy.at_this_moment(scene.house)
    for facility in Facility.objects.all():
        notify.everyone(
            facility,
            permission="pharmacy.view_reorderalert",
            text="Some medicines are at their reorder level",
            url="/pharmacy/stock/?show=low",
            level="warning",
        )
    audit.record(system, "core.demonstration.built")


def _history(scene: Scene, hours: Hours, load: float) -> None:
    """Day after day: deliveries, what the wards planned, consultations, emergencies; then this moment."""
    tokens, chart, benches = Tokens(scene), Charting(scene), Benches(scene)
    counter, desk = Counter(scene), CashDesk(scene)
    stays = Stays(scene, chart, benches, counter, desk)
    visits = Visits(scene, hours, tokens, chart, benches, counter, desk)
    emergencies = Emergencies(scene, tokens, chart, benches, counter, desk)
    large = scene.facility.code == "N"
    _stock(scene, scene.house)
    stays.plan()
    days = (scene.today - scene.first).days
    for offset in range(days + AHEAD):
        day = scene.first + timedelta(days=offset)
        morning = scene.at(day, 6, 50)  # before the first is handed out
        if offset and scene.at(day, 8, 10) < scene.now:
            scene.shelf.reorder(morning, leave_low=offset > days - 12)
            if offset % 10 == 0:
                scene.shelf.count(morning)
            if day.weekday() == 0:
                scene.shelf.throw_away_expired(morning)
        for act in scene.agenda.pop(day, []):
            act()
        visits.day(day, 0.85 if day == scene.today else load * 0.6 if day > scene.today else load)
        if day <= scene.today:
            emergencies.day(day, 5 if large else 2)
    visits.waiting_room()
    emergencies.now(6 if large else 3)
    scene.shelf.raise_alerts(scene.now)


def _pharmacist(rota: Rota, house: House, at: datetime) -> User:
    """Who is behind the counter then."""
    there = house.users["pharmacist"]
    return (rota.there(there, at, clock.local(house.facility, at).date()) or there)[0]


def _stock(scene: Scene, house: House) -> None:
    """A full shelf on the first day; some lots run out of date before the last."""
    opening = scene.at(scene.first, 0, 5)
    days = (scene.today - scene.first).days
    for place, product in enumerate(house.products.values()):
        scene.shelf.deliver(product, product.reorder_quantity, opening)
        if place % 9 == 0:
            # A lot that runs out of date on the shelf: thrown away, or still to be.
            scene.shelf.deliver(product, 12, opening, expires_in=max(days - (20 if place % 2 else 1), 2))


def titles() -> dict[str, str]:
    """The names of the diagnoses that the stories use."""
    wanted = {code for story in stories.STORIES for code in story[5]}
    wanted |= {code for story in stories.EMERGENCIES for code in story[2]}
    wanted |= {stay[1] for stay in stories.STAYS} | {code for code, _title in catalogue.PROBLEMS}
    return dict(DiagnosisCode.objects.filter(pk__in=wanted).values_list("code", "title"))
