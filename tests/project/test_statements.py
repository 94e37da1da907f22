"""No word of an address or a form becomes a part of a statement: PostgreSQL itself counts the shapes it was asked.

pg_stat_statements keeps each statement without its values. The same pages asked with plain words and with what ends a
string, a name or a statement must leave the same shapes: in every parameter and its name, in every field of every form
and its name, in the administration's searches, orders and filters, and where nobody is signed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from hms import urls as house
from hms.core import access
from patients.models import Patient
from tests.conftest import sign_in
from tests.project.administration import Address, addresses
from tests.project.hospitals import Hospital
from tests.project.matrix import Answer, ask
from tests.project.names import NAMES, OF_A_LIST, OF_THE_DOOR, heard, unlisted
from tests.project.pages import Everyone, Page
from tests.project.routes import Route, routes
from tests.project.sent import Sent

ENDS = ["a' or '1'='1", 'zz"; drop table patients_patient; -- %s {0}']
# The same words without what could end anything.
PLAIN = [re.sub(r"[^\w ]", ".", value) for value in ENDS]
MORE_WORDS = [" ".join("abcdefg"[:number]) for number in range(1, 8)]

Request = tuple[str, Callable[[], Answer]]


@pytest.fixture(scope="module", autouse=True)
def counted(built: Hospital) -> None:
    with connection.cursor() as cursor:
        cursor.execute("create extension if not exists pg_stat_statements")


def reset() -> None:
    """Of this database alone: other tests count in theirs."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_statements_reset(0, oid, 0) from pg_database where datname = current_database()")


