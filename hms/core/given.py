"""How what is held on a patient reads when it is given out: every table by itself, in one stable shape.

The shape is told in `SHAPE`, which goes with every file. What is left out is said, and why: departments say it of their
own tables with `keep_back`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache, cached_property
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField, RangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.types.range import Range

from hms.core import held, history
from hms.core.models.tracking import Change

SHAPE = """\
A table has `table` (its name), `label`, `kind` ("rows", or "changes" of rows), `columns`, `rows` and `count`. A column has
`name`, `label` and `type`: text, number, decimal (a number as text, so that 13.20 stays 13.20), yes-no, date, time, moment
(ISO 8601, UTC), period ({"from", "until"}), list, object, reference; one with `choices` holds a code that they put into
words. A reference is {"id"}, and {"id", "name"} where it leads out of the record (`points_at`): to a colleague, a
medicine, a price.
"""
CHUNK = 500
PICTURE = "data:image/"
OF_CHANGES = ("pgh_user", "pgh_transaction")
JUDGES = gettext_lazy("judges how a colleague worked; it says nothing of the patient")
# Whether there is any is not told either: an investigation may not be known to whom it is about.
PROCEEDINGS = gettext_lazy("about keeping the record for courts and authorities, if anything: ask the hospital")


@dataclass(frozen=True)
class KeptBack:
    """What of a table is not given out: whole (neither `columns` nor `rows`), some columns, or the rows that fit."""

    why: Any
    columns: tuple[str, ...] = ()
    rows: Q | None = None
    counted: bool = True


_kept_back: dict[type[models.Model], list[KeptBack]] = {}


def keep_back(model: type[models.Model], *columns: str, why: Any, rows: Q | None = None, counted: bool = True) -> None:
    """Leave out of what is given to a patient: these columns of a table, these rows, or all of it where neither is
    said; of the changes of its rows as well. What is not `counted` is told as left out whether there is any or none.
    Called from an app's `ready()`; twice the same is once."""
    rule = KeptBack(why, columns, rows, counted)
    if all((each.columns, each.rows) != (rule.columns, rule.rows) for each in _kept_back.setdefault(model, [])):
        _kept_back[model].append(rule)


@dataclass(frozen=True)
class LeftOut:
    """`rows` is how many rows it concerns, where it is not columns and may be known."""

    table: str
    label: str
    columns: tuple[str, ...]
    rows: int | None
    why: str

    @property
    def words(self) -> str:
        """For people: what is left out of which table."""
        if self.columns:
            return f"{self.label} ({', '.join(self.columns)})"
        if self.rows is None:
            return self.label
        return _("%(what)s: %(n)s") % {"what": self.label, "n": self.rows}


@dataclass(frozen=True)
class Column:
    field: models.Field
    target: type[models.Model] | None

    @property
    def name(self) -> str:
        return self.field.name

    @cached_property
    def points_out(self) -> bool:
        """Whether it leads to something that is not the patient's own, and is therefore named."""
        return self.target is not None and self.target not in _inside()

    def head(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "label": str(self.field.verbose_name), "type": self._type()}
        if self.target is not None:
            told["points_at"] = self.target._meta.label_lower
        if self.field.choices:
            told["choices"] = {str(code): str(label) for code, label in self.field.flatchoices}
        return told

    def _type(self) -> str:
        if self.target is not None:
            return "reference"
        field = getattr(self.field, "output_field", None) or self.field  # of a generated column
        return next((name for kind, name in TYPES if isinstance(field, kind)), "text")


@cache
def _inside() -> frozenset[type[models.Model]]:
    return frozenset(held.tables())


TYPES: list[tuple[type[models.Field], str]] = [
    (models.BooleanField, "yes-no"),
    (models.DecimalField, "decimal"),
    (models.IntegerField, "number"),
    (models.DateTimeField, "moment"),
    (models.DateField, "date"),
    (models.TimeField, "time"),
    (models.JSONField, "object"),
    (ArrayField, "list"),
    (RangeField, "period"),
]


