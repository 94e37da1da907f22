"""The hospital of the matrix: one's own patient, another department's, another facility's, and one whose record is kept
narrower than a role; and somebody of each role who asks for them.

It is built once for a file of tests (`stands` in conftest.py): what one test does to it the next one does not see.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from billing.models import Invoice
from hms.core import people, roles
from hms.core.models import AuditSeal, Department, Facility, OutboxMessage, User
from hms.core.models.tracking import Change
from hms.core.templatetags.hms import day
from interop.models import SourceRecord, UnresolvedReference
from patients.models import DiagnosisCode, Patient
from tests.conftest import employ, held_on, make_facility, make_user
from tests.project.lived import unguarded
from tests.project.walked import Walked, walk

KINDS = ("own", "other", "foreign", "narrow")
# What stands in whatever is written of each patient, and what belongs to the other department and facility.
MARKS = {"own": "Xolvenk", "other": "Vyxqua", "foreign": "Zwofkam", "narrow": "Jurbeq"}
HOUSES = {"own": "", "other": "Pliwodd", "foreign": "Grunzka", "narrow": "Tevlomi"}
OWN, OTHER, FOREIGN, NARROW = MARKS.values()
FOREIGN_HOUSE = HOUSES["foreign"]
PHONES = {kind: f"+44 20 7946 05{n}3" for n, kind in enumerate(KINDS, 1)}
BORN = {kind: date(1931 + n, 2 + n, 11 + n) for n, kind in enumerate(KINDS)}
# Who may know of the patient whose record is kept narrower: who keeps such records, and who treats them here.
KNOW_THE_NARROW = {"receptionist", "auditor", "doctor", "nurse", "pharmacist", "lab_technician", "pathologist"}
# The roles whose people belong to one department. The others' work is the whole facility's.
OF_A_DEPARTMENT = {"doctor", "nurse", "pathologist", "lab_technician", "pharmacist"}
# Who is asked to decide reads why: reasons of requests, and of what was given away. They name nobody by themselves.
FOR_ANOTHER = "(?<!Order)(?<!day's wage)(?<!day&#x27;s wage)(?<!Kind)"
# Columns by which the house counts, unlike any other patient's.
NUMBERS = {"number", "accession", "code", "mrn"}
WORDY = (models.CharField, models.TextField, models.JSONField, ArrayField)


@dataclass
class Hospital:
    """`objects`: "own" (the outpatients', where the roles asked about work), "other" (the surgery's), "foreign", and
    "narrow" (the outpatients' too). `rows`: the keys of what was made with each, by model. `asked`: who asks, by role."""

    objects: dict[str, Walked]
    rows: dict[str, dict[type[models.Model], list[Any]]]
    asked: dict[str, User]
    # By kind: numbers and dates that say who the patient is; and those with their mark and every number that is theirs.
    people: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)

    def names(self, text: str) -> list[str]:
        """Of whom a text says who they are, or what they suffer from."""
        return [
            kind
            for kind, words in self.people.items()
            if any(word in text for word in words) or re.search(f"{FOR_ANOTHER}{MARKS[kind]}", text)
        ]

    def tells(self, text: str) -> list[str]:
        """Of whom a text says anything: who they are, what was written of them, or a number of theirs."""
        return [kind for kind, words in self.words.items() if any(word in text for word in words)]


@contextmanager
def hospital() -> Iterator[Hospital]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        built = _build()
        numbers = {kind: _numbers(each.patient) for kind, each in built.objects.items()}
        shared = {
            word for word, times in Counter(word for each in numbers.values() for word in each).items() if times > 1
        }
        for kind, each in built.objects.items():
            built.people[kind] = words_of(each.patient)
            built.words[kind] = [each.mark, each.mark.lower(), *built.people[kind], *sorted(numbers[kind] - shared)]
        yield built


def _build() -> Hospital:
    objects: dict[str, Walked] = {}
    rows: dict[str, dict[type[models.Model], list[Any]]] = {}
    facility = make_facility("N", "Northgate Hospital")
    ours = facility.departments.get()
    # Before there is a second department: who belongs to none stands in the first.
    asked = {code: _asks(code, facility, ours) for code in roles.ROLES}
    for kind in ("own", "narrow", "other", "foreign"):
        place, department = facility, None
        if kind == "other":
            department = Department.objects.create(facility=facility, code="surgery", name="Surgery")
        elif kind == "foreign":
            place = make_facility("S", "Southside Clinic")
        objects[kind] = _walk(kind, place, department)
        if kind in ("own", "foreign"):
            _what_no_walk_leaves(objects[kind].patient, place)
        rows[kind] = _made_since(rows)
    _keep_narrow(objects["narrow"].patient)
    _give_passwords([*asked.values(), *(user for each in objects.values() for user in each.users.values())])
    return Hospital({kind: objects[kind] for kind in KINDS}, rows, asked)


