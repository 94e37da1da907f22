"""Many people who act at the same moment, each on a connection of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

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


def together(statement: str, parameters: list[Any], *, before: Callable[[Any], Any], size: int = 4) -> list[Any]:
    """What plain SQL does without a lock: everyone looks first (`before`, on their cursor), then all write.

    Answers with what each saw or met.
    """
    looked = Barrier(size)

    def one(_number: int) -> Any:
        with connection.cursor() as cursor:
            seen = before(cursor)
            looked.wait(timeout=30)
            cursor.execute(statement, parameters)
        return seen

    return crowd(one, size)
