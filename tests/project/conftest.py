"""The hospital of the matrix stands once for each file of tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.project.hospitals import Hospital, hospital


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hospital]:
    """In a transaction that is never committed, within which each test has its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        with hospital() as found:
            yield found
        transaction.set_rollback(True)


@pytest.fixture
def stands(built: Hospital, db: None) -> Iterator[Hospital]:
    """The hospital, as it was before any test of the file."""
    ids = {kind: dict(each.ids) for kind, each in built.objects.items()}
    # Each of thousands of refusals would be written down with its traceback, and kept.
    logging.disable(logging.WARNING)
    yield built
    logging.disable(logging.NOTSET)
    for kind, each in built.objects.items():
        each.ids = ids[kind]
