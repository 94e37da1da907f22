"""`manage.py create_administrator`: the first account of a new hospital."""

import getpass
import os
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hms.core import people
from hms.core.models import User
from hms.core.refusals import Refused


class Command(BaseCommand):
    help = "Create an administrator, and the first facility where there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="")
        parser.add_argument("--facility", default="", help="name of the first facility")
        parser.add_argument("--code", default="", help="its code: one to four capital letters")
        parser.add_argument("--time-zone", default="UTC")
        parser.add_argument("--currency", default="EUR")

    def handle(self, *args: Any, **options: Any) -> None:
        asking = sys.stdin.isatty()
        username = options["username"] or (input("Administrator's user name: ").strip() if asking else "")
        if not username:
            raise CommandError("Give --username (and the password in HMS_ADMIN_PASSWORD), or run it in a terminal.")
        first = None
        if not people.facilities_exist():
            name = options["facility"] or (input("Name of the first facility: ").strip() if asking else "Main hospital")
            code = options["code"] or (input("Its code, one to four capital letters: ").strip() if asking else "M")
            first = people.NewFacility(
                code=code, name=name, time_zone=options["time_zone"], currency=options["currency"]
            )
        try:
            people.create_administrator(
                username=username, password=self.password(asking, username), first_facility=first
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except ValidationError as failure:
            raise CommandError(" ".join(failure.messages)) from None
        self.stdout.write(f"{username} is an administrator.")

    def password(self, asking: bool, username: str) -> str:
        password = os.environ.get("HMS_ADMIN_PASSWORD", "")
        if not password and asking:
            password = getpass.getpass("Password: ")
            if password != getpass.getpass("Again: "):
                raise CommandError("The two passwords differ. Run the command again.")
        if not password:
            raise CommandError("Give the password in the environment variable HMS_ADMIN_PASSWORD.")
        validate_password(password, User(username=username))
        return password
