"""What is said of a patient stays in the record: no log line, no task, nothing in the queue, and no address holds any of it.

Everything is told at the level of DEBUG, and everything breaks on the way: a view, a task, a statement whose row
PostgreSQL quotes.
"""

from __future__ import annotations

import io
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import redis
import time_machine
from celery.signals import before_task_publish
from django.conf import settings
from django.db import connection
from django.test import Client

from hms.core import logs
from hms.core.logs import JsonFormatter
from hms.core.management.commands.relay import relay_once
from hms.core.models import Facility, OutboxMessage, User
from hms.core.tasks import deliver
from hms.supervisor.postgres import DISCREET
from hms.weblog import Lines
from patients.models import Patient
from tests.project.routes import routes
from tests.project.test_day import Day, spend, staffed
from tests.project.walked import Walked, walk

MARK = "Vyxqua"
ADDRESS = re.compile(r'(?:href|src|action|formaction|hx-get|hx-post|data-pick-url|data-[a-z-]*)="([^"]*)"')


class Told:
    """All that the house says of itself, in the lines of its logs, at the level of DEBUG."""

    def __init__(self) -> None:
        self.text = io.StringIO()
        self.handler = logging.StreamHandler(self.text)
        self.handler.setFormatter(JsonFormatter())
        self.handler.setLevel(logging.DEBUG)

    def __enter__(self) -> Told:
        root = logging.getLogger()
        self.before = [(root, root.level, root.disabled)]
        for name in list(logging.Logger.manager.loggerDict):
            logger = logging.getLogger(name)
            self.before.append((logger, logger.level, logger.disabled))
            if not name.startswith(("asyncio", "fontTools", "faker", "factory")):
                logger.setLevel(logging.DEBUG)
                logger.disabled = False
        root.setLevel(logging.DEBUG)
        root.addHandler(self.handler)
        return self

    def __exit__(self, *_how: object) -> None:
        logging.getLogger().removeHandler(self.handler)
        for logger, level, disabled in self.before:
            logger.setLevel(level)
            logger.disabled = disabled

    def lines(self) -> str:
        return self.text.getvalue()


def words(*patients: Patient) -> set[str]:
    """By which somebody could be known."""
    found = {MARK, MARK.lower(), "Brandvold", "Ilse"}
    for each in patients:
        found |= {each.given_name, each.family_name, each.mrn, each.phone, each.phone[-8:], each.email}
    return {word for word in found if len(word) > 3}


def known(text: str, those: set[str]) -> list[str]:
    """The lines in which one of these words stands."""
    return [line[:4000] for line in text.splitlines() if any(word in line for word in those)]


@pytest.fixture
def morning() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The real broker of the tests, empty."""
    client = redis.Redis(unix_socket_path=settings.REDIS_URL.split("://", 1)[1].partition("?")[0])
    client.delete("celery")
    yield client
    client.delete("celery")


def everything_in(broker: redis.Redis) -> str:
    found = []
    for key in broker.keys("*"):
        kind = broker.type(key)
        value = {
            b"list": lambda key: broker.lrange(key, 0, -1),
            b"hash": broker.hgetall,
            b"set": broker.smembers,
            b"zset": lambda key: broker.zrange(key, 0, -1, withscores=True),
        }.get(kind, broker.get)(key)
        found.append(f"{key!r}: {value!r}")
    return "\n".join(found)


def quoting(event: str, table: str) -> None:
    """From here on PostgreSQL refuses such rows, and quotes them, as it does of its own rules."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create or replace function quoting() returns trigger language plpgsql as $$ begin raise exception"
            " 'duplicate key value: %', new using detail = new::text, errcode = 'unique_violation'; end $$"
        )
        cursor.execute(f"create trigger quoting before {event} on {table} for each row execute function quoting()")


def handler_that_quotes(patient_id: str) -> None:
    """A message whose work fails with the patient in its words."""
    patient = Patient.objects.get(pk=patient_id)
    raise ValueError(f"cannot bill {patient.given_name} {patient.family_name}, {patient.mrn}")


def handler_that_is_refused(patient_id: str) -> None:
    Patient.objects.filter(pk=patient_id).update(city="Leeds")


def break_everything(walked: Walked, day: Day) -> None:
    """A view, a task and a task's statement, each with the patient in the words of its exception."""
    quoting("insert or update", "patients_patient")
    desk = day.clients["receptionist"]
    desk.raise_request_exception = False
    fields = {
        "_key": str(uuid.uuid4()),
        "given_name": MARK,
        "family_name": MARK,
        "sex": "female",
        "birth_date": "1980-02-03",
    }
    assert desk.post("/patients/register", fields | {"duplicates_seen": "on"}).status_code == 500
    for handler in (handler_that_quotes, handler_that_is_refused):
        message = OutboxMessage.objects.create(
            topic="patients.patient.registered",
            handler=f"{handler.__module__}.{handler.__qualname__}",
            payload={"patient_id": str(walked.patient.pk)},
        )
        assert deliver.apply((message.pk,)).failed()


