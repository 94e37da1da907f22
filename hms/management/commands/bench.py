"""`bin/hms bench`: the measurements, on a database of their own."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from hms.bench import audit, scope
from hms.core.models import Facility

WHAT = ["audit", "scope"]


class Command(BaseCommand):
    help = "Measure what the audit or the scope costs, on an empty database that is thrown away afterwards."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=WHAT)
        parser.add_argument("--patients", type=int, default=scope.LARGE, help="of the large hospital, for scope")

    def handle(self, *args: Any, what: str, patients: int, **options: Any) -> None:
        if Facility.objects.exists():
            raise CommandError("This database is not empty: `bin/hms bench` makes one of its own.")
        kept = scope.run(self._say, large=patients) if what == "scope" else audit.run(self._say)
        if not kept:
            raise CommandError(f"{what}: above the bar.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
