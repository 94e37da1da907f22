"""An app's first tables, made in one step.

Each `CreateModel` by itself draws every model anew that leads to the new one, and with a hospital's worth of foreign
keys that is all of them, each time: an empty database took half a minute. Here they are drawn once, when all are known.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState


class CreateTables(Operation):
    """A migration step: the tables of `operations`, whole, with their constraints, indexes and triggers (which stand
    in `options`). They may refer to each other in any order.

    It cannot be undone: that would be the end of every record in them.
    """

    category = OperationCategory.ADDITION
    reversible = False
    serialization_expand_args = ["operations"]

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [], {"operations": self.operations}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)
        # Foreign keys and indexes now, not after the migration: so that it is written down in the same transaction.
        while schema_editor.deferred_sql:
            schema_editor.execute(schema_editor.deferred_sql.pop(0), None)
        for operation in self.operations:
            for trigger in getattr(operation, "options", {}).get("triggers", ()):
                schema_editor.execute(trigger.install_sql, None)

    def describe(self) -> str:
        return f"Create {len(self.operations)} tables"
