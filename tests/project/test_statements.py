"""No word of an address or a form becomes a part of a statement: PostgreSQL itself counts the shapes it was asked.

pg_stat_statements keeps each statement without its values. The same pages asked with plain words and with what ends a
string, a name or a statement must leave the same shapes: in every parameter and its name, in every field of every form
and its name, in the administration's searches, orders and filters, and where nobody is signed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

from hms import urls as house
from hms.core import access
from patients.models import Patient
from tests.conftest import sign_in
from tests.project.administration import addresses
from tests.project.hospitals import Hospital
from tests.project.matrix import ask
from tests.project.names import heard, unlisted
from tests.project.pages import Everyone, Page
from tests.project.routes import Route
from tests.project.sent import Sent
from tests.project.stated import (
    ENDS,
    Requests,
    asked,
    compared,
    of_addresses,
    of_forms,
    of_lists,
    of_the_door,
    reset,
    same,
    shapes,
)


@pytest.fixture(scope="module", autouse=True)
def counted(built: Hospital) -> None:
    with connection.cursor() as cursor:
        cursor.execute("create extension if not exists pg_stat_statements")


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
        ends = same(lambda value: of_addresses(pages, value, meant(stands)))
    assert len(ends.shapes) > 150
    assert unlisted(read) == [] and len(read) > 20


@pytest.mark.parametrize("part", PARTS)
def test_what_is_typed_is_no_statement(stands: Hospital, part: int) -> None:
    """And what is done with it asks for nothing else either: it is done in plain words too, or those would lack what it
    writes."""
    everyone = Everyone(stands)
    pages = [*everyone.pages(), *leading_to_something(stands, everyone)][part::2]
    with heard() as read:
        reset()
        forms = list(everyone.forms(pages))
        ends = same(of_forms(forms), shapes())
    assert len(ends.shapes) > 150
    assert unlisted(read | everyone.sought) == [] and len(everyone.sought) > 10
    assert len(ends.done) > 40, f"{len(ends.done)} of {len(forms)}"


def leading_to_something(stands: Hospital, everyone: Everyone) -> Iterator[Page]:
    """Pages that have a form only where the address says what is meant."""
    for page in everyone.pages():
        if page.route.name in ("reports:audit-judge", "appointments:book"):
            yield Page(page.route, page.client, f"{page.address}?{urlencode(meant(stands))}")


def test_what_is_typed_at_the_door_is_no_statement(stands: Hospital) -> None:
    with heard() as read:
        ends = same(of_the_door)
    assert len(ends.shapes) > 5
    assert unlisted(read) == [] and {"next", "process"} <= read


def test_what_a_list_of_the_administration_is_asked_is_no_statement(stands: Hospital) -> None:
    client = Everyone(stands).browser(stands.objects["own"].users["administrator"])
    lists = [address for address in addresses() if address.is_a_list]
    ends = same(of_lists(client, lists))
    assert len(ends.shapes) > 50
    shown = [each.name for each in lists if f"{each.name} together" not in ends.refused]
    assert len(shown) > 25, shown


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
def stitched_when_dated(request: HttpRequest) -> HttpResponse:
    """Only once the day that it asks for is one."""
    try:
        date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        return HttpResponse(status=422)
    return stitched_form(request)


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
        for view in (stitched, ordered, stitched_form, stitched_when_dated, stitched_of_somebody, secretive)
    ),
]


def found(requests: Requests) -> tuple[set[str], list[str]]:
    new, ends = compared(requests, set())
    return new, ends.broke


def page_of(stands: Hospital, view: Callable[..., HttpResponse]) -> Page:
    client = sign_in(stands.asked["doctor"])
    client.raise_request_exception = False
    return Page(Route(view.__name__, view, ()), client, f"/{view.__name__}")


@pytest.mark.urls("tests.project.test_statements")
def test_a_statement_that_is_stitched_together_is_found(stands: Hospital) -> None:
    page = page_of(stands, stitched)
    new, _broke = found(lambda value: of_addresses([page], value))
    assert any("patients_patientwherefamily_name=$or" in query for query in new)
    page = page_of(stands, ordered)
    new, broke = found(lambda value: of_addresses([page], value))
    assert new or broke


@pytest.mark.urls("tests.project.test_statements")
def test_one_that_is_stitched_where_an_address_leads_to_something_is_found(stands: Hospital) -> None:
    page = page_of(stands, stitched_of_somebody)
    assert found(lambda value: of_addresses([page], value)) == (set(), [])
    new, broke = found(lambda value: of_addresses([page], value, meant(stands)))
    assert new or broke


@pytest.mark.urls("tests.project.test_statements")
@pytest.mark.parametrize("view", [stitched_form, stitched_when_dated])
def test_one_that_is_stitched_of_a_form_is_found(stands: Hospital, view: Callable[..., HttpResponse]) -> None:
    page = page_of(stands, view)
    sent = Sent(page.address, "post", {"day": [""], "note": [""]}, {"day": "date", "note": "textarea"})
    new, broke = found(of_forms([(page, sent)]))
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
    new, broke = found(of_lists(client, [each]))
    assert new or broke
