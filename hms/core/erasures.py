"""What happens to each table and column when a patient's record is erased: said by the app that owns them.

Rows stay where the books, the stock or the figures count on them, and what they say of a person is emptied; what is
purely of the record goes. Each app registers from `ready()`, in its `erasures.py`:

    stays(Payment, why="money that was taken", kept=("number", "amount"), reason=SAID)
    goes(Allergy)

Of what stays, keys are kept, and text that may be blank is blanked. Of every other column it is said here whether it
is kept, or what it becomes (an SQL expression); `unsaid` finds one of which nothing is. The changes of a row lose the
same columns, or go with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.apps import apps
from django.db import models

from hms.core import held
from hms.core.models import AuditEvent
from hms.core.models.tracking import Change

# What a column becomes.
BLANK = "''"
NOTHING = "null"
ERASED = "'Erased'"
# Where a rule of the table demands words in some states: as many rows have some afterwards as before.
SAID = "case when {column} = '' then '' else 'Erased' end"


@dataclass(frozen=True)
class Fate:
    """What becomes of the rows of a table: they go, or these columns become these expressions."""

    model: type[models.Model]
    goes: bool
    why: str = ""
    kept: frozenset[str] = frozenset()
    values: dict[str, str] = field(default_factory=dict)


_fates: dict[type[models.Model], Fate] = {}
_rows: list[tuple[str, Callable[[UUID], models.QuerySet]]] = []
_asked: list[Callable[[UUID, str], Iterable[str]]] = []


def stays(model: type[models.Model], *, why: str, kept: Iterable[str] = (), **values: str) -> None:
    """Rows of `model` stay, because `why`: `kept` columns as they are, the others with what they become."""
    _fates[model] = Fate(model, False, why, frozenset(kept), values)


def goes(*found: type[models.Model]) -> None:
    """Rows of these models, and every change of them, are removed."""
    for model in found:
        _fates[model] = Fate(model, True)


def forbids(words: str, rows: Callable[[UUID], models.QuerySet]) -> None:
    """While there are such rows of a patient, nothing is erased: `words` say what must be done first."""
    _rows.append((words, rows))


def forbids_by(ask: Callable[[UUID, str], Iterable[str]]) -> None:
    """The same where it takes more than rows: `ask(patient_id, ground)` says in words what stands in the way."""
    if ask not in _asked:
        _asked.append(ask)


def obstacles(patient_id: UUID, ground: str) -> list[str]:
    """Everything that stands in the way of an erasure now. One query, and those of `forbids_by`."""
    there = [models.Exists(rows(patient_id).order_by()) for _words, rows in _rows]
    patient = apps.get_model("patients", "Patient")._base_manager.filter(pk=patient_id)
    found = patient.order_by().values_list(*there).first() or ()
    standing = [str(words) for (words, _query), stands in zip(_rows, found, strict=False) if stands]
    return standing + [reason for ask in _asked for reason in ask(patient_id, ground)]


def of(model: type[models.Model]) -> Fate | None:
    return _fates.get(model)


def becomes(model: type[models.Model]) -> dict[str, str]:
    """Column → SQL expression, of everything in a table that stays which is not kept."""
    fate = _fates[model]
    found = {}
    for column in model._meta.concrete_fields:
        said = fate.values.get(column.name) or (BLANK if _blankable(column) and column.name not in fate.kept else "")
        if said:
            found[column.column] = said.format(column=f'"{column.column}"')
    return found


def unsaid() -> list[str]:
    """Tables that are held on a patient, and columns of them, of which nobody said what becomes of them; and what is
    said of columns that are not there."""
    found = []
    for model in held.tables():
        if issubclass(model, Change) or model is AuditEvent:
            continue
        if (fate := _fates.get(model)) is None:
            found.append(model._meta.label)
        elif not fate.goes:
            columns = {column.name for column in model._meta.concrete_fields}
            said = {*fate.kept, *fate.values}
            found += [f"{model._meta.label}.{name} is not there" for name in sorted(said - columns)]
            found += [
                f"{model._meta.label}.{column.name}"
                for column in model._meta.concrete_fields
                if column.name not in said and not _key(column) and not _blankable(column)
            ]
    return found


def _key(column: models.Field) -> bool:
    """Where a row stands and when it was made; and what the database makes of other columns by itself."""
    return bool(column.primary_key or column.remote_field or column.generated or column.name == "created_at")


def _blankable(column: models.Field) -> bool:
    text = isinstance(column, models.CharField | models.TextField)
    return text and column.blank and not column.choices and not column.null
