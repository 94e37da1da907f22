"""Many people who act at the same moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, local
from typing import Any
from unittest import mock

from django.db import connection, connections, models

from hms.core.models import User


def crowd(act: Callable[[int], Any], size: int) -> list[Any]:
    """What each gets: a result, or the exception they met."""
    start = Barrier(size)

    def one(number: int) -> Any:
        try:
            start.wait(timeout=30)
            return act(number)
        except Exception as met:
            return met
        finally:
            connections.close_all()

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(one, range(size)))


def again(user: User) -> User:
    """The same person, as another request sees them."""
    return User.objects.get(pk=user.pk).at(user.facility)


@contextmanager
def without(model: type[models.Model], name: str, clear: Callable[[], Any]) -> Iterator[None]:
    """The table without one of its constraints; `clear` removes what then went wrong, so that it fits again."""
    rule = next(one for one in model._meta.constraints if one.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, rule)
    try:
        yield
    finally:
        clear()
        with connection.schema_editor() as editor:
            editor.add_constraint(model, rule)


@contextmanager
def unlocked(*tables: type[models.Model]) -> Iterator[None]:
    """Our services without their row locks on these tables: there `select_for_update` only looks."""
    real = models.QuerySet.select_for_update

    def look(rows: models.QuerySet, *words: Any, **named: Any) -> models.QuerySet:
        return rows.all() if rows.model in tables else real(rows, *words, **named)

    with mock.patch.object(models.QuerySet, "select_for_update", look):
        yield


@contextmanager
def looking_together(table: type[models.Model], size: int) -> Iterator[None]:
    """Whoever reads the table goes on once all `size` have read it: the moment that a lock forbids."""
    real, looked, seen = models.QuerySet._fetch_all, Barrier(size), local()

    def fetch(rows: models.QuerySet) -> None:
        fresh = rows._result_cache is None
        real(rows)
        if fresh and rows.model is table and not hasattr(seen, "it"):
            seen.it = True
            looked.wait(timeout=30)

    with mock.patch.object(models.QuerySet, "_fetch_all", fetch):
        yield
