"""The integrity oracle: what must be true of the stored hospital, asked of all of it.

Each app registers its checks from `ready()`. A check yields one line for each fault, saying what is
wrong where; it names rows by number or id, never a patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.db import connection, transaction

Check = Callable[[], Iterable[str]]


@dataclass(frozen=True)
class Named:
    name: str
    check: Check


_checks: dict[str, Named] = {}


def register(name: str, check: Check) -> None:
    _checks[name] = Named(name, _of_whole_tables(check))


def _of_whole_tables(check: Check) -> Check:
    """A check reads tables from end to end, so it never looks rows up one by one: where the planner still takes a table
    that was just filled for an empty one, that would last for hours."""

    def run() -> Iterator[str]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local enable_nestloop = off")
            yield from check()
            cursor.execute("set local enable_nestloop = on")

    return run


def checks() -> list[Named]:
    return sorted(_checks.values(), key=lambda named: named.name)


def query(sql: str, text: str) -> Check:
    """A check by SQL: every row it returns is a fault; `text` is filled with the row's columns by position."""

    def run() -> Iterator[str]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for row in cursor.fetchmany(1000):
                yield text.format(*row)

    return run
