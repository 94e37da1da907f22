"""Behind the proxy's TLS: every answer of every route bears the policies and says https alone, and every cookie is of this
host and of https alone."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from hms import urls as house
from hms.core import access
from hms.core.models import Facility, User
from hms.core.sign_in import devices
from hms.core.views import errors, shell
from tests.project.routes import routes
from tests.project.test_headers import break_down, faults
from tests.project.walked import Walked, walk
from tests.weakened import reworded, weakened

HOST = "hospital.example"
PASSWORD = "canal boats drift at noon"
# As the hospital's own proxy brings a visitor.
PROXIED = {
    "HTTP_HOST": HOST,
    "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    "REMOTE_ADDR": "127.0.0.1",
}


@pytest.fixture
def tls(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings as they are read behind TLS: whatever of them that changes."""
    module = configured.BASE_DIR / "hms" / "settings.py"
    plain = runpy.run_path(str(module))
    monkeypatch.setenv("HMS_PUBLIC_URL", f"https://{HOST}")
    monkeypatch.setenv("HMS_ALLOWED_HOSTS", HOST)
    read = runpy.run_path(str(module))
    changed = {name for name, value in read.items() if name.isupper() and value != plain[name]} - {"MFA_ROLES"}
    assert changed >= {"SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER"}
    for name in changed:
        setattr(settings, name, read[name])


def wanting(answer: HttpResponse, *, administration: bool = False) -> list[str]:
    """What an answer lacks behind TLS."""
    found = faults(answer, administration=administration)
    if answer.headers.get("Strict-Transport-Security") != "max-age=31536000":
        found.append("does not say https alone")
    for cookie in answer.cookies.values():
        kept = cookie["secure"] and cookie["httponly"] and cookie["path"] == "/" and not cookie["domain"]
        if not (kept and cookie.key.startswith("__Host-") and cookie["samesite"] == "Lax"):
            found.append(f"a cookie that others get: {cookie.OutputString()}")
    return found


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


def test_every_route_says_so_whatever_is_asked_of_it(
    walked: Walked, tls: None, browser_of: Callable[[User], Client]
) -> None:
    clients: dict[object, Client] = {}
    wrong = {}
    for route in routes():
        user = walked.users["doctor"] if route.access.public else walked.who_may(route)
        client = clients.get(user.pk) or clients.setdefault(user.pk, browser_of(user))
        client.defaults.update(PROXIED)
        for answer in (client.get(walked.url(route)), client.head(walked.url(route)), client.put(walked.url(route))):
            if found := wanting(answer):
                wrong[f"{route.name} {answer.status_code}"] = found
        if route.name in ("account_logout", "lock", "locked"):
            clients.clear()
    assert wrong == {}


urlpatterns = [*house.urlpatterns, path("break-down", access.public(break_down))]
handler500 = errors.server_error
SENT = [
    ("get", "/offline", {}, 200),
    ("get", "/static/js/app.js", {}, 200),
    ("head", "/static/js/app.js", {}, 200),
    ("get", "/patients/", {}, 302),
    ("get", "/?q=%00", {}, 400),
    ("get", "/offline", {"HTTP_HOST": "elsewhere.example"}, 400),
    ("post", "/accounts/login/", {}, 403),
    ("get", "/nothing/here", {}, 404),
    ("head", "/nothing/here", {}, 404),
    ("trace", "/", {}, 405),
    ("get", "/break-down", {}, 500),
    ("head", "/break-down", {}, 500),
    ("get", "/admin/", {}, 302),
]


@weakened("with http as well", configured, "SECURE_HSTS_SECONDS", 0)
@weakened("with a proxy that is not believed", configured, "SECURE_PROXY_SSL_HEADER", None)
@pytest.mark.urls("tests.project.test_tls")
def test_files_refusals_and_faults_say_so_too(tls: None, db: None) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    for method, address, more, status in SENT:
        answer = getattr(client, method)(address, **PROXIED | more)
        assert answer.status_code == status, (method, address)
        assert wanting(answer) == [], (method, address)


@weakened("with a session in the clear", configured, "SESSION_COOKIE_SECURE", False)
@weakened("with a session of any host", configured, "SESSION_COOKIE_NAME", "session")
@weakened("with a session of a domain", configured, "SESSION_COOKIE_DOMAIN", "example")
@weakened("with a token in the clear", configured, "CSRF_COOKIE_SECURE", False)
@weakened("with a token of any host", configured, "CSRF_COOKIE_NAME", "csrf")
@weakened("with a browser's name in the clear", reworded(devices.remember, ("secure=settings.SECURE", "secure=False")))
@weakened("with a theme in the clear", reworded(shell.theme, ("secure=settings.SECURE", "secure=False")))
@weakened("with a theme of any host", configured, "THEME_COOKIE_NAME", "theme")
def test_every_cookie_is_of_this_host_and_of_https_alone(tls: None, person: Callable[..., User]) -> None:
    nurse = person("nurse")
    nurse.set_password(PASSWORD)
    nurse.save()
    client, given = Client(**PROXIED), set()
    for answer in (
        client.get("/accounts/login/"),
        client.post("/accounts/login/", {"username": nurse.username, "password": PASSWORD}),
        client.post("/theme", {"theme": "dark"}),
        client.post("/accounts/lock/"),
        client.get("/accounts/locked/"),
    ):
        assert wanting(answer) == [], answer
        given |= set(answer.cookies)
    assert given == {"__Host-session", "__Host-csrf", "__Host-device", "__Host-theme"}


def test_without_the_proxys_word_nothing_is_said_of_https(tls: None, db: None) -> None:
    answer = Client().get("/offline", HTTP_HOST=HOST)
    assert wanting(answer) == ["does not say https alone"]
