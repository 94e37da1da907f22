"""Makes the database ready: `python -m hms.supervisor.prepare`, with DATABASE_URL of the tables' owner.

Refuses settings that a hospital must not start with (hms.core.start), a database that an older version left half way
(hms.core.tables) and one that a newer version has migrated; migrates; makes the audit's next months and lets go of
those kept long enough; brings roles and privileges up to date. When HMS_APP_DATABASE_URL names another role than the
owner, that role is made (if missing) and granted its privileges.
The last line says whether the hospital is still empty: the supervisor reads it.
"""

import os
import sys
from urllib.parse import unquote, urlsplit

EMPTY, IN_USE = "hospital: empty", "hospital: in use"
NEWER, UNSAFE = 3, 4


def newer_migrations() -> list[str]:
    """Applied migrations of our apps that this version of the code does not have."""
    from django.apps import apps
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, ignore_no_migrations=True)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    labels = {app.label for app in apps.get_app_configs()}
    applied = loader.applied_migrations or {}
    return sorted(f"{app}.{name}" for app, name in applied if app in labels and (app, name) not in known)


def make_role(app_url: str) -> str:
    """The application's role, made where it is missing; nothing when the owner itself is the application."""
    from django.db import connection
    from psycopg import sql

    parts = urlsplit(app_url)
    role = unquote(parts.username or "")
    if not role or role == connection.get_connection_params().get("user"):
        return ""
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = %s", [role])
        if cursor.rowcount == 0:
            statement = sql.SQL("create role {} login").format(sql.Identifier(role))
            if parts.password:
                statement += sql.SQL(" password {}").format(sql.Literal(unquote(parts.password)))
            cursor.execute(statement)
    return role


def main() -> int:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hms.settings")
    django.setup()
    from django.apps import apps
    from django.core.management import CommandError, call_command

    from hms.core import retention, start, tables

    if found := start.check() or tables.check(databases=["default"]):
        print(" ".join(f"{each.msg} {each.hint}" for each in found), file=sys.stderr)
        return UNSAFE
    if newer := newer_migrations():
        print(f"The database has migrations that this version does not know: {', '.join(newer[:5])}", file=sys.stderr)
        return NEWER
    call_command("migrate", interactive=False, verbosity=1)
    call_command("sync_roles")
    retention.make_months()
    try:
        call_command("retire_audit")
    except CommandError as refused:  # no reason to keep the hospital closed
        print(refused, file=sys.stderr)
    if role := make_role(os.environ.get("HMS_APP_DATABASE_URL", "")):
        call_command("grant_app_role", role)
    print(IN_USE if apps.get_model("core", "Facility").objects.exists() else EMPTY, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
