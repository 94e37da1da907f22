"""The auditor's pages over an audit of two years: by patient, by person, by period, what is unusual, and a day as a file.

The rows are made by statements over sets, month by month: each month's table is filled, then indexed, then joined to the
rest. They are nobody's, and the database is thrown away. The pages are asked for as a browser does.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.db import connection
from django.test import Client
from django.urls import reverse

from hms.bench import timing
from hms.bench.crowd import Crowd, fill, key, literal, scattered
from hms.core import clock, retention
from hms.core.models import ActKind, AuditEvent, User
from patients.models import Patient
from staff.models import Employee, RosterEntry, Shift

ROWS = 50_000_000
MONTHS = 24
STAFF, PATIENTS = 400, 200_000
LISTED = 20  # patients in a list that was shown
BYTES = 700  # of a row, its indexes and the sorting of them
# A list is waited for; what is unusual, and a file, are so long as there are rows in them.
LIST = 500  # milliseconds
UNUSUAL, FILE = 30, 600  # microseconds for each row that is looked at or written
SLACK = 500  # milliseconds of a page that has little to look at

# What is done all day, of a hundred rows: up to which of them, the act, whether it is about one patient.
ACTS = [
    (40, "patients.chart.viewed", True),
    (55, "patients.patient.seen", True),
    (58, "patients.list.seen", False),
    (70, "laboratory.order.viewed", True),
    (75, "core.document.printed", True),
    (94, "patients.vitals.recorded", True),
    (97, "core.user.signed_in", False),
    (98, "access.refused", True),
    (100, "patients.note.signed", True),
]


@dataclass(frozen=True)
class Asked:
    """A page of the auditor's, and within how many milliseconds it is there. `rounds`: how often it is asked."""

    name: str
    address: str
    most: float
    rounds: int = 5


def room(rows: int) -> None:
    """Refuse what the disk does not hold."""
    free, needed = shutil.disk_usage(tempfile.gettempdir()).free, rows * BYTES
    if free < needed * 1.1:
        raise CommandError(
            f"{rows:,} rows need {needed / 1e9:.0f} GB in {tempfile.gettempdir()}: {free / 1e9:.0f} free."
        )


def people(crowd: Crowd) -> None:
    """Who did it all: employees with accounts, on the roster by day."""
    shift = Shift.objects.create(facility=crowd.facility, name="Day", starts=time(6), ends=time(22))
    staff = f"generate_series(0, {STAFF} - 1) n"
    with connection.cursor() as cursor:
        fill(cursor, User, staff, id=_person("n"), username="'s-' || n", first_name="'Staff'", last_name="'S' || n")
        fill(cursor, Employee, staff, id=key("0009", "n"), facility_id=literal(crowd.facility), user_id=_person("n"),
             number="'S-' || n", given_name="'Staff'", family_name="'S' || n", profession="'nurse'",
             hired_on="date '2020-01-01'", department_id=literal(crowd.departments[0]))  # fmt: skip
        days = f"(select n, day::date as day from {staff}, generate_series(now() - interval '40 days', now(), '1 day') day) d"
        fill(cursor, RosterEntry, days, id="gen_random_uuid()", employee_id=key("0009", "n"), shift_id=literal(shift),
             department_id=literal(crowd.departments[0]), date="day", planned_by_id=literal(crowd.system),
             period="tstzrange(day + interval '6 hours', day + interval '22 hours')")  # fmt: skip


def _person(number: str) -> str:
    return key("0008", number)


def months(now: datetime) -> list[tuple[datetime, datetime]]:
    """The months of the audit, [from, until), the last of them until now."""
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = [(first, now)]
    for _month in range(MONTHS - 1):
        before = (found[0][0] - timedelta(days=1)).replace(day=1)
        found.insert(0, (before, found[0][0]))
    return found


