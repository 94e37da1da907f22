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

# What the first facility is asked for: option, question, environment variable of `bin/hms up --empty`, how it is typed
ASKED = [
    ("hospital", "Name of the hospital", "HMS_HOSPITAL_NAME", ""),
    ("code", "Its code, one to four capital letters, in front of its numbers", "HMS_HOSPITAL_CODE", "for example NG"),
    ("time_zone", "Its time zone", "HMS_HOSPITAL_TIME_ZONE", "for example Europe/London"),
    ("currency", "Its currency, three capital letters", "HMS_HOSPITAL_CURRENCY", "for example GBP"),
]


class Command(BaseCommand):
    help = "Create an administrator, and the first facility where there is none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="")
        parser.add_argument("--hospital", default="", help="name of the first facility")
        parser.add_argument("--code", default="", help="its code: one to four capital letters")
        parser.add_argument("--time-zone", default="", help="its time zone, such as Europe/London")
        parser.add_argument("--currency", default="", help="its currency, such as GBP")

    def handle(self, *args: Any, **options: Any) -> None:
        asking = sys.stdin.isatty()
        username = options["username"] or (input("Administrator's user name: ").strip() if asking else "")
        if not username:
            raise CommandError("Give --username (and the password in HMS_ADMIN_PASSWORD), or run it in a terminal.")
        first = None if people.facilities_exist() else self.first_facility(asking, options)
        try:
            people.create_administrator(
                username=username, password=self.password(asking, username), first_facility=first
            )
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except ValidationError as failure:
            raise CommandError(" ".join(failure.messages)) from None
        self.stdout.write(f"{username} is an administrator.")

    def first_facility(self, asking: bool, options: dict[str, Any]) -> people.NewFacility:
        """As the options, the environment or the person at the terminal say: nothing is guessed."""
        given = {name: options[name] or os.environ.get(variable, "") for name, _ask, variable, _how in ASKED}
        if asking:
            for name, question, _variable, how in ASKED:
                while not given[name]:
                    given[name] = input(f"{question}{f' ({how})' if how else ''}: ").strip()
        if missing := [f"--{name.replace('_', '-')}" for name, value in given.items() if not value]:
            raise CommandError(f"This is the first facility of a new hospital. Give {', '.join(missing)}.")
        return people.NewFacility(
            code=given["code"], name=given["hospital"], time_zone=given["time_zone"], currency=given["currency"]
        )

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
