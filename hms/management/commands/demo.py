"""`manage.py demo`: fills an empty hospital with the demonstration."""

import os
import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from hms.core.models import Facility
from hms.core.refusals import Refused
from hms.demo.build import build


class Command(BaseCommand):
    help = "Fill an empty hospital with two facilities, their people, 2,000 patients and 90 days of work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there is a facility already")

    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if if_empty and Facility.objects.exists():
            return
        password = os.environ.get("HMS_DEMO_PASSWORD", "")
        if not password:
            raise CommandError("Give the password of the demonstration's sign-ins in HMS_DEMO_PASSWORD.")
        began = time.monotonic()

        def say(step: str) -> None:
            self.stdout.write(f"  {time.monotonic() - began:5.1f} s  {step}")
            sys.stdout.flush()

        try:
            build(password, say)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        say("the demonstration hospital is ready")
