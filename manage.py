#!/usr/bin/env python
"""Django's own command line. `bin/hms manage` runs it against the running or the embedded services."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hms.settings")
    from django.core.management import execute_from_command_line
    from django.db import ProgrammingError

    try:
        execute_from_command_line(sys.argv)
    except ProgrammingError:
        if not (missing := unready()):
            raise
        sys.exit(f"hms: {missing}")


def unready() -> str:
    """What is missing in a database whose tables are not those of this version; "" when they are."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    connection.close()  # whatever was under way there has failed
    loader = MigrationLoader(connection)
    applied = loader.applied_migrations or {}
    if not applied:
        return "there is no hospital in this database yet. Start one with bin/hms up, or bin/hms up --empty."
    if any(migration not in applied for migration in loader.disk_migrations):
        return "this database is of an older version. Start it once with bin/hms up, which brings it up to date."
    return ""


if __name__ == "__main__":
    main()
