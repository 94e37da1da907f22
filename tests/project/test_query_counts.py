"""Thirty rows cost as many queries as one, on every page; and no page costs more than twelve."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core.models import Facility, User
from tests.project.routes import Route, routes
from tests.project.walked import Walked, more, walk

MOST = 12
# Papers: what is drawn, once, is not a list.
DRAWN = {"appointments:token-print"}


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


def pages() -> list[Route]:
    return [
        route for route in routes() if not route.access.public and "pdf" not in route.name and route.name not in DRAWN
    ]


def counts(walked: Walked, browser_of: Callable[[User], Client]) -> dict[str, int]:
    """Queries of each page, as the first role that may open it, once it is warm."""
    clients: dict[object, Client] = {}
    found = {}
    for route in pages():
        user = walked.who_may(route)
        client = clients.get(user.pk) or clients.setdefault(user.pk, browser_of(user))
        client.get(walked.url(route))
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(walked.url(route))
        if answer.status_code == 200:
            found[route.name] = len(captured)
    return found


def test_thirty_rows_cost_as_many_queries_as_one(
    walked: Walked, north: Facility, browser_of: Callable[[User], Client]
) -> None:
    more(walked, north, 2)
    one = counts(walked, browser_of)
    assert len(one) > 100
    more(walked, north, 29)
    thirty = counts(walked, browser_of)
    grown = {name: (one[name], thirty[name]) for name in one if thirty.get(name, 0) > one[name]}
    assert grown == {}
    assert {name: number for name, number in thirty.items() if number > MOST} == {}
