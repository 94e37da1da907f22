"""One small demonstration, filled once for the tests that only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from hms.demo import catalogue, stories
from hms.demo.build import SMALL, build
from patients.models import DiagnosisCode

# Of this very day: some checks ask the database what time it is.
NOON = datetime.now(UTC).replace(hour=11, minute=37, second=0, microsecond=0)


def fill(moment: datetime = NOON, **how: Any) -> None:
    with time_machine.travel(moment, tick=False):
        build("demo-demo-demo-4", lambda step: None, size=SMALL, **how)


@pytest.fixture(scope="module")
def codes(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The diagnoses that the stories need: the whole table takes a quarter of a minute."""
    wanted = {code for story in stories.STORIES for code in story[5]}
    wanted |= {code for story in stories.EMERGENCIES for code in story[2]}
    wanted |= {stay[1] for stay in stories.STAYS} | {code for code, _title in catalogue.PROBLEMS}
    with django_db_blocker.unblock():
        DiagnosisCode.objects.bulk_create(
            [DiagnosisCode(code=code, title=f"Title of {code}", billable=True, search=code.lower()) for code in wanted]
        )
        yield
        DiagnosisCode.objects.all().delete()


@pytest.fixture(scope="module")
def hospital(codes: None, django_db_blocker: Any) -> Iterator[None]:
    """One small demonstration for all the tests that only look at it. What the database checks at the end of a
    transaction it checks now: there is no such end here."""
    with django_db_blocker.unblock(), transaction.atomic():
        fill()
        connection.check_constraints()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def look(hospital: None, db: None) -> Iterator[None]:
    """The demonstration at the moment it was filled. `db`: pytest-django makes a database where a test that was chosen
    says that it wants one, and takes back what the test does."""
    with time_machine.travel(NOON, tick=False):
        yield
