"""An app's first tables, made in one step, and what to say of a database that is only on the way to them.

Each `CreateModel` by itself draws every model anew that leads to the new one, and with a hospital's worth of foreign
keys that is all of them, each time: an empty database took half a minute. Here they are drawn once, when all are known.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState


class CreateTables(Operation):
    """A migration step: the tables of `operations`, whole, with their constraints, indexes and triggers (which stand
    in `options`). They may refer to each other in any order.

    It cannot be undone: that would be the end of every record in them.
    """

    category = OperationCategory.ADDITION
    reversible = False

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)
        # Foreign keys and indexes now, not after the migration: so Django writes it down in the same transaction, and
        # a start that is killed has done all of it or nothing.
        while schema_editor.deferred_sql:
            schema_editor.execute(schema_editor.deferred_sql.pop(0), None)
        for operation in self.operations:
            for trigger in getattr(operation, "options", {}).get("triggers", ()):
                schema_editor.execute(trigger.install_sql, None)

    def describe(self) -> str:
        return f"Create {len(self.operations)} tables"


def half_way() -> list[str]:
    """Apps of whose migrations, which this version has as one, the database has some and not all."""
    applied = MigrationRecorder(connection).applied_migrations()
    found = []
    for migration in MigrationLoader(None, ignore_no_migrations=True).disk_migrations.values():
        done = sum(each in applied for each in migration.replaces)
        if 0 < done < len(migration.replaces):
            found.append(f"{migration.app_label} {done} of {len(migration.replaces)}")
    return sorted(found)


@register(Tags.database)
def check(app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any) -> list[Error]:
    """Asked by every `migrate`: such a database can be brought up to date only by a version that knows each step."""
    found = half_way() if DEFAULT_DB_ALIAS in (databases or ()) else []
    if not found:
        return []
    return [
        Error(
            f"The database stopped half way in an earlier version ({', '.join(found)} migrations) and was left as it is.",
            hint="Start the last version that has them one by one, then this one: docs/running.md says which it is.",
            id="hms.E010",
        )
    ]
