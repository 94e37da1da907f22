"""Deny by default: every route says who may use it, the list was reviewed, and each role gets just that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, resolve

from hms.core import middleware, roles
from hms.core.access import Access
from hms.core.middleware import AccessMiddleware
from hms.core.models import AuditEvent, User
from tests.project.routes import Route, routes
from tests.weakened import reworded, weakened

REVIEWED = Path(__file__).with_name("routes.txt")
HOW_TO = "Read each line of the difference, then write the list again: python -m tests.project.write_routes"


# For the twins (tests/weakened.py): a page of the house.
FIGURES = resolve("/reports/revenue").func


def listing() -> list[str]:
    return [f"{route.name:<40} {describe(route)}" for route in routes()]


def describe(route: Route) -> str:
    access = route.access
    if access is None:
        return "UNDECLARED"
    who = "as the record" if access.chosen else "public" if access.public else access.permission or "signed in"
    how = "act" if getattr(route.view, "once", False) else "search" if access.reads_by_post else "read"
    return f"{who:<36} {how}"


@weakened("with a route opened wider", FIGURES, "access", Access())
def test_every_route_was_reviewed() -> None:
    assert listing() == REVIEWED.read_text().splitlines(), HOW_TO


@weakened("with a route that does not", FIGURES, "access", None)
def test_every_route_says_who_may_use_it() -> None:
    assert [route.name for route in routes() if route.access is None] == []


@weakened("with one that is nobody's", FIGURES, "access", replace(FIGURES.access, permission="reports.no_such"))
def test_every_permission_of_a_route_belongs_to_some_role() -> None:
    held = frozenset().union(*(role.permissions for role in roles.ROLES.values()))
    asked = {route.access.permission for route in routes() if route.access and route.access.permission}
    assert asked - held == set()


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open to everyone")


urlpatterns = [path("undeclared", undeclared)]


@weakened(
    "with all open",
    reworded(
        AccessMiddleware.process_view,
        ("    raise self.denied(request)\n    if declared.public:", "    return None\n    if declared.public:"),
    ),
)
@pytest.mark.urls("tests.project.test_routes")
def test_a_view_that_declares_nothing_is_refused(client_as: Callable[..., Client], settings: object) -> None:
    settings.ROOT_URLCONF = "tests.project.test_routes"
    client = Client(raise_request_exception=False)
    answer = client.get("/undeclared")
    assert answer.status_code == 403
    assert b"open to everyone" not in answer.content


@weakened("with an answer", middleware, "to_sign_in", lambda request: HttpResponse())
def test_whoever_is_not_signed_in_is_asked_to(db: None) -> None:
    client = Client()
    for route in routes():
        if not route.access.public:
            answer = client.get(route.url())
            assert answer.status_code == 302, route.name
            assert answer.headers["Location"].startswith("/accounts/login/"), route.name


@weakened("without its row", AccessMiddleware, "refusal", lambda *what: None, by=AuditEvent.DoesNotExist)
def test_a_refusal_is_recorded(client_as: Callable[..., Client]) -> None:
    client_as("cashier").get("/reports/revenue")
    event = AuditEvent.objects.get(action="access.refused")
    assert event.detail["which"] == "reports:revenue"


# Answered before there is somebody whose act it could be, or to find out whether it is they: only the session changes.
ASKED_AT_THE_DOOR = {
    "account_login",
    "account_logout",
    "lock",
    "locked",
    "unlock_by_passkey",
    "core:still-here",
    "account_reauthenticate",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "openid_connect_login",
}


@weakened("with an act without a key", resolve("/accounts/logout/everywhere/").func, "once", False)
def test_every_view_that_takes_a_form_is_an_act_or_a_search() -> None:
    """A POST that changes something carries a key. Those that are neither change only the session."""
    session_only = {"core:theme", "core:switch-facility", "account_change_password"} | ASKED_AT_THE_DOOR
    for route in routes():
        if route.name in session_only:
            continue
        declared = getattr(route.view, "once", False) or route.access.reads_by_post
        safe_only = _refuses_post(route)
        assert declared or safe_only, f"{route.name} takes POST without a key"


def _refuses_post(route: Route) -> bool:
    request = RequestFactory().post("/")
    request.user = User(username="someone")
    values = {name: None for name in route.arguments}
    try:
        return route.view(request, **values).status_code == 405
    except Exception:
        return False
