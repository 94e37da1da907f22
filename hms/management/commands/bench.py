"""`bin/hms bench`: the measurements, on a database of their own."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from hms.bench import audit, months, scope
from hms.core.models import Facility

WHAT = ["audit", "scope", "months"]


class Command(BaseCommand):
    help = (
        "Measure what the audit, the scope or years of audit cost, on an empty database that is thrown away afterwards."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=WHAT)
        parser.add_argument("--patients", type=int, default=scope.LARGE, help="of the large hospital, for scope")
        parser.add_argument("--rows", type=int, default=months.ROWS, help="of the audit, for months")

    def handle(self, *args: Any, what: str, patients: int, rows: int, **options: Any) -> None:
        if Facility.objects.exists():
            raise CommandError("This database is not empty: `bin/hms bench` makes one of its own.")
        run = {
            "audit": audit.run,
            "scope": partial(scope.run, large=patients),
            "months": partial(months.run, rows=rows),
        }
        if not run[what](self._say):
            raise CommandError(f"{what}: above the bar.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
