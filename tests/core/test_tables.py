"""An app's first tables are made in one step, and a database that is half way to them is left alone."""

from __future__ import annotations

from typing import Any

import pgtrigger
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, migrations, models, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from hms.core import tables
from hms.core.tables import CreateTables

KEY = ("id", models.BigAutoField(primary_key=True))


def link(to: str) -> models.ForeignKey:
    return models.ForeignKey(to, on_delete=models.PROTECT, null=True, related_name="+")


def operations() -> list[Operation]:
    """Two tables that refer to each other, the first with a constraint and a trigger."""
    shouted = pgtrigger.Trigger(
        name="shout",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="new.name = upper(new.name); return new;",
    )
    hen = migrations.CreateModel(
        "Hen",
        [KEY, ("name", models.CharField(max_length=20)), ("egg", link("core.egg"))],
        {"constraints": [models.CheckConstraint(condition=~models.Q(name=""), name="core_hen_named")]},
    )
    egg = migrations.CreateModel("Egg", [KEY, ("hen", link("core.hen"))])
    state = ProjectState()
    CreateTables([hen, egg]).state_forwards("core", state)
    hen.options["triggers"] = [shouted.compile(state.apps.get_model("core", "hen"))]
    return [hen, egg]


def make(operation: Operation) -> tuple[ProjectState, list[Any]]:
    """Carry it out as a migration would, but for what Django does after the last step; which statements that is."""
    migration = migrations.Migration("0001_hens", "core")
    migration.operations = [operation]
    with connection.schema_editor() as editor:
        state = migration.apply(ProjectState(), editor)
        left, editor.deferred_sql = [*editor.deferred_sql], []
    return state, left


def constraints(table: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select contype::text from pg_constraint where conrelid = %s::regclass and contype <> 'n'", [table]
        )
        return {kind for (kind,) in cursor.fetchall()}


def test_tables_that_refer_to_each_other_are_whole_at_once(db: None) -> None:
    state, left = make(CreateTables(operations()))
    assert left == []  # so the migration is written down together with them
    assert constraints("core_hen") == {"p", "c", "f"} and constraints("core_egg") == {"p", "f"}
    Hen = state.apps.get_model("core", "Hen")
    hen = Hen.objects.create(name="berta")
    hen.refresh_from_db()
    assert hen.name == "BERTA"
    with pytest.raises(IntegrityError, match="core_hen_named"), transaction.atomic():
        Hen.objects.create(name="")


def test_djangos_own_step_leaves_the_foreign_keys_for_later(db: None) -> None:
    """The control of the test above."""
    egg = migrations.CreateModel("Egg", [KEY, ("laid_by", link("core.egg"))])
    _state, left = make(egg)
    assert any("FOREIGN KEY" in str(each) for each in left) and constraints("core_egg") == {"p"}


def test_tables_are_drawn_once(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.state import StateApps

    drawn: list[int] = []
    render = StateApps.render_multiple
    monkeypatch.setattr(
        StateApps, "render_multiple", lambda self, states: (drawn.append(len(states)), render(self, states))[1]
    )
    made = operations()
    drawn.clear()
    make(CreateTables(made))
    assert sum(drawn) == 2


def test_the_first_tables_cannot_be_undone(db: None) -> None:
    migration = migrations.Migration("0001_hens", "core")
    migration.operations = [CreateTables(operations())]
    with pytest.raises(IrreversibleError), connection.schema_editor() as editor:
        migration.unapply(ProjectState(), editor)


def forget(app: str, *names: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = %s and name = any(%s)", [app, [*names]])
        assert cursor.rowcount == len(names)


def to_do() -> list[Any]:
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def test_a_database_of_every_old_migration_has_nothing_to_do(db: None) -> None:
    firsts = [each for each in MigrationLoader(None).disk_migrations.values() if each.replaces]
    assert len(firsts) == 9
    for migration in firsts:  # as it was left by the version before
        forget(migration.app_label, migration.name)
    assert to_do() == [] and tables.check(databases=["default"]) == []


def test_a_database_of_no_migration_is_begun(db: None) -> None:
    """The control of the tests around it."""
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations")
    assert len(to_do()) > 9 and tables.check(databases=["default"]) == []


def test_a_database_that_stopped_half_way_is_left_as_it_is(db: None) -> None:
    forget("core", "0001_squashed_0020_erasures_are_told", "0019_erasure_under_legal_hold", "0020_erasures_are_told")
    forget("wards", "0001_squashed_0006_changes_are_kept", "0006_changes_are_kept")
    [found] = tables.check(databases=["default"])
    assert "(core 18 of 20, wards 5 of 6 migrations)" in found.msg and "docs/running.md" in found.hint
    with pytest.raises(SystemCheckError, match=r"hms\.E010"):
        call_command("migrate", skip_checks=False, verbosity=0)
    assert tables.check() == []  # no database was to be looked at
