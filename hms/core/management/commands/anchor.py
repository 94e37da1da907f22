"""`manage.py anchor [FILE.pdf]`: the newest seal of the audit, to be kept outside the house."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hms.core import anchors, audit


class Command(BaseCommand):
    help = "Print the newest seal of the audit; into a PDF where a file is named; --mail sends it to HMS_AUDIT_MAIL."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?")
        parser.add_argument("--mail", action="store_true")

    def handle(self, *args: Any, file: str | None, mail: bool, **options: Any) -> None:
        anchor = anchors.newest()
        if anchor is None:
            raise CommandError("Nothing is sealed yet.")
        with audit.source("anchor"):
            if file:
                Path(file).write_bytes(anchors.pdf(anchor, None))
                audit.record(None, "core.audit.anchor_printed", anchor.seal)
            if mail and anchors.mail() is None:
                raise CommandError("HMS_AUDIT_MAIL names no address.")
        self.stdout.write(f"{anchor.code}\nSeal {anchor.seal.pk}, {anchor.seal.made_at:%Y-%m-%d %H:%M:%S} UTC.")
