"""Every route × every role × every method × one's own patient, another department's, another facility's, and one whose
record is kept narrower than a role.

`ask` sends one request and takes everything back that it did, so that the next one finds the same hospital.
"""

from __future__ import annotations

import copy
import fcntl
import os
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from hms.core import access, roles
from tests.conftest import sign_in
from tests.project.hospitals import KINDS, Hospital
from tests.project.routes import Route, routes

DOORS = ("Location: /accounts/login/", "Location: /accounts/again/", "/break-glass?next=")
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# What a request writes that changes nothing of the hospital: what was looked at, that somebody is there, that a
# form was sent (taken back with it where the act is refused).
MINUTES = {
    "core_auditevent", "core_document.prints", "core_session", "core_presence", "core_submittedform", "core_guesscount",
}  # fmt: skip
# Nothing but these is ever another after a refusal.
REFUSALS = {"core_auditevent", "core_session", "core_presence", "core_submittedform", "core_guesscount"}
REFUSED = {403, 404, 405}
CHANGE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"(?: SET "(\w+)")?', re.IGNORECASE)

NO_ROW = {"code", "kind", "department", "provider_id", "pk", "act", "role", "record"}


def concerns_a_row(route: Route) -> bool:
    return bool(set(route.arguments) - NO_ROW)


def kinds_of(route: Route) -> tuple[str, ...]:
    """The objects that a route is tried with: a record is kept narrower only where there is one."""
    if not concerns_a_row(route):
        return ("own",)
    return KINDS if {"row_id", *access.arguments()} & set(route.arguments) else KINDS[:3]


@dataclass
class Answer:
    """`changes`: (table, what was sent with it) of each statement that changes."""

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


def ask(
    client: Client,
    method: str,
    address: str,
    fields: dict[str, Any] | None = None,
    *,
    keep: bool = False,
    look: Callable[[list[tuple[str, str]]], None] | None = None,
    **headers: str,
) -> Answer:
    """`keep`: what a refusal did is not taken back. `look` is called with what changed before it is taken back."""
    changes: list[tuple[str, str]] = []

    def note(execute: Callable, sql: str, params: Any, many: bool, context: dict) -> Any:
        if change := CHANGE.match(sql):
            table, column = change.groups()
            changes.append((f"{table}.{column}" if table == "core_document" else table, str(params)))
        return execute(sql, params, many, context)

    answer: HttpResponse
    cookies = copy.copy(client.cookies)
    try:
        with transaction.atomic():
            with connection.execute_wrapper(note):
                if method == "POST":
                    answer = client.post(address, {"_key": str(uuid.uuid4()), **(fields or {})}, headers=headers)
                else:
                    answer = client.generic(method, address, headers=headers)
                body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if look:
                look(changes)
            if not (keep and answer.status_code in REFUSED):
                raise _Undo
    except _Undo:
        pass
    client.cookies = cookies
    said = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return Answer(answer.status_code, f"{said}\n{body.decode(errors='replace')}", changes)


def stands_in_tables() -> dict[str, str]:
    """Every table of the database but those of REFUSALS: how many rows it has, and a hash of all that stands in them."""
    with connection.cursor() as cursor:
        cursor.execute("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace")
        names = [name for (name,) in cursor.fetchall() if not any(name.startswith(minute) for minute in REFUSALS)]
        one = "select '{0}', count(*)||' '||coalesce(sum(hashtextextended(t::text, 0)), 0) from \"{0}\" t"
        cursor.execute(" union all ".join(one.format(name) for name in sorted(names)))
        return dict(cursor.fetchall())


def browser(stands: Hospital, code: str) -> Client:
    client = sign_in(stands.asked[code])
    client.raise_request_exception = False
    return client


# (name, method, object): the roles it opened to.
Found = dict[tuple[str, str, str], set[str]]
AskForAll = Callable[[Hospital, str, Client, Any, Found], list[str]]


def walk_all(
    ask_for_all: AskForAll, stands: Hospital, codes: Iterable[str], those: Iterable[Any]
) -> tuple[Found, list[str]]:
    """Whom each of those places opened to, and every fault that no table could excuse. `ask_for_all` asks for one place
    as one role, adds to what was found, and says its faults; all that the refusals of a role did is looked for at once."""
    found: Found = {}
    faults: list[str] = []
    for code in codes:
        client = browser(stands, code)
        before = stands_in_tables()
        with transaction.atomic():
            for place in those:
                faults += ask_for_all(stands, code, client, place, found)
            after = stands_in_tables()
            transaction.set_rollback(True)
        if changed := sorted(name for name in before if before[name] != after[name]):
            faults.append(f"{code}: its refusals changed {changed}")
    return found, faults


# The reviewed form: one line for each address and method that opens, with the roles and the objects it opens to.


def table(found: Found, those: Iterable[Route] | None = None) -> list[str]:
    lines = []
    for route in those or routes():
        for method in ("GET", "POST"):
            for kind in kinds_of(route):
                who = found.get((route.name, method, kind), set())
                if kind == "own" or who:
                    lines.append(f"{route.name:<38} {method:<4} {kind:<7} {named(who)}")
    return lines


def named(who: set[str]) -> str:
    return "everyone" if who >= set(roles.ROLES) else " ".join(code for code in roles.ROLES if code in who) or "nobody"


def read(reviewed: Path) -> Found:
    """What such a table says. `own+other` stands for both."""
    found: Found = {}
    for line in reviewed.read_text().splitlines():
        name, method, kinds, *who = line.split()
        said = {"everyone": set(roles.ROLES), "nobody": set()}
        found |= {(name, method, kind): said.get(who[0], set(who)) for kind in kinds.split("+")}
    return found


def differences(found: Found, reviewed: Path, codes: Iterable[str], write: Callable[[Found], list[str]]) -> list[str]:
    """Where a table says otherwise of these roles than was found, and where it is not as `write` writes it. With
    HMS_WRITE_MATRIX it is written instead."""
    asked = set(codes)
    if os.environ.get("HMS_WRITE_MATRIX"):
        with reviewed.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # another part of the roles may be written by another process
            before = read(reviewed)
            both = {key: before.get(key, set()) - asked | found.get(key, set()) for key in {*before, *found}}
            file.truncate(0)
            file.write("\n".join(write(both)) + "\n")
    said = read(reviewed)
    wrong = [
        f"{' '.join(key)}: found {named(now)}, reviewed {named(was)}"
        for key in sorted({*found, *said})
        if (now := found.get(key, set())) != (was := said.get(key, set()) & asked)
    ]
    lines = set(reviewed.read_text().splitlines())
    return wrong + [f"{line}: as the table should say it, or not" for line in sorted(lines ^ set(write(said)))]
