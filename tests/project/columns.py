"""Every column of every model, sent with a form that does not ask for it; and what forms do, row by row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import connection, models

from tests.project.matrix import MINUTES, Answer, ask
from tests.project.pages import Page
from tests.project.planted import STRANGER
from tests.project.sent import Sent

PLANTED = "Pfropfreis"
KEYS = (models.AutoField, models.UUIDField, models.ForeignKey)
# (table, column) → how often each value was written.
Values = dict[tuple[str, str], Counter]


def value_of(column: models.Field, was: Any = None) -> str:
    """A value of the column's type that stands nowhere else; of those that have few values, another than it `was`."""
    kind = column.get_internal_type()
    if column.choices:
        values = [str(value) for value, _label in column.flatchoices if value]
        return next((value for value in values if value != str(was)), PLANTED)
    if kind == "BooleanField":
        return "false" if str(was) == "True" else "true"
    if "Integer" in kind:
        return "98765"
    known = {
        "DecimalField": "98765.43",
        "DateField": "1987-06-05",
        "DateTimeField": "1987-06-05T04:03",
        "TimeField": "04:03",
    }
    known |= {
        "UUIDField": STRANGER,
        "ForeignKey": STRANGER,
        "OneToOneField": STRANGER,
        "JSONField": f'{{"{PLANTED}": 1}}',
    }
    return known.get(kind, PLANTED)


def columns() -> dict[str, list[str]]:
    """Every column of every model, with a value of its type."""
    said = {}
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            said[column.name] = said[column.attname] = [value_of(column)]
    return said


class Acts:
    """What forms do, row by row: the rows that are there once one was sent, and are not there without it."""

    def __init__(self) -> None:
        self.before: dict[str, Counter] = {}

    def of(self, page: Page, sent: Sent, more: dict[str, Any]) -> tuple[Answer, Values]:
        after: dict[str, Counter] = {}

        def look(changes: list[tuple[str, str]]) -> None:
            tables = {table.partition(".")[0] for table, _values in changes if table not in MINUTES}
            after.update({table: _rows(table) for table in tables})

        answer = ask(page.client, "POST", sent.action, more | sent.filled(), look=look)
        found: Values = {}
        if answer.status in (204, 302):
            for table, rows in after.items():
                if table not in self.before:
                    self.before[table] = _rows(table)
                for row in (rows - self.before[table]).elements():
                    for column, value in json.loads(row).items():
                        found.setdefault((table, column), Counter())[str(value)] += 1
        return answer, found


def _rows(table: str) -> Counter:
    with connection.cursor() as cursor:
        cursor.execute(f"select (to_jsonb(t) - 'content')::text from \"{table}\" t")
        return Counter(row for (row,) in cursor.fetchall())


def strays(every: Iterable[tuple[Page, Sent]]) -> tuple[list[str], int]:
    """The forms by which a column was set that they do not ask for; and how many acts were done with all of them sent.

    A form is sent as it is, and with every column of every model, in those that it writes with other values than it
    wrote: it must do the same. Where it does not, it is sent once more as it is: what differs then too is chance (codes,
    numbers). Keys always differ; a planted one is found where it was written.
    """
    found, done = [], 0
    acts, anything = Acts(), columns()
    by_place = {
        (model._meta.db_table, column.column): column
        for model in apps.get_models()
        for column in model._meta.concrete_fields
    }
    for page, sent in every:
        _answer, plain = acts.of(page, sent, {})
        more = dict(anything)
        for place, values in plain.items():
            if column := by_place.get(place):
                more[column.name] = more[column.attname] = [value_of(column, next(iter(values)))]
        more = {name: value for name, value in more.items() if name not in sent.fields}
        answer, with_them = acts.of(page, sent, more)
        done += answer.status in (204, 302)
        where = f"{page.route.name} → {sent.action}"
        if answer.status >= 500:
            found.append(f"{where}: {answer.status}")
        for table, values in answer.changes:
            if table not in MINUTES and any(word in values for word in (PLANTED, "98765", "00000000f00f")):
                found.append(f"{where}: {table}")
        differ = {place for place in {*plain, *with_them} if plain.get(place) != with_them.get(place)}
        if any(not isinstance(by_place.get(place), KEYS) for place in differ):
            _answer, again = acts.of(page, sent, {})
            certain = {place for place in {*plain, *with_them} if plain.get(place) == again.get(place)}
            found += [
                f"{where}: {table}.{column}"
                for table, column in sorted(certain)
                if plain.get((table, column)) != with_them.get((table, column))
            ]
    return found, done
