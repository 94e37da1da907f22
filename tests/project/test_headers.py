"""What every answer says to the browser, whatever it is: page, file, refusal, error, redirect. Every route, and behind
TLS: test_tls.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from csp.middleware import CSPMiddleware
from django.conf import settings as configured
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import path

from hms.core import access
from hms.core.models import Facility, User
from hms.core.views import errors
from tests.project.walked import Walked, walk
from tests.weakened import weakened

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b[^>]*>")


def without(part: str) -> tuple[str, Any, str, list[str]]:
    """For a twin (tests/weakened.py): as if a middleware had been left out."""
    kept = [each for each in configured.MIDDLEWARE if part not in each]
    assert len(kept) == len(configured.MIDDLEWARE) - 1
    return f"without {part}", configured, "MIDDLEWARE", kept


def faults(answer: HttpResponse, *, administration: bool = False) -> list[str]:
    """What an answer lacks, in words."""
    found = []
    policy = dict(
        part.strip().partition(" ")[::2] for part in answer.headers.get("Content-Security-Policy", "").split(";")
    )
    if policy.get("default-src") != "'none'" or policy.get("frame-ancestors") != "'none'":
        found.append("no policy of content")
    if "unsafe" in str(policy) or "*" in str(policy) or "http:" in str(policy):
        found.append("a policy that lets anything in")
    scripts = policy.get("script-src", "").split()
    nonces = [source for source in scripts if source.startswith("'nonce-")]
    if [source for source in scripts if source not in nonces] != (["'self'"] if administration else []):
        found.append(f"scripts from {scripts}")
    for name, wanted in (
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ):
        if answer.headers.get(name) != wanted:
            found.append(f"no {name}")
    if any(name.lower().startswith("access-control-") for name in answer.headers):
        found.append("lets other sites read it")
    if "camera=()" not in answer.headers.get("Permissions-Policy", ""):
        found.append("no Permissions-Policy")
    if not answer.streaming and "html" in answer.headers.get("Content-Type", ""):
        page = answer.content.decode()
        found += [f"inline: {match[0]}" for match in INLINE.finditer(page)]
        if not administration:
            found += [
                f"a script that is not of this answer: {tag}"
                for tag in SCRIPT.findall(page)
                if not nonces or f'nonce="{nonces[0][7:-1]}"' not in tag
            ]
    return found


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


@weakened(*without("CSPMiddleware"))
def test_the_administration_bears_them(walked: Walked, browser_of: Callable[[User], Client]) -> None:
    client = browser_of(walked.users["administrator"])
    for address in ("/admin/", "/admin/core/facility/", "/admin/core/user/add/", "/admin/nothing/"):
        assert faults(client.get(address), administration=address != "/admin/nothing/") == [], address


def break_down(request: HttpRequest) -> HttpResponse:
    raise ValueError("as a fault of ours would")


urlpatterns = [path("break-down", access.public(break_down))]
handler500 = errors.server_error


@weakened(*without("CSPMiddleware"))
@weakened(*without("XFrameOptions"))
@weakened(*without("PermissionsPolicy"))
@weakened(*without("SecurityMiddleware"))
@pytest.mark.urls("tests.project.test_headers")
def test_a_fault_of_ours_bears_them(db: None) -> None:
    answer = Client(raise_request_exception=False).get("/break-down")
    assert answer.status_code == 500 and "not with you" in answer.content.decode()
    assert faults(answer) == []


@weakened(*without("CSPMiddleware"))
@weakened(*without("XFrameOptions"), only="/static/js/app.js-200")
@weakened(*without("PermissionsPolicy"), only="/static/js/app.js-200")
@weakened(*without("SecurityMiddleware"), only="/nothing/here-404")
@weakened("with files for every site", configured, "WHITENOISE_ALLOW_ALL_ORIGINS", True, only="/static/js/app.js-200")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/nothing/here", 404),
        ("/patients/", 302),
        ("/static/js/app.js", 200),
        ("/static/../hms/settings.py", 404),
        ("/offline", 200),
    ],
)
def test_whoever_is_not_signed_in_gets_them_too(db: None, address: str, status: int) -> None:
    answer = Client().get(address)
    assert answer.status_code == status
    assert faults(answer) == []


def test_a_script_of_no_answer_is_found() -> None:
    answer = HttpResponse(render_to_string("500.html", {"request": RequestFactory().get("/")}))
    assert any("not of this answer" in fault for fault in faults(answer))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    assert "lets other sites read it" in faults(answer)
    answer = HttpResponse('<p onclick="x()" style="color:red"><script>x()</script>')
    assert sum("inline" in fault for fault in faults(answer)) == 3


@weakened("with one word for all", CSPMiddleware, "_make_nonce", lambda self, request: "always")
def test_every_answer_has_another_word(db: None) -> None:
    words = {Client().get("/accounts/login/").headers["Content-Security-Policy"] for _n in range(2)}
    assert len(words) == 2
