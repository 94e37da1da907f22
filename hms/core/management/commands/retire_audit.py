"""`manage.py retire_audit`: audit rows that were kept for HMS_AUDIT_YEARS are let go, month by month. For the owner of the tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hms.core import audit, retention
from hms.core.refusals import Refused


class Command(BaseCommand):
    help = (
        "Let whole months of sealed audit rows go that are older than HMS_AUDIT_YEARS; the chain of seals stays whole."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with audit.source("retire_audit"):
                retired = retention.retire()
        except Refused as refusal:
            raise CommandError(str(refusal.message)) from refusal
        if retired is None:
            self.stdout.write("No month has been kept for longer than it must be.")
        else:
            self.stdout.write(f"{retired.rows} rows of {len(retired.months)} months, until {retired.months[-1]}, were let go.")  # fmt: skip
