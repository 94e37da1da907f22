"""The memory of rows that change: the database itself writes down every row as it was added, changed or removed.

`@tracked()` above a model makes its table of changes (`PatientChange`) and the triggers that fill it, with
django-pghistory. They see what any statement did, by whatever way: a service, a bulk update, plain SQL. Who did it,
in which act and why, is found by the transaction (hms.core.history): every act leaves an audit row in its own.

Different from what the library does by itself:
- the triggers' functions run as the owner of the tables (SECURITY DEFINER), so that the application's own role needs
  no right to write history, and has none (manage.py grant_app_role): nobody can make up a change;
- `pgtrigger.ignore`, by which any session could switch its triggers off, does nothing to them;
- nothing is said from the application to the database with each statement: the transaction's number is enough.

A model whose rows can change and which is not tracked says why, in `untracked`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
import pgtrigger
from django.db import models
from django.db.migrations.state import ProjectState
from pghistory.models import Event
from pgtrigger import compiler
from pgtrigger import migrations as trigger_migrations

from hms.core.models.base import CurrentTransaction

Model = TypeVar("Model", bound=type[models.Model])

INSERT, UPDATE, DELETE = "insert", "update", "delete"


class DatabaseUser(models.Func):
    """Who signed in to the database: the application, or somebody who works around it."""

    template = "session_user::text"
    output_field = models.CharField(max_length=63)


class Change(Event):
    """A row as it was after an insert or an update, or before it was removed. The columns of the tracked table stand
    under their own names, and may be empty: one that was added later is unknown in the years before."""

    pgh_id = models.BigAutoField(primary_key=True)
    pgh_created_at = models.DateTimeField()
    pgh_label = models.CharField(max_length=10)
    pgh_transaction = models.BigIntegerField(db_default=CurrentTransaction())
    pgh_user = models.CharField(max_length=63, db_default=DatabaseUser())

    append_only = True
    written_by_triggers = True
    objects = models.Manager()

    class Meta:
        abstract = True


class AsOwner(compiler.UpsertTriggerSql):
    """What migrations install. They refer to this class: a change of the text is a new class.

    `pg_temp` stands last, so that no temporary table of a session takes the place of a table of changes.
    """

    def get_template(self) -> str:
        return """
            create or replace function {pgid}() returns trigger language plpgsql
                security definer set search_path = public, pg_temp
            as $$ begin {func} end $$;
            drop trigger if exists {pgid} on {table};
            create trigger {pgid} {when} {operation} on {table} {referencing}
                for each {level} {condition} execute function {pgid}();
            comment on trigger {pgid} on {table} is '{hash}';
        """


class AddTrigger(trigger_migrations.AddTrigger):
    """The library's migration step, without its drawing every related model anew: a trigger changes none of them.
    With it the first migration of all tables took a minute."""

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        options = state.models[app_label, self.model_name].options
        options["triggers"] = [*options.get("triggers", []), self.trigger]


class WriteDown(pgtrigger.Trigger):
    """Keeps the row. Inserts are taken a statement at a time, since they come by thousands; updates and removals one by
    one: only so an update of the key itself is seen, and what changes no column that is kept costs nothing."""

    when = pgtrigger.After

    def __init__(self, *, changes: type[Change], unless: tuple[str, str] | None, **kwargs: Any) -> None:
        self.changes, self.unless = changes, unless
        if kwargs["operation"] == pgtrigger.Insert:
            kwargs |= {"level": pgtrigger.Statement, "referencing": pgtrigger.Referencing(new="added")}
        super().__init__(**kwargs)

    def get_func(self, model: models.Model) -> str:
        row = {INSERT: "added", UPDATE: "new", DELETE: "old"}[self.name]
        kept = {
            field.column: f'{row}."{field.column}"' for field in self.changes._meta.fields if field.name in self.fields
        }
        kept |= {
            "pgh_created_at": "now()",
            "pgh_label": f"'{self.name}'",
            "pgh_obj_id": f'{row}."{self.changes.pgh_tracked_model._meta.pk.column}"',
        }
        columns = ", ".join(f'"{column}"' for column in sorted(kept))
        values = ", ".join(kept[column] for column in sorted(kept))
        source = " from added" if row == "added" else ""
        where = f" where {row}.\"{self.unless[0]}\" is distinct from '{self.unless[1]}'" if self.unless else ""
        table = self.changes._meta.db_table
        return f'insert into public."{table}" ({columns}) select {values}{source}{where}; return null;'

    @property
    def fields(self) -> set[str]:
        return {field.name for field in self.changes.pgh_tracked_model._meta.fields}

    def compile(self, model: models.Model) -> compiler.Trigger:
        compiled = super().compile(model)
        used = {k: v for k, v in compiled.sql.kwargs.items() if k not in ("ignore_func_name", "declare", "timing")}
        return compiler.Trigger(name=compiled.name, sql=AsOwner(**used))


class _Kept:
    """A tracker of the library that registers our trigger."""

    unless: tuple[str, str] | None = None

    def add_event_trigger(self, event_model: type[Change]) -> None:
        trigger = WriteDown(
            name=self.label,
            operation=self.operation,
            condition=self.condition,
            changes=event_model,
            unless=self.unless,
        )
        pgtrigger.register(trigger)(event_model.pgh_tracked_model)


class Inserted(_Kept, pghistory.InsertEvent):
    pass


class Updated(_Kept, pghistory.UpdateEvent):
    pass


class Deleted(_Kept, pghistory.DeleteEvent):
    pass


def tracked(*, without: tuple[str, ...] = (), unless: tuple[str, str] | None = None) -> Callable[[Model], Model]:
    """Above a model: keep every change of its rows.

    `without` names columns that are not kept: large ones, secrets, counters of no meaning; generated ones never are.
    `unless=("status", "draft")` leaves out rows while that column says so.
    """

    def track(model: Model) -> Model:
        kept = [f for f in model._meta.local_fields if not f.generated and f.name not in without]
        # Keys are kept as values: what they pointed at may be gone, and a migration has less to hold together.
        keys = {f.name: _key(f.remote_field.model, db_column=f.column) for f in kept if f.is_relation}
        trackers = [Inserted(), Updated(), Deleted()]
        for tracker in trackers:
            tracker.unless = unless
        name = f"{model._meta.object_name}Change"
        words = f"change of {model._meta.verbose_name_raw}"
        return pghistory.track(
            *trackers,
            fields=[f.name for f in kept],
            obj_field=None,
            context_field=None,
            model_name=name,
            base_model=Change,
            attrs={**keys, "pgh_obj_id": _key(model, db_index=True)},
            meta={"default_permissions": (), "verbose_name": words, "verbose_name_plural": words},
        )(model)

    return track


def _key(model: type[models.Model] | str, **kwargs: Any) -> models.Field:
    """A column for a key of `model`: those of ours are UUIDs, those of Django's own numbers."""
    ours = isinstance(model, str) or isinstance(model._meta.pk, models.UUIDField)
    return models.UUIDField(null=True, **kwargs) if ours else models.BigIntegerField(null=True, **kwargs)


def change_models() -> list[type[Change]]:
    """Every table of changes."""
    from django.apps import apps

    return [model for model in apps.get_models() if issubclass(model, Change)]