def write(crowd: Crowd, rows: int, say: Callable[[str], None]) -> None:
    """Rows at an even pace from the first month until now."""
    now = clock.now().astimezone(UTC)
    spans = months(now)
    whole = now - spans[0][0]
    written = 0
    there = retention.parts()
    with connection.cursor() as cursor:
        cursor.execute("set maintenance_work_mem = '512MB'")
        cursor.execute("select coalesce(max(id), 0) from core_auditevent")
        begun = cursor.fetchone()[0]
        for first, until in spans:
            last = rows if until == now else round(rows * ((until - spans[0][0]) / whole))
            part = first.strftime(retention.PART)
            if first not in there:
                cursor.execute(f"create table {part} (like core_auditevent including defaults including generated)")
            cursor.execute(_month(crowd, part, first, until, begun, written, last))
            if first not in there:
                bounds = [first, (first + timedelta(days=31)).replace(day=1)]
                cursor.execute(
                    f"alter table core_auditevent attach partition {part} for values from (%s) to (%s)", bounds
                )
            say(f"  {part}: {last - written:,} rows")
            written = last
        cursor.execute("select setval(pg_get_serial_sequence('core_auditevent', 'id'), %s)", [begun + rows])
        cursor.execute("vacuum analyze core_auditevent" if connection.get_autocommit() else "analyze core_auditevent")


def _month(crowd: Crowd, part: str, first: datetime, until: datetime, begun: int, written: int, last: int) -> str:
    """The rows of one month: by day from seven to nine, one in fifty at night."""
    pace = (until - first) / max(last - written, 1)
    even = f"timestamptz '{first:%Y-%m-%d %H:%M:%S%z}' + (n - {written} - 1) * interval '{pace.total_seconds():.9f} seconds'"
    day = "date_trunc('day', even, 'UTC')"
    night = f"{day} + {scattered('n', 21, 6 * 3600)} * interval '1 second'"
    at = f"case when n % 50 = 0 then {night} else {day} + interval '7 hours' + (even - {day}) * 14 / 24 end"
    which = scattered("n", 22, 100)
    act = " ".join(f"when act < {until} then '{name}'" for until, name, _one in ACTS)
    about = " ".join(f"when act < {until} then {str(one).lower()}" for until, _name, one in ACTS)
    patient = key("0002", f"1 + {scattered('n', 23, PATIENTS)}")
    other = key("0002", f"1 + {scattered(f'n * {LISTED} + each', 24, PATIENTS)}")
    listed = f"(select jsonb_agg({other}) from generate_series(1, {LISTED}) each)"
    return f"""
        insert into {part} (id, transaction, at, actor_id, actor_name, role, facility_id, action, object_type, object_id,
            patient_id, reason, detail, source)
        select {begun} + n, {begun} + n, least({at}, timestamptz '{until:%Y-%m-%d %H:%M:%S%z}' - interval '1 second'),
            {_person("who")}, 'Staff S' || who, 'nurse', case when act between 94 and 96 then null else {literal(crowd.facility)} end,
            case {act} end, case when {_about(about)} then 'patients.patient' else '' end,
            case when {_about(about)} then {patient}::text else '' end,
            case when {_about(about)} then {patient} end, '',
            case when act between 55 and 57 then jsonb_build_object('route', 'patients:list', 'patients', {listed})
                else '{{}}'::jsonb end,
            '10.1.' || who % 4 || '.' || who % 200
        from (select n, {even} as even, {which} as act, {scattered("n", 25, STAFF)} as who
            from generate_series({written} + 1, {last}) n) r
    """


def _about(cases: str) -> str:
    return f"(case {cases} end)"