def _give_passwords(users: list[User]) -> None:
    """Nobody knows them; but an account has one."""
    for user in users:
        user.password = "md5$x$x"
    User.objects.filter(pk__in=[user.pk for user in users]).update(password="md5$x$x")


def _keep_narrow(patient: Patient) -> None:
    """And its bill is so old that the cash desk has no reason to know of it any more."""
    Patient.objects.filter(pk=patient.pk).update(confidentiality="restricted")
    with unguarded():
        Invoice.objects.filter(patient=patient).update(issued_at=timezone.now() - timedelta(days=120))


def _walk(kind: str, place: Facility, department: Department | None) -> Walked:
    def person(role: str, facility: Facility | None = None, username: str = "") -> User:
        return make_user(role, facility or place, username)

    return walk(
        place, person, mark=MARKS[kind], house=HOUSES[kind], department=department, phone=PHONES[kind],
        birth_date=BORN[kind],
    )  # fmt: skip


def _asks(code: str, facility: Facility, department: Department) -> User:
    user = User.objects.create(username=f"asks-{code}", last_name="Asker", is_staff=code == "administrator")
    people.grant(
        None, user=user, facility=facility, role=code, department=department if code in OF_A_DEPARTMENT else None
    )
    if code in OF_A_DEPARTMENT:
        employ(user, code, facility)
    return User.objects.get(pk=user.pk).at(facility)


def _what_no_walk_leaves(patient: Patient, facility: Facility) -> None:
    """A row of each kind that the administration shows, and that comes from elsewhere than the departments."""
    mark = facility.code
    now = timezone.now()
    record = SourceRecord.objects.create(
        facility=facility, source=f"east-{mark}", resource_type="Patient", key=f"Patient/{patient.pk}", sha256="",
        object_type="patients.patient", object_id=patient.pk,
    )  # fmt: skip
    UnresolvedReference.objects.create(facility=facility, record=record, field="link", reference=f"Patient/{mark}")
    DiagnosisCode.objects.create(code=f"{mark}00", title=f"Cholera {mark}", billable=True, search=f"cholera {mark}")
    number = AuditSeal.objects.count() + 1
    AuditSeal.objects.create(
        first_transaction=-10 * number,
        next_transaction=-10 * number + 1,
        rows=0,
        digest=f"d{mark}",
        previous=f"p{mark}",
    )
    OutboxMessage.objects.filter(pk=OutboxMessage.objects.latest("id").pk).update(dead_at=now, done_at=None)
    schedule = IntervalSchedule.objects.create(every=number, period="days")
    PeriodicTask.objects.create(name=f"Seal {mark}", task="hms.core.tasks.seal_audit", interval=schedule)


def _made_since(rows: dict[str, dict[type[models.Model], list[Any]]]) -> dict[type[models.Model], list[Any]]:
    """What the administration shows and none of `rows` has, newest first."""
    found = {}
    for model in admin.site._registry:
        known = {key for made in rows.values() for key in made.get(model, [])}
        keys = model._base_manager.order_by("-pk").values_list("pk", flat=True)
        found[model] = [key for key in keys if key not in known]
    return found


def words_of(patient: Patient) -> list[str]:
    """Who a patient is, beside their name."""
    patient.refresh_from_db()
    born = patient.birth_date
    return [patient.mrn, patient.phone, patient.phone_digits, born.isoformat(), day(born)]


def _numbers(patient: Patient) -> set[str]:
    found = set()
    for model, rows in held_on(patient):
        columns = [column.name for column in model._meta.concrete_fields if column.name in NUMBERS]
        if columns and not issubclass(model, Change):
            found |= {str(value) for row in rows.values_list(*columns) for value in row}
    ours = [house for house in HOUSES.values() if house]
    return {word for word in found if len(word) > 5 and not any(house in word for house in ours)}


def texts(patient: Patient) -> Iterator[tuple[str, str]]:
    """Every text that is held on a patient, with its column; of lists and JSON each text in them."""
    for model, rows in held_on(patient):
        if issubclass(model, Change):
            continue
        for column in model._meta.concrete_fields:
            if column.choices or not isinstance(column, WORDY):
                continue
            for value in rows.values_list(column.name, flat=True):
                for text in filter(None, _flat(value)):
                    yield f"{model._meta.label}.{column.name}", text


def _flat(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _flat(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