def test_no_log_line_and_nothing_in_the_queue_says_whom_it_concerns(
    north: Facility,
    person: Callable[..., User],
    browser_of: Callable[[User], Client],
    morning: None,
    broker: redis.Redis,
) -> None:
    published: list[str] = []

    def note(body: object = None, headers: object = None, **_more: object) -> None:
        published.append(f"{body!r} {headers!r}")

    before_task_publish.connect(note)
    try:
        with Told() as told:
            walked = staffed(north, person, mark=MARK)
            day = Day(walked, browser_of)
            spend(day)
            for client in day.clients.values():
                client.raise_request_exception = False
            for route in routes():
                if not route.access.public:
                    day.clients[walked.who_may(route).roles[0]].get(walked.url(route))
            OutboxMessage.objects.update(done_at=None, dead_at=None, available_at=datetime(2026, 1, 1, tzinfo=UTC))
            assert relay_once() > 5
            queued = everything_in(broker)
            break_everything(walked, day)
    finally:
        before_task_publish.disconnect(note)
    those = words(walked.patient, Patient.objects.get(family_name="Brandvold"))
    lines = told.lines()
    assert (
        lines.count("\n") > 60
        and "IntegrityError" in lines
        and "ValueError" in lines
        and "hms.core.tasks.deliver" in lines
    )
    assert known(lines, those) == []
    assert len(published) > 5 and known("\n".join(published), those) == []
    assert "hms.core.tasks.deliver" in queued and known(queued, those) == []
    # What an administrator reads of a message that failed.
    failed = OutboxMessage.objects.exclude(last_error="").values_list("last_error", flat=True)
    assert len(failed) == 2 and known("\n".join(failed), those) == []


def test_a_formatter_that_tells_all_is_found(
    north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client], morning: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A line that is what it was told to be: Celery tells the words of an exception, PostgreSQL's with the whole row."""
    walked = walk(north, person, mark=MARK)
    monkeypatch.setattr(logs, "_said", logging.LogRecord.getMessage)
    with Told() as told:
        break_everything(walked, Day(walked, browser_of))
    found = known(told.lines(), words(walked.patient))
    assert any("cannot bill" in line for line in found) and any("DETAIL" in line for line in found)


def test_no_address_says_whom_it_leads_to(
    north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client], morning: None
) -> None:
    """Links, forms, pictures and panels of every page, and where answers lead."""
    walked = walk(north, person, mark=MARK)
    clients = {code: browser_of(user) for code, user in walked.users.items()}
    those = words(walked.patient)
    found, seen = [], 0
    for route in routes():
        if route.access.public:
            continue
        answer = clients[walked.who_may(route).roles[0]].get(walked.url(route))
        page = answer.getvalue().decode(errors="replace") if "html" in answer.headers.get("Content-Type", "") else ""
        addresses = [
            answer.headers.get("Location", ""),
            answer.headers.get("Content-Disposition", ""),
            *ADDRESS.findall(page),
        ]
        seen += len(addresses)
        found += [f"{route.name}: {each}" for each in addresses if any(word in each for word in those)]
    assert seen > 2000
    assert found == [], "\n".join(dict.fromkeys(found))


def test_the_database_says_of_what_failed_neither_the_statement_nor_the_row(db: None) -> None:
    with connection.cursor() as cursor:
        for setting in DISCREET:
            name, _equals, value = setting.partition("=")
            cursor.execute(f"show {name}")
            assert cursor.fetchone() == (value,)


def test_what_gunicorn_says_of_an_answer_that_breaks_names_nobody() -> None:
    def line(text: str, *args: object) -> str:
        try:
            raise ValueError("Zephyrine Quillfeather owes 5.00")
        except ValueError as failure:
            known_by = (type(failure), failure, failure.__traceback__)
            record = logging.LogRecord("gunicorn.error", logging.ERROR, __file__, 1, text, args, known_by)
            return Lines(logging.Formatter()).format(record)

    assert "Quillfeather" not in line("Error handling request %s", "/billing/invoices/") and "ValueError" in line("x")
    assert "Quillfeather" in line("Exception in worker process"), (
        "at the start there is no patient, and one must know why"
    )


def test_no_line_is_forged() -> None:
    """Whatever a request says of itself: one line is one object, and says one thing."""
    said = 'x\n{"at": "2026-11-20T09:00:00", "event": "all is well"}\r\n\u2028\u0085\x1b[2J"'
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (said,), None)
    record.who = said
    line = JsonFormatter().format(record)
    assert "\n" not in line and "\r" not in line and "\x1b" not in line
    assert json.loads(line)["event"] == f"Not Found: {said}"