def questions(auditor: User) -> list[Asked]:
    """What an auditor asks, of somebody who has rows."""
    today = clock.today(auditor.facility)
    yesterday = today - timedelta(days=1)
    row = AuditEvent.objects.filter(at__lt=clock.day_bounds(auditor.facility, today)[0], patient_id__isnull=False)
    row = row.exclude(actor=None).order_by("-at", "-id").first()
    assert row is not None and Patient.objects.filter(pk=row.patient_id).exists()
    lists, patient = reverse("reports:audit"), reverse("reports:audit-of-patient", args=[row.patient_id])
    found = reverse("reports:audit-findings")
    week = yesterday - timedelta(days=6)
    whole = today - timedelta(days=31 * MONTHS)
    return [
        Asked("a patient, all months", f"{patient}?first={whole}", LIST),
        Asked("a patient, a year", f"{patient}?first={today - timedelta(days=364)}", LIST),
        Asked("a person, all months", f"{lists}?person={row.actor_id}&first={whole}", LIST),
        Asked("a person, what was changed", f"{lists}?person={row.actor_id}&first={whole}&kind={ActKind.CHANGE}", LIST),
        Asked("an address, all months", f"{lists}?source={row.source}&first={whole}", LIST),
        Asked("everything, a day", f"{lists}?first={yesterday}&last={yesterday}", LIST),
        Asked("everything, 92 days", f"{lists}?first={today - timedelta(days=91)}", LIST),
        Asked("refusals, 92 days", f"{lists}?first={today - timedelta(days=91)}&kind={ActKind.REFUSAL}", LIST),
        Asked("refusals, two years ago", f"{lists}?first={whole}&last={whole + timedelta(days=91)}&kind=refusal", LIST),
        Asked("today, in figures", reverse("reports:audit-panel"), LIST),
        Asked("unusual, a week", f"{found}?first={week}&last={yesterday}", _cost(auditor, week, yesterday, UNUSUAL), 3),
        Asked("a day as CSV", f"{lists}?first={yesterday}&last={yesterday}&format=csv",
              _cost(auditor, yesterday, yesterday, FILE), 1),
    ]  # fmt: skip


def _cost(auditor: User, first: date, last: date, each: int) -> float:
    """How many milliseconds the rows of these days may take, at so many microseconds each."""
    since, until = clock.day_bounds(auditor.facility, first)[0], clock.day_bounds(auditor.facility, last)[1]
    return SLACK + AuditEvent.objects.filter(at__gte=since, at__lt=until).count() * each / 1000


def measure(say: Callable[[str], None], auditor: User) -> bool:
    """Whether every page is there in time."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(auditor, backend=settings.AUTHENTICATION_BACKENDS[0])
    say(f"months: medians and the longest, as the auditor's browser waits; {timing.load()}")
    kept = True
    for asked in questions(auditor):
        size = 0

        def ask(asked: Asked = asked) -> None:
            nonlocal size
            answer = client.get(asked.address)
            if answer.status_code != 200:
                raise RuntimeError(f"{asked.name} answered {answer.status_code}")
            size = len(answer.getvalue())

        taken = [timing.milliseconds(ask) for _round in range(asked.rounds)]
        median = statistics.median(taken)
        good = median <= asked.most
        kept &= good
        say(f"  {asked.name:28} {median:9.0f} ms, longest {max(taken):8.0f}, at most {asked.most:8.0f}; {size / 1e6:6.2f} MB"
            f"{'' if good else '  ABOVE THE BAR'}")  # fmt: skip
    say(f"  {timing.load()}")
    return kept


def run(say: Callable[[str], None], *, rows: int = ROWS) -> bool:
    """Whether every page is there in time. Fills the empty database."""
    room(rows)
    crowd = Crowd()
    crowd.register(PATIENTS)
    people(crowd)
    say(f"months: writing {rows:,} rows over {MONTHS} months")
    taken = timing.milliseconds(lambda: write(crowd, rows, say))
    say(f"  {_held()} in {taken / 60_000:.1f} minutes")
    return measure(say, crowd.users["auditor"])


def _held() -> str:
    """How much there is of it, with its indexes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum(pg_total_relation_size(inhrelid)) from pg_inherits where inhparent = 'core_auditevent'::regclass"
        )
        size: Any = cursor.fetchone()[0]
    return f"{float(size) / 1e9:.1f} GB"
