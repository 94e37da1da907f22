"""The hospital of the matrix stands for as long as the tests that follow each other ask for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import transaction
from pytest_django.plugin import blocking_manager_key

from tests.project.hospitals import Hospital, hospital


class Standing:
    """A hospital in a transaction that is never committed, within which each test has its own."""

    def __init__(self) -> None:
        self.stack, self.found = ExitStack(), None

    def build(self) -> Hospital:
        if self.found is None:
            self.stack.enter_context(transaction.atomic())
            self.found = self.stack.enter_context(hospital())
        return self.found

    def away(self) -> None:
        if self.found is not None:
            transaction.set_rollback(True)
            self.stack.close()
            self.found = None


standing = Standing()


@contextmanager
def as_it_was(found: Hospital) -> Iterator[None]:
    ids = {kind: dict(each.ids) for kind, each in found.objects.items()}
    yield
    for kind, each in found.objects.items():
        each.ids = ids[kind]


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Hospital]:
    """As it was before any file of tests."""
    with django_db_blocker.unblock():
        found = standing.build()
        with as_it_was(found):
            yield found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """It is taken away before a test that does not ask for it: that one would find its rows."""
    try:
        yield
    finally:
        if nextitem is None or "built" not in nextitem.fixturenames:
            with item.config.stash[blocking_manager_key].unblock():
                standing.away()


@pytest.fixture
def stands(built: Hospital, db: None) -> Iterator[Hospital]:
    """As it was before any test."""
    # Each of thousands of refusals would be written down with its traceback, and kept.
    logging.disable(logging.WARNING)
    with as_it_was(built):
        yield built
    logging.disable(logging.NOTSET)
