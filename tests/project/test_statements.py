"""No word of an address or a form becomes a part of a statement: PostgreSQL itself counts the shapes it was asked.

pg_stat_statements keeps each statement without its values. The same pages asked with plain words and with what ends a
string, a name or a statement must leave the same shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from hms import urls as house
from hms.core import access
from hms.core.models import Facility, User
from patients.models import Patient
from tests.project.matrix import Hospital, ask, hospital
from tests.project.test_planted import Everyone

NAMES = [
    "q", "sort", "after", "before", "v-after", "p-before", "r-after", "day", "start", "first", "last", "month", "status", "kind", "by", "show",
    "format", "ward", "bed", "doctor", "specialty", "department", "employee", "weekday", "category", "profession", "until",
]  # fmt: skip
ENDS = ["a' or '1'='1", 'zz"; drop table patients_patient; -- %s {0}']
# The same words without what could end anything.
PLAIN = [re.sub(r"[^\w ]", ",", value) for value in ENDS]


@pytest.fixture
def stands(north: Facility, person: Callable[..., User]) -> Iterator[Hospital]:
    with connection.cursor() as cursor:
        cursor.execute("create extension if not exists pg_stat_statements")
    with hospital(north, person) as built:
        yield built


def shapes() -> set[str]:
    """Without casts (`$1::uuid` and `$1` say only whether a value was there), and `and` for any number of words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select query from pg_stat_statements"
            " where dbid = (select oid from pg_database where datname = current_database())"
        )
        found = {re.sub(r"::\w+|\s", "", query) for (query,) in cursor.fetchall() if "pg_stat_statements" not in query}
    return {re.sub(r"\$\d+", "$", query) for query in found}


def asked(everyone: Everyone, values: list[str]) -> tuple[set[str], list[str]]:
    """The shapes of every page and form with these values in every parameter, and in its names; and what broke."""
    broke = []
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_statements_reset()")
    for page in everyone.pages():
        for value in values:
            query = urlencode(dict.fromkeys(NAMES, value) | {value: "1", f"-{value}": "1"})
            fields = dict.fromkeys([*NAMES, "reason", "text", "code"], value) | {value: "1"}
            for answer in (
                ask(page.client, "GET", f"{page.address}?{query}"),
                ask(page.client, "POST", page.address, fields),
            ):
                if answer.status >= 500:
                    broke.append(f"{page.route.name} {value}: {answer.status}")
    return shapes(), broke


def test_what_is_typed_is_no_statement(stands: Hospital, browser_of: Callable) -> None:
    everyone = Everyone(stands, browser_of)
    plain, _broke = asked(everyone, PLAIN)
    typed, broke = asked(everyone, ENDS)
    assert broke == []
    assert len(plain) > 300
    new = sorted(typed - plain)
    assert new == [], "\n".join(new)


@access.signed_in
def stitched(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from patients_patient where family_name = '" + request.GET.get("q", "") + "'")
    return HttpResponse(str(Patient.objects.count()))


urlpatterns = [*house.urlpatterns, path("stitched", stitched, name="stitched")]


@pytest.mark.urls("tests.project.test_statements")
def test_a_statement_that_is_stitched_together_is_found(stands: Hospital, browser_of: Callable) -> None:
    client = browser_of(stands.asked["doctor"])
    found = []
    for value in ("a word", "a' or '1'='1"):
        with connection.cursor() as cursor:
            cursor.execute("select pg_stat_statements_reset()")
        ask(client, "GET", f"/stitched?{urlencode({'q': value})}")
        found.append(shapes())
    assert any("patients_patientwherefamily_name=$or" in query for query in found[1] - found[0])
