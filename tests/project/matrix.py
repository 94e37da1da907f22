"""Every route × every role × every method × one's own patient, another department's and another facility's.

`ask` sends one request and takes everything back that it did, so that the next one finds the same hospital.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import time_machine
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from hms.core import people, roles
from hms.core.models import Department, Facility, User
from tests.conftest import employ, make_facility
from tests.project.routes import Route, routes
from tests.project.walked import Walked, walk

OTHER, FOREIGN = "Vyxqua", "Zwofkam"
# The roles whose people belong to one department. The others' work is the whole facility's.
OF_A_DEPARTMENT = {"doctor", "nurse", "pathologist", "lab_technician", "pharmacist"}
DOORS = ("Location: /accounts/login/", "Location: /accounts/again/", "/break-glass?next=")
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# What a request writes that changes nothing of the hospital: what was looked at, that somebody is there, that a
# form was sent (taken back with it where the act is refused).
MINUTES = {
    "core_auditevent", "core_document.prints", "core_session", "core_presence", "core_submittedform", "core_guesscount",
}  # fmt: skip
CHANGE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"(?: SET "(\w+)")?', re.IGNORECASE)


@dataclass
class Hospital:
    """`objects`: "own" (the outpatients', where the roles asked about work), "other" (the surgery's), "foreign"."""

    objects: dict[str, Walked]
    asked: dict[str, User]


@contextmanager
def hospital(facility: Facility, person: Callable[..., User]) -> Iterator[Hospital]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        ours = facility.departments.get()
        surgery = Department.objects.create(facility=facility, code="surgery", name="Surgery")
        elsewhere = make_facility("S", "Southside Clinic")
        objects = {
            "own": walk(facility, person),
            "other": walk(facility, person, mark=OTHER, department=surgery),
            "foreign": walk(elsewhere, person, mark=FOREIGN),
        }
        yield Hospital(objects, {code: _asks(code, facility, ours) for code in roles.ROLES})


def _asks(code: str, facility: Facility, department: Department) -> User:
    user = User.objects.create(username=f"asks-{code}", last_name="Asker", is_staff=code == "administrator")
    people.grant(
        None, user=user, facility=facility, role=code, department=department if code in OF_A_DEPARTMENT else None
    )
    if code in OF_A_DEPARTMENT:
        employ(user, code, facility)
    return User.objects.get(pk=user.pk).at(facility)


NO_ROW = {"code", "kind", "department", "provider_id", "pk", "act", "role", "record"}


def concerns_a_row(route: Route) -> bool:
    return bool(set(route.arguments) - NO_ROW)


@dataclass
class Answer:
    status: int
    text: str
    changes: list[tuple[str, str]]

    @property
    def written(self) -> set[str]:
        """The tables it wrote to."""
        return {table for table, _values in self.changes}

    @property
    def opened(self) -> bool:
        """Let in: shown, done, or told what the form lacks."""
        return (self.status < 400 and not self.at_a_door) or self.status == 422

    @property
    def at_a_door(self) -> bool:
        return self.status == 302 and any(door in self.text for door in DOORS)


class _Undo(Exception):
    pass


def ask(client: Client, method: str, address: str, fields: dict[str, Any] | None = None, **headers: str) -> Answer:
    changes: list[tuple[str, str]] = []

    def note(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        if change := CHANGE.match(sql):
            table, column = change.groups()
            changes.append((f"{table}.{column}" if table == "core_document" else table, str(params)))
        return execute(sql, params, many, context)

    answer: HttpResponse
    cookies = copy.deepcopy(client.cookies)
    try:
        with transaction.atomic():
            with connection.execute_wrapper(note):
                if method == "POST":
                    answer = client.post(address, {"_key": str(uuid.uuid4()), **(fields or {})}, headers=headers)
                else:
                    answer = client.generic(method, address, headers=headers)
            raise _Undo
    except _Undo:
        client.cookies = cookies
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    said = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return Answer(answer.status_code, f"{said}\n{body.decode(errors='replace')}", changes)


def marked(answer: Answer, *those: Walked) -> bool:
    """Whether the answer's status line, headers, body or redirect say anything of these patients."""
    words = [word for each in those for word in _words(each)]
    return any(word in answer.text for word in words)


def _words(walked: Walked) -> list[str]:
    patient = walked.patient
    return [patient.given_name, patient.family_name, patient.mrn, patient.phone, patient.email]


def table(found: dict[tuple[str, str, str], set[str]], those: Iterable[Route] | None = None) -> list[str]:
    """The reviewed form: one line for each route and method that opens, with the roles and the objects it opens to."""
    lines = []
    for route in those or routes():
        for method in ("GET", "POST"):
            for kind in ("own", "other", "foreign") if concerns_a_row(route) else ("own",):
                who = found.get((route.name, method, kind), set())
                if kind == "own" or who:
                    named = " ".join(code for code in roles.ROLES if code in who) or "nobody"
                    everyone = "everyone" if who >= set(roles.ROLES) else named
                    lines.append(f"{route.name:<38} {method:<4} {kind:<7} {everyone}")
    return lines
