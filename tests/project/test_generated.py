"""Requests that nobody would send by hand: any route, any role, anything in any place. None breaks a page.

10,000 of them; `HMS_GENERATED=100000` for more. The seed of a failing run stands in its message, and
`HMS_GENERATED_SEED` sends the same again.
"""

from __future__ import annotations

import base64
import json
import os
import random
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from hms import urls as house
from hms.core import access, roles
from hms.core.models import Facility, User
from tests.project.matrix import METHODS, Hospital, ask, hospital
from tests.project.routes import Route, routes
from tests.project.sent import forms

NUMBER = int(os.environ.get("HMS_GENERATED", "10000"))
SEED = int(os.environ.get("HMS_GENERATED_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
NAMES = [
    "q",
    "sort",
    "after",
    "before",
    "day",
    "start",
    "first",
    "last",
    "month",
    "status",
    "kind",
    "by",
    "show",
    "format",
    "next",
    "ward",
    "doctor",
    "department",
    "weekday",
    "reason",
    "code",
]
STRANGE = [
    "", " ", "0", "-1", "1e309", "NaN", "Infinity", "-0.0", "٣٤", "1,5", "99999999999999999999", "0001-01-01", "9999-12-31", "2026-02-30",
    "2026-03-29T01:30", "24:00", "25:61", "null", "None", "true", "[]", "{}", "' or 1=1 --", "\";drop table x;--", "%", "_", "\\", "%00", "\ufeff",
    "<script>x()</script>", "{{ 7 }}", "../../etc/passwd", "\u202e" * 40, "e\u0301" * 200, "🦠" * 100, "क्षि" * 50, "ﷺ", "a" * 5000, "\r\nSet-Cookie: a=b", "A" * 200_000,
]  # fmt: skip


def cursor(*values: str) -> str:
    """As a list's `?after=` says where it goes on."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


STRANGE += [cursor("2026-01-01", "x"), cursor("\0", "\0"), cursor("9999-99-99T00:00", str(uuid.UUID(int=0))), "\0"]
HEADERS = [
    "HX-Request",
    "HX-Target",
    "HX-Current-URL",
    "Referer",
    "Accept",
    "Accept-Language",
    "If-None-Match",
    "Range",
    "X-Forwarded-For",
]


@pytest.fixture
def stands(north: Facility, person: Callable[..., User]) -> Iterator[Hospital]:
    with hospital(north, person) as built:
        yield built


class Generator:
    def __init__(self, stands: Hospital, browser_of: Callable, those: list[Route], dice: random.Random) -> None:
        self.stands, self.those, self.dice = stands, those, dice
        self.clients = {code: browser_of(user) for code, user in stands.asked.items()}
        for client in self.clients.values():
            client.raise_request_exception = False
        self.names: dict[str, list[str]] = {}

    def send(self, number: int) -> list[str]:
        """The requests that broke a page, as lines that say how to send them again."""
        return [broke for _n in range(number) if (broke := self._one())]

    def _one(self) -> str:
        dice = self.dice
        route = dice.choice(self.those)
        walked = self.stands.objects[dice.choice(["own", "own", "other", "foreign"])]
        # As often as not somebody who is let in: else most would be refused at the door.
        holders = [code for code in roles.ROLES if walked.lets_in(route, code)]
        code = dice.choice(holders or [*roles.ROLES]) if dice.random() < 0.8 else dice.choice([*roles.ROLES])
        method = dice.choices(METHODS, [50, 40, 3, 2, 1, 1, 2, 1])[0]
        address = walked.url(route)
        query = "&".join(f"{quote(self._name(route))}={quote(self._value()[:3000])}" for _n in range(dice.randrange(4)))
        headers = {dice.choice(HEADERS): self._header() for _n in range(dice.randrange(3))}
        fields = self._fields(route, code, address) if method == "POST" else None
        answer = ask(self.clients[code], method, f"{address}?{query}" if query else address, fields, **headers)
        if answer.status < 500:
            return ""
        return f"{answer.status} {code} {method} {address}?{query} {str(fields)[:300]} {headers}"[:1500]

    def _fields(self, route: Route, code: str, address: str) -> dict[str, object]:
        """The page's own form with some of its fields changed, or whatever."""
        if route.name not in self.names:
            page = ask(self.clients[code], "GET", address).text
            self.names[route.name] = [each for each in forms(page, address) if each.method == "post"]
        fields: dict[str, object] = {}
        if known := self.names[route.name]:
            fields = dict(self.dice.choice(known).filled())
        for name in self.dice.sample([*fields], min(len(fields), self.dice.randrange(4))):
            fields[name] = self._value()
        for _n in range(self.dice.randrange(3)):
            fields[self._name(route)] = self._value()
        if self.dice.random() < 0.95:
            fields["_key"] = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        return fields

    def _name(self, route: Route) -> str:
        return self.dice.choice([*NAMES, *route.arguments, "v-after", "_key", "\u202e", "a[b]", "__class__"])

    def _value(self) -> str:
        dice = self.dice
        if dice.random() < 0.25:
            return str(dice.choice([*self.stands.objects["own"].ids.values()]))
        if dice.random() < 0.2:
            return "".join(chr(dice.randrange(1, 0xD7FF)) for _n in range(dice.randrange(40)))
        return dice.choice(STRANGE)

    def _header(self) -> str:
        return "".join(letter for letter in self._value() if " " <= letter <= "~")[:500]


@pytest.mark.parametrize("part", range(2))
def test_no_generated_request_breaks_a_page(stands: Hospital, browser_of: Callable, part: int) -> None:
    those = [route for route in routes() if "pdf" not in route.name]
    broke = Generator(stands, browser_of, those, random.Random(SEED + part)).send(NUMBER // 2)
    assert broke == [], f"HMS_GENERATED_SEED={SEED}\n" + "\n".join(broke)


@access.signed_in
def fragile(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(float(request.GET.get("day", "0"))))


urlpatterns = [*house.urlpatterns, path("fragile", fragile, name="fragile")]


@pytest.mark.urls("tests.project.test_generated")
def test_a_page_that_trusts_what_it_gets_is_broken(stands: Hospital, browser_of: Callable) -> None:
    broke = Generator(stands, browser_of, [Route("fragile", fragile, ())], random.Random(7)).send(200)
    assert broke and all(line.startswith("500") for line in broke)
