"""No form is taken that was not sent from a page of ours: on any route, without its token, with another's, from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import _get_new_csrf_string, _mask_cipher_secret
from django.test import Client
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from hms import urls as house
from hms.core import access
from hms.core.models import Facility, User
from hms.core.sign_in import devices
from patients.models import Patient
from tests.project.matrix import MINUTES, Answer, ask
from tests.project.routes import Route, routes
from tests.project.walked import Walked, walk
from tests.weakened import reworded, weakened

SAID = "This page was open for too long, or signed out in another window."
ADMINISTRATION = (
    "/admin/core/user/add/",
    "/admin/core/facility/add/",
    "/admin/logout/",
    "/admin/core/department/",
    "/admin/jsi18n/",
)


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


class Doors:
    """A signed-in browser for whoever a route lets in, whose forms are asked for their token."""

    def __init__(self, walked: Walked, browser_of: Callable[[User], Client]) -> None:
        self.walked, self.browser_of, self.clients = walked, browser_of, {}
        self.ours, self.other = _get_new_csrf_string(), _get_new_csrf_string()

    def client(self, user: User, *, cookie: bool) -> Client:
        client = self.clients.get(user.pk) or self.clients.setdefault(user.pk, self.browser_of(user))
        client.handler.enforce_csrf_checks = True
        client.raise_request_exception = False
        client.cookies.pop(settings.CSRF_COOKIE_NAME, None)
        if cookie:
            client.cookies[settings.CSRF_COOKIE_NAME] = self.ours
        return client

    def taken(self, user: User, address: str, *, more: bool = True) -> list[str]:
        """The ways in which a form was taken, or changed something, that did not come from a page of ours."""
        token, strange = _mask_cipher_secret(self.ours), _mask_cipher_secret(self.other)
        ways: dict[str, tuple[bool, dict, dict]] = {
            "without a token": (True, {}, {}),
            "from elsewhere": (True, {"csrfmiddlewaretoken": token}, {"Origin": "https://elsewhere.example"}),
        }
        if more:
            ways |= {
                "with another's token": (True, {"csrfmiddlewaretoken": strange}, {}),
                "with a token and no cookie": (False, {"csrfmiddlewaretoken": token}, {}),
                "by htmx without a token": (True, {}, {"HX-Request": "true"}),
            }
        found = []
        for way, (cookie, fields, headers) in ways.items():
            answer = ask(self.client(user, cookie=cookie), "POST", address, fields, **headers)
            if not refused(answer) or answer.written - MINUTES:
                found.append(f"{address} {way}: {answer.status} {sorted(answer.written)}")
        return found

    def sent(self, user: User, address: str) -> Answer:
        """As a page of ours sends it."""
        client = self.client(user, cookie=True)
        return ask(client, "POST", address, {"csrfmiddlewaretoken": _mask_cipher_secret(self.ours)})

    def who(self, route: Route) -> User:
        return self.walked.users["doctor"] if route.access.public else self.walked.who_may(route)


def refused(answer: Answer) -> bool:
    return answer.status == 403 and SAID in answer.text


def test_no_route_takes_a_form_that_came_from_elsewhere(walked: Walked, browser_of: Callable) -> None:
    doors = Doors(walked, browser_of)
    taken = []
    for n, route in enumerate(routes()):
        taken += doors.taken(doors.who(route), walked.url(route), more=n % 5 == 0)
    taken += [line for address in ADMINISTRATION for line in doors.taken(walked.users["administrator"], address)]
    assert taken == [], "\n".join(taken)
    # And it is the token that they lack.
    assert not any(refused(doors.sent(doors.who(route), walked.url(route))) for route in routes()[::5])


@weakened("sent from everywhere", settings, "SESSION_COOKIE_SAMESITE", "None")
@weakened("with a token that scripts read", settings, "CSRF_COOKIE_HTTPONLY", False)
@weakened("with a browser's name that scripts read", reworded(devices.remember, ("httponly=True", "httponly=False")))
def test_no_other_site_sends_our_cookies_with_a_form(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    nurse.set_password("correct horse battery")
    nurse.save()
    client = Client()
    client.get("/accounts/login/")
    assert (
        client.post("/accounts/login/", {"username": nurse.username, "password": "correct horse battery"}).status_code
        == 302
    )
    kept = {name: (cookie["samesite"], bool(cookie["httponly"])) for name, cookie in client.cookies.items()}
    assert set(kept) >= {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.DEVICE_COOKIE_NAME}
    assert set(kept.values()) == {("Lax", True)}


@access.signed_in
@csrf_exempt
def careless(request: HttpRequest) -> HttpResponse:
    Patient.objects.update(language="en")
    return HttpResponse()


urlpatterns = [*house.urlpatterns, path("careless", careless, name="careless")]


@pytest.mark.urls("tests.project.test_csrf")
def test_a_route_that_asks_for_no_token_is_found(walked: Walked, browser_of: Callable) -> None:
    found = Doors(walked, browser_of).taken(walked.users["doctor"], "/careless")
    assert len(found) == 5 and "patients_patient" in found[0]