class Table:
    """One table as it is given out for one patient."""

    def __init__(self, model: type[models.Model], patient_id: UUID) -> None:
        self.model = model
        self.is_changes = issubclass(model, Change)
        self.of = model.pgh_tracked_model if self.is_changes else model
        self.rules = _kept_back.get(self.of, [])
        self.patient_id = patient_id
        self.count = 0

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @cached_property
    def columns(self) -> list[Column]:
        without = {name for rule in self.rules for name in rule.columns}
        without |= set(OF_CHANGES) if self.is_changes else set()
        return [Column(f, self._target(f)) for f in self.model._meta.concrete_fields if f.name not in without]

    def _target(self, field: models.Field) -> type[models.Model] | None:
        """What a column points at; the keys in a row of changes are kept as values."""
        if self.is_changes and not field.name.startswith("pgh_"):
            field = self.of._meta.get_field(field.name)
        return field.remote_field.model if field.remote_field else None

    @property
    def is_kept_whole(self) -> bool:
        """Whether nothing of it is given out."""
        return any(not rule.columns and rule.rows is None for rule in self.rules)

    def _query(self) -> models.QuerySet:
        return held.rows(self.model, self.patient_id)

    def head(self) -> dict[str, Any]:
        kind = "changes" if self.is_changes else "rows"
        return {
            "table": self.name,
            "label": self.label,
            "kind": kind,
            "columns": [column.head() for column in self.columns],
        }

    def left_out(self) -> Iterator[LeftOut]:
        """What of it is kept back. Rows are counted; columns of a table are told once, not again of its changes."""
        for rule in self.rules:
            if rule.columns:
                if not self.is_changes:
                    yield LeftOut(self.name, self.label, rule.columns, None, str(rule.why))
            elif not rule.counted:
                yield LeftOut(self.name, self.label, (), None, str(rule.why))
            elif count := self._kept_rows(rule).count():
                yield LeftOut(self.name, self.label, (), count, str(rule.why))

    def _kept_rows(self, rule: KeptBack) -> models.QuerySet:
        return self._query() if rule.rows is None else self._query().filter(rule.rows)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row, by its key. Queries: one, and one for the names of what each so many rows point at."""
        query = self._query()
        for rule in self.rules:
            if not rule.columns:
                query = query.none() if rule.rows is None else query.exclude(rule.rows)
        names: dict[tuple[type, Any], str] = {}
        attributes = [column.field.attname for column in self.columns]
        found = query.order_by("pk").values_list(*attributes).iterator(chunk_size=CHUNK)
        for chunk in _chunks(iter(found)):
            self._look_up(chunk, names)
            for row in chunk:
                self.count += 1
                yield {column.name: said(column, value, names) for column, value in zip(self.columns, row, strict=True)}

    def _look_up(self, chunk: Iterable[tuple], names: dict[tuple[type, Any], str]) -> None:
        wanted: dict[type[models.Model], set[Any]] = {}
        for place, column in enumerate(self.columns):
            if column.points_out and column.target is not None:
                keys = {row[place] for row in chunk} - {None}
                wanted.setdefault(column.target, set()).update(key for key in keys if (column.target, key) not in names)
        names |= history.names({model: keys for model, keys in wanted.items() if keys})


def _chunks(found: Iterator[tuple]) -> Iterator[list[tuple]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def said(column: Column, value: Any, names: dict[tuple[type, Any], str]) -> Any:
    """A stored value in the shape that the head of this file tells of."""
    if value is not None and column.target is not None:
        named = {"name": names.get((column.target, value), "")} if column.points_out else {}
        return {"id": str(value), **named}
    return plain(value)


def plain(value: Any) -> Any:
    for kind, words in PLAIN:
        if isinstance(value, kind):
            return words(value)
    return value if isinstance(value, bool | int | float) or value is None else str(value)


def _text(value: str) -> str:
    return _("(a drawn signature: left out, it is its writer's)") if value.startswith(PICTURE) else value


PLAIN: list[tuple[type, Callable[[Any], Any]]] = [
    (str, _text),
    (Decimal, str),
    (datetime, lambda value: value.astimezone(UTC).isoformat()),
    (date, date.isoformat),
    (time, time.isoformat),
    (Range, lambda value: {"from": plain(value.lower), "until": plain(value.upper)}),
    (dict, lambda value: {str(name): plain(each) for name, each in value.items()}),
    (list, lambda value: [plain(each) for each in value]),
    (memoryview, lambda value: base64.b64encode(value).decode()),
    (bytes, lambda value: base64.b64encode(value).decode()),
]


def tables(patient_id: UUID) -> Iterator[Table]:
    """Every table in which something is held on a patient, what is pointed at before what points at it."""
    for model in held.tables():
        yield Table(model, patient_id)


def register_own() -> None:
    """What the core keeps back of its own."""
    from hms.core.models import AuditEvent, Document, Erasure, FindingReview, LegalHold

    keep_back(Document, "content", why=gettext_lazy("stands as a file in the folder documents"))
    keep_back(
        AuditEvent, "source", "detail", "transaction",
        why=gettext_lazy("addresses of the hospital's computers, and codes that may tell of other patients; who did what, when and why is told"),
    )  # fmt: skip
    keep_back(FindingReview, why=JUDGES)
    keep_back(AuditEvent, rows=Q(action__in=["patients.grant.reviewed", "core.audit.finding_judged"]), why=JUDGES)
    for model in (LegalHold, Erasure):
        keep_back(model, why=PROCEEDINGS, counted=False)
    kept = Q(action__startswith="core.legal_hold.") | Q(action__startswith="core.erasure.")
    keep_back(AuditEvent, rows=kept, why=PROCEEDINGS, counted=False)
