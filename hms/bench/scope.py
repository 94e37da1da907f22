"""What it costs to ask who may see what: the first page of each list, and the gate before a chart, at 1,000,000 patients
against 10,000. What a hospital has at this moment and had in the last month is the same in both; what grows is its history.

The small hospital is kept as a database of its own before it grows, so that both are asked in turn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment
from billing.models import Invoice
from doctors import desk
from hms.bench import timing
from hms.bench.crowd import Crowd
from hms.core import clock
from hms.core.lists import PAGE
from hms.core.models import User
from laboratory.models import LabOrder
from patients import care
from patients.models import Encounter, Patient
from pharmacy.models import Prescription
from wards import rounds

BAR = 1.3
SMALL, LARGE = 10_000, 1_000_000
ROUNDS = 40
# Below this, a difference is the clock's and the machine's, not the query's.
NOISE = 0.5  # milliseconds


def _patients(user: User) -> QuerySet:
    return Patient.objects.visible_to(user).active().order_by("family_name", "given_name", "id")


def _visits(user: User) -> QuerySet:
    rows = Encounter.objects.visible_to(user).select_related("patient", "department", "attending")
    return rows.open().order_by("-started_at", "-id")


def _orders(user: User) -> QuerySet:
    rows = LabOrder.objects.visible_to(user).select_related("patient", "ordered_by").unfinished()
    return rows.with_tests().order_by("-ordered_at", "-id")


def _all_orders(user: User) -> QuerySet:
    rows = LabOrder.objects.visible_to(user).select_related("patient", "ordered_by").filter(status="verified")
    return rows.with_tests().order_by("-ordered_at", "-id")


def _invoices(user: User) -> QuerySet:
    return Invoice.objects.visible_to(user).select_related("patient", "facility").order_by("-issued_at", "-id")


def _owed(user: User) -> QuerySet:
    rows = Invoice.objects.visible_to(user).with_status("due").select_related("patient", "facility")
    return rows.order_by("-issued_at", "-id")


def _prescriptions(user: User) -> QuerySet:
    rows = Prescription.objects.visible_to(user).select_related("patient", "prescriber", "encounter")
    return rows.open().order_by("-prescribed_at", "-id")


def _all_prescriptions(user: User) -> QuerySet:
    rows = Prescription.objects.visible_to(user).select_related("patient", "prescriber", "encounter")
    return rows.order_by("-prescribed_at", "-id")


def _appointments(user: User) -> QuerySet:
    today = clock.today(user.facility)
    return Appointment.objects.visible_to(user).for_lists().on_days(user.facility, today, today)


def _beds(user: User) -> list[rounds.Line]:
    return rounds.of(user, rounds.own_wards(user, None))


# As the pages ask, each with what a role needs to open it.
LISTS: dict[str, tuple[str, Callable[[User], object]]] = {
    "patients": ("patients.search_patient", _patients),
    "visits": ("patients.view_encounter", _visits),
    "orders, open": ("laboratory.view_laborder", _orders),
    "orders, verified": ("laboratory.view_laborder", _all_orders),
    "invoices": ("billing.view_invoice", _invoices),
    "invoices, due": ("billing.view_invoice", _owed),
    "prescriptions, open": ("pharmacy.view_prescription", _prescriptions),
    "prescriptions": ("pharmacy.view_prescription", _all_prescriptions),
    "appointments of today": ("appointments.view_appointment", _appointments),
    "admissions": ("wards.add_note", _beds),
    "desk": ("doctors.use_desk", desk.of_day),
}


@dataclass(frozen=True)
class Asked:
    name: str
    ask: Callable[[], object]


def _first_page(rows: Callable[[User], object], user: User) -> object:
    found = rows(user)
    return list(found[: PAGE + 1]) if isinstance(found, QuerySet) else found


def questions(crowd: Crowd) -> list[Asked]:
    """What each role asks many times a day."""
    found = []
    for role, user in crowd.users.items():
        for name, (permission, rows) in LISTS.items():
            if user.has_perm(permission):
                found.append(Asked(f"{role}: {name}", partial(_first_page, rows, user)))
        if user.has_perm("patients.view_chart"):
            for whose in ("of today", "of long ago"):
                patient = _somebody(whose)
                ask = lambda user=user, patient=patient: care._ask(user, patient, "id")  # noqa: E731
                found.append(Asked(f"{role}: gate, a patient {whose}", ask))
    return found


def _somebody(whose: str) -> QuerySet:
    order = "-started_at" if whose == "of today" else "started_at"
    visit = Encounter.objects.order_by(order).values_list("patient_id", flat=True).first()
    return Patient.objects.filter(pk=visit)


def statement(ask: Callable[[], object]) -> str:
    """What is asked of the database, which is what grows: making the question costs as much in any hospital."""
    with CaptureQueriesContext(connection) as captured:
        ask()
    return captured.captured_queries[-1]["sql"]


def answered(sql: str, asked: BaseDatabaseWrapper) -> None:
    with asked.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def kept_small() -> BaseDatabaseWrapper:
    """A copy of the database as it is now, which the server throws away with itself."""
    whole, name = connection.settings_dict["NAME"], "hms_bench_small"
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'create database "{name}" template "{whole}"')
    small = connection.copy()
    small.settings_dict["NAME"] = name
    return small


def worst_node(sql: str) -> str:
    """Of the plan of what is asked, the node that takes longest by itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, format json) {sql}")
        (found,) = cursor.fetchone()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    node = max(nodes(plan), key=_own)
    what = " ".join(str(node[name]) for name in ("Node Type", "Relation Name", "Index Name") if name in node)
    return f"{what}: {_own(node):.2f} ms, {node['Actual Rows']} rows × {node['Actual Loops']}"


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for part in plan.get("Plans", []) for node in nodes(part))]


def _own(node: dict[str, Any]) -> float:
    whole = node["Actual Total Time"] * node["Actual Loops"]
    return whole - sum(part["Actual Total Time"] * part["Actual Loops"] for part in node.get("Plans", []))


def run(say: Callable[[str], None], small: int = SMALL, large: int = LARGE) -> bool:
    """Whether every question keeps the bar. Fills the empty database."""
    crowd = Crowd()
    _grown(crowd, small, say)
    before = {asked.name: statement(asked.ask) for asked in questions(crowd)}
    other = kept_small()
    _grown(crowd, large, say)
    say(
        f"scope: medians of {ROUNDS}, in turn, at {small:,} and {large:,} patients; bar {BAR}, or {NOISE} ms; {timing.load()}"
    )
    kept = True
    for asked in questions(crowd):
        sql = statement(asked.ask)
        found = timing.interleaved(
            partial(answered, sql, connection), partial(answered, before[asked.name], other), rounds=ROUNDS, warm=5
        )
        good = found.ratio <= BAR or found.first - found.second <= NOISE
        kept &= good
        say(f"  {asked.name:38} {found.second:8.2f} ms {found.first:8.2f} ms: {found.ratio:6.2f}{'' if good else '  ABOVE THE BAR'}"
            f"\n      worst at {large:,}: {worst_node(sql)}")  # fmt: skip
    other.close()
    say(f"  {timing.load()}")
    return kept


def _grown(crowd: Crowd, size: int, say: Callable[[str], None]) -> None:
    taken = timing.milliseconds(lambda: crowd.grow(size))
    say(f"scope: {size:,} patients written in {taken / 1000:.0f} s")