def shapes() -> set[str]:
    """Without casts (`$1::uuid` and `$1` say only whether a value was there), and `and` for any number of words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select query from pg_stat_statements"
            " where dbid = (select oid from pg_database where datname = current_database())"
        )
        found = {re.sub(r"::\w+|\s", "", query) for (query,) in cursor.fetchall() if "pg_stat_statements" not in query}
    return {re.sub(r"\$\d+", "$", query) for query in found}


@dataclass
class Told:
    """What requests left: the shapes, and what broke."""

    shapes: set[str] = field(default_factory=set)
    broke: list[str] = field(default_factory=list)


def asked(requests: Iterable[Request]) -> Told:
    told = Told()
    reset()
    for name, send in requests:
        answer = send()
        if answer.status >= 500:
            told.broke.append(f"{name}: {answer.status}")
    told.shapes = shapes()
    return told


def of_addresses(pages: Iterable[Page], values: list[str], valid: dict[str, Any] | None = None) -> Iterator[Request]:
    """Each page with these values in every parameter, and in the parameters' names; where it leads to nothing then, with
    what it could be meant for, and them in the others."""
    for page in pages:
        answers: list[Answer] = []

        def send(query: dict[str, Any], page: Page = page, answers: list[Answer] = answers) -> Answer:
            answers.append(ask(page.client, "GET", f"{page.address}?{urlencode(query)}"))
            return answers[-1]

        for value in values:
            query = dict.fromkeys(NAMES, value) | {value: "1", f"-{value}": "1"}
            yield f"{page.route.name} {value}", lambda send=send, query=query: send(query)
        if valid and all(answer.status in (302, 400, 404) for answer in answers):
            query = dict.fromkeys(NAMES, values[0]) | valid
            yield f"{page.route.name} {valid}", lambda send=send, query=query: send(query)


def of_forms(forms: Iterable[tuple[Page, Sent]], values: list[str]) -> Iterator[Request]:
    """Each form with one of them in all that is typed, and with the other in all that is chosen and hidden too; both in
    names of fields."""
    for page, sent in forms:
        meant = sent.filled()
        typed = {
            name: values[0]
            for name in sent.fields
            if sent.kinds.get(name) not in ("select", "hidden", "checkbox", "radio")
        }
        for value, fields in (
            (values[0], meant | typed),
            (values[1], dict.fromkeys([*sent.fields, *NAMES], values[1])),
        ):
            fields = fields | {value: "1"} | {f"{name}{value}": "1" for name in sent.fields}
            fields.pop("_key", None)
            yield (
                f"{page.route.name} → {sent.action} {value}",
                lambda page=page, sent=sent, fields=fields: ask(page.client, "POST", sent.action, fields),
            )


def of_the_door(values: list[str]) -> Iterator[Request]:
    """Whatever is open to whoever comes, signed in as nobody."""
    client = Client(raise_request_exception=False)
    for route in routes():
        if not route.access.public:
            continue
        address = route.url()
        for value in values:
            names = [*NAMES, *OF_THE_DOOR, "login", "password", "credential", "pin", "remember"]
            query = urlencode(dict.fromkeys(names, value) | {value: "1"})
            fields = dict.fromkeys(names, value) | {value: "1"}
            yield f"{route.name} {value}", lambda address=address, query=query: ask(client, "GET", f"{address}?{query}")
            yield (
                f"{route.name} {value}",
                lambda address=address, fields=fields: ask(client, "POST", address, fields),
            )


def of_lists(client: Client, lists: Iterable[Address], values: list[str]) -> Iterator[Request]:
    """Each list of the administration, one parameter at a time: what it does not know it answers before anything else."""
    for each in lists:
        page = admin.site._registry[each.model]
        offered = [name if isinstance(name, str) else name[0] for name in page.list_filter]
        names = [*OF_A_LIST, *offered, *(f"{name}__exact" for name in offered)]
        if page.date_hierarchy:
            names += [f"{page.date_hierarchy}__{part}" for part in ("year", "month", "day", "gte")]
        # Each parameter with one of the values, in turn; every value in a name.
        queries = [{name: values[number % len(values)]} for number, name in enumerate(names)]
        queries += [{f"{name}{value}": "1"} for value in values for name in ("", offered[0] if offered else "id")]
        # A search asks once for each word; where a word ends, quotes say as well.
        queries += [{"q": value} for value in (values if values is ENDS else [*values, *MORE_WORDS])]
        # Plain words have numbers in them, by which a list is ordered; what ends a statement has none.
        queries += [] if values is ENDS else [{name: "x"} for name in names]
        for query in queries:
            address = f"{each.url()}?{urlencode(query)}"
            yield f"{each.name} {query}", lambda address=address: ask(client, "GET", address)


def same(requests: Callable[[list[str]], Iterable[Request]], least: int) -> None:
    plain, ends = asked(requests(PLAIN)), asked(requests(ENDS))
    assert ends.broke == [], "\n".join(ends.broke)
    assert len(plain.shapes) > least
    new = sorted(ends.shapes - plain.shapes)
    assert new == [], "\n".join(new)


PARTS = range(2)


def meant(stands: Hospital) -> dict[str, Any]:
    """What a page needs that leads to nothing without it: the finding of who looked in an emergency, a slot."""
    own = stands.objects["own"]
    finding = {"kind": "emergency", "day": "2026-11-20", "person": own.users["nurse"].pk, "patient": own.patient.pk}
    return finding | {"doctor": own.ids["doctor_id"], "start": "2026-11-20T15:00:00+00:00"}


@pytest.mark.parametrize("part", PARTS)
def test_what_stands_in_an_address_is_no_statement(stands: Hospital, part: int) -> None:
    pages = list(Everyone(stands).pages(papers=True))[part::2]
    with heard() as read:
        same(lambda values: of_addresses(pages, values, meant(stands)), 150)
    assert unlisted(read) == [] and len(read) > 20


@pytest.mark.parametrize("part", PARTS)
def test_what_is_typed_is_no_statement(stands: Hospital, part: int) -> None:
    everyone = Everyone(stands)
    with heard() as read:
        forms = list(everyone.forms())[part::2]
        same(lambda values: of_forms(forms, values), 150)
    assert unlisted(read | everyone.sought) == [] and len(everyone.sought) > 10


def test_what_is_typed_at_the_door_is_no_statement(stands: Hospital) -> None:
    with heard() as read:
        same(of_the_door, 5)
    assert unlisted(read) == [] and {"next", "process"} <= read


def test_what_a_list_of_the_administration_is_asked_is_no_statement(stands: Hospital) -> None:
    everyone = Everyone(stands)
    client = everyone.browser(stands.objects["own"].users["administrator"])
    lists = [address for address in addresses() if address.is_a_list]
    same(lambda values: of_lists(client, lists, values), 50)


# What would be found.


@access.signed_in
def stitched(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from patients_patient where family_name = '" + request.GET.get("q", "") + "'")
    return HttpResponse(str(Patient.objects.count()))


@access.signed_in
def ordered(request: HttpRequest) -> HttpResponse:
    """By a column of that name, as one might think that quotes are enough."""
    with connection.cursor() as cursor:
        cursor.execute(f'select count(*) as "{request.GET.get("sort", "mrn")}" from patients_patient')
    return HttpResponse()


@access.signed_in
def stitched_form(request: HttpRequest) -> HttpResponse:
    name = next((name for name in request.POST if name.startswith("note")), "note")
    with connection.cursor() as cursor:
        cursor.execute(f"select '{name}' as name, '{request.POST.get('note', '')}' as value")
    return HttpResponse()


@access.signed_in
def stitched_of_somebody(request: HttpRequest) -> HttpResponse:
    """Only of somebody whom the address names."""
    try:
        UUID(request.GET.get("patient", ""))
    except ValueError:
        return HttpResponse(status=404)
    return ordered(request)


@access.signed_in
def secretive(request: HttpRequest) -> HttpResponse:
    """Reads what stands in no list."""
    said = "elsewhere" in request.GET, request.GET.getlist("apart"), request.GET.get("q"), request.GET.dict()
    return HttpResponse(str(said))


urlpatterns = [
    *house.urlpatterns,
    *(
        path(view.__name__, view, name=view.__name__)
        for view in (stitched, ordered, stitched_form, stitched_of_somebody, secretive)
    ),
]


def found(requests: Callable[[list[str]], Iterable[Request]]) -> tuple[set[str], list[str]]:
    plain, ends = asked(requests(PLAIN)), asked(requests(ENDS))
    return ends.shapes - plain.shapes, ends.broke


def page_of(stands: Hospital, view: Callable[..., HttpResponse]) -> Page:
    client = sign_in(stands.asked["doctor"])
    client.raise_request_exception = False
    return Page(Route(view.__name__, view, ()), client, f"/{view.__name__}")


@pytest.mark.urls("tests.project.test_statements")
def test_a_statement_that_is_stitched_together_is_found(stands: Hospital) -> None:
    page = page_of(stands, stitched)
    new, _broke = found(lambda values: of_addresses([page], values))
    assert any("patients_patientwherefamily_name=$or" in query for query in new)
    page = page_of(stands, ordered)
    new, broke = found(lambda values: of_addresses([page], values))
    assert new and broke


@pytest.mark.urls("tests.project.test_statements")
def test_one_that_is_stitched_where_an_address_leads_to_something_is_found(stands: Hospital) -> None:
    page = page_of(stands, stitched_of_somebody)
    assert found(lambda values: of_addresses([page], values)) == (set(), [])
    new, broke = found(lambda values: of_addresses([page], values, meant(stands)))
    assert new or broke


@pytest.mark.urls("tests.project.test_statements")
def test_one_that_is_stitched_of_a_form_is_found(stands: Hospital) -> None:
    page = page_of(stands, stitched_form)
    sent = Sent(page.address, "post", {"note": [""]}, {"note": "textarea"})
    new, broke = found(lambda values: of_forms([(page, sent)], values))
    assert new or broke


@pytest.mark.urls("tests.project.test_statements")
def test_a_name_that_no_list_has_is_heard(stands: Hospital) -> None:
    page = page_of(stands, secretive)
    with heard() as read:
        asked(of_addresses([page], ENDS))
    assert unlisted(read) == ["apart", "elsewhere"] and "q" in read
    with heard() as read:
        ask(page.client, "GET", f"{page.address}?said=1")
    assert "said" in read  # by whoever walks through all of it


def test_a_list_of_the_administration_that_stitches_is_found(stands: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    each = next(address for address in addresses() if address.name == "core_department_changelist")
    page = admin.site._registry[each.model]

    def searched(request: HttpRequest, rows: QuerySet, word: str) -> tuple[QuerySet, bool]:
        return rows.extra(where=[f"name = '{word}'"]), False

    monkeypatch.setattr(page, "get_search_results", searched)
    client = sign_in(stands.asked["administrator"])
    client.raise_request_exception = False
    new, broke = found(lambda values: of_lists(client, [each], values))
    assert new and broke
