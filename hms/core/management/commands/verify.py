"""`manage.py verify`: asks the whole hospital whether it is consistent."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hms.core import anchors, oracle
from hms.core.refusals import Refused

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Check charges against acts, stock against movements, ledger sums, numbers, overlaps, documents and the audit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anchor", action="append", default=[], help="a seal that was printed or mailed: 17:9F3A…")

    def handle(self, *args: Any, anchor: list[str], **options: Any) -> None:
        faults = sum(not self.holds(code) for code in anchor)
        for named in oracle.checks():
            began = time.monotonic()
            found = list(named.check())
            faults += len(found)
            word = "ok" if not found else f"{len(found)} faults"
            self.stdout.write(f"{named.name:<44} {word:<12} {time.monotonic() - began:6.2f} s")
            for line in found[:SHOWN]:
                self.stdout.write(f"    {line}")
            if len(found) > SHOWN:
                self.stdout.write(f"    … and {len(found) - SHOWN} more")
        if faults:
            self.stderr.write(f"{faults} faults found.")
            sys.exit(1)
        self.stdout.write("Nothing found: the hospital is consistent.")

    def holds(self, code: str) -> bool:
        """Whether the chain still holds this anchor."""
        try:
            found = anchors.check(code)
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from refusal
        self.stdout.write(f"{'anchor':<44} {'ok' if found.holds else 'FAULT':<12} {found.words}")
        return found.holds
