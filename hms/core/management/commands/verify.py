"""`manage.py verify`: asks the whole hospital whether it is consistent."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand

from hms.core import oracle

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Check charges against acts, stock against movements, ledger sums, numbers, overlaps, documents and the audit."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
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
