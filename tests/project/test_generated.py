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
from collections import Counter
from urllib.parse import quote

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from hms import urls as house
from hms.core import access, roles
from hms.core.models import User
from tests.conftest import sign_in
from tests.project.administration import Address, addresses, row_of
from tests.project.hospitals import Hospital
from tests.project.matrix import METHODS, ask
from tests.project.names import NAMES, OF_A_FIELD, OF_A_LIST
from tests.project.routes import Route, routes
from tests.project.sent import Sent, forms

NUMBER = int(os.environ.get("HMS_GENERATED", "10000"))
SEED = int(os.environ.get("HMS_GENERATED_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
STRANGE = [
    "", " ", "0", "-1", "1e309", "NaN", "Infinity", "-0.0", "٣٤", "1,5", "99999999999999999999", "0001-01-01", "9999-12-31", "2026-02-30",
    "2026-03-29T01:30", "24:00", "25:61", "null", "None", "true", "[]", "{}", "' or 1=1 --", "\";drop table x;--", "%", "_", "\\", "%00", "\ufeff",
    "<script>x()</script>", "{{ 7 }}", "../../etc/passwd", "\u202e" * 40, "e\u0301" * 200, "🦠" * 100, "क्षि" * 50, "ﷺ", "a" * 5000, "\r\nSet-Cookie: a=b", "A" * 200_000,
]  # fmt: skip


def cursor(*values: str) -> str:
    """As a list's `?after=` says where it goes on."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


STRANGE += [cursor("2026-01-01", "x"), cursor("\0", "\0"), cursor("9999-99-99T00:00", str(uuid.UUID(int=0))), "\0"]
OF_AN_ACT = ["_selected_action", "action", "index"]
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


# The forms of the hospital's pages by their routes: fetched once.
FORMS: dict[str, list[Sent]] = {}


@pytest.fixture(scope="module", autouse=True)
def of_this_hospital(built: Hospital) -> None:
    FORMS.clear()


class Generator:
    def __init__(self, stands: Hospital, those: list[Route | Address], dice: random.Random) -> None:
        User.objects.filter(pk__in=[user.pk for user in stands.asked.values()]).update(is_staff=True)
        self.stands, self.dice = stands, dice
        self.there = [each for each in those if isinstance(each, Address)]
        self.ours = [each for each in those if isinstance(each, Route)] or self.there
        self.clients = {code: sign_in(user) for code, user in stands.asked.items()}
        for client in self.clients.values():
            client.raise_request_exception = False
        self.sent: Counter[str] = Counter()

    def send(self, number: int) -> list[str]:
        """The requests that broke a page, as lines that say how to send them again."""
        return [broke for _n in range(number) if (broke := self._one())]

    def _one(self) -> str:
        dice = self.dice
        # Pages of the administration are dear and much alike: one request of eight.
        route = dice.choice(self.there if self.there and dice.random() < 0.125 else self.ours)
        kind = dice.choice(["own", "own", "other", "foreign", "narrow"])
        # As often as not somebody who is let in: else most would be refused at the door.
        holders = self._holders(route, kind)
        code = dice.choice(holders or [*roles.ROLES]) if dice.random() < 0.8 else dice.choice([*roles.ROLES])
        method = dice.choices(METHODS, [50, 40, 3, 2, 1, 1, 2, 1])[0]
        address = self._address(route, kind)
        query = "&".join(f"{quote(self._name(route))}={quote(self._value()[:3000])}" for _n in range(dice.randrange(4)))
        headers = {dice.choice(HEADERS): self._header() for _n in range(dice.randrange(3))}
        fields = self._fields(route) if method == "POST" else None
        answer = ask(self.clients[code], method, f"{address}?{query}" if query else address, fields, **headers)
        sort = "administration" if isinstance(route, Address) else "paper" if "pdf" in route.name else "page"
        self.sent[f"{sort} {method}"] += 1
        if answer.status < 500:
            return ""
        return f"{answer.status} {code} {method} {address}?{query} {str(fields)[:300]} {headers}"[:1500]

    def _holders(self, route: Route | Address, kind: str) -> list[str]:
        if isinstance(route, Address):
            return ["administrator", "administrator", "accountant", "auditor", "hr", "doctor"]
        return [code for code in roles.ROLES if self.stands.objects[kind].lets_in(route, code)]

    def _address(self, route: Route | Address, kind: str) -> str:
        if isinstance(route, Address):
            return route.url(row_of(self.stands, route, kind) or quote(self._value()[:200], safe="") or "0")
        return self.stands.objects[kind].url(route)

    def _fields(self, route: Route | Address) -> dict[str, object]:
        """The page's own form with some of its fields changed, or whatever; of a list, the rows that were chosen."""
        fields: dict[str, object] = {}
        if isinstance(route, Address) and route.action:
            fields = route.sent(self._value())
        elif known := self._forms(route):
            fields = dict(self.dice.choice(known).filled())
        for name in self.dice.sample([*fields], min(len(fields), self.dice.randrange(4))):
            fields[name] = self._value()
        for _n in range(self.dice.randrange(3)):
            fields[self._name(route)] = self._value()
        if self.dice.random() < 0.95:
            fields["_key"] = str(uuid.UUID(int=self.dice.getrandbits(128), version=4))
        return fields

    def _forms(self, route: Route | Address) -> list[Sent]:
        """Of the page of one's own patient, as the first who is let in sees it: whoever is asked first, they are the same."""
        if route.name not in FORMS:
            address = self._page(route)
            client = self.clients[[*self._holders(route, "own"), "administrator"][0]]
            page = ask(client, "GET", address).text if address else ""
            FORMS[route.name] = [each for each in forms(page, address) if each.method == "post"]
        return FORMS[route.name]

    def _page(self, route: Route | Address) -> str:
        if isinstance(route, Route):
            return self.stands.objects["own"].url(route)
        key = row_of(self.stands, route, "own")
        return route.url(key) if key or not route.leads_to_a_row else ""

    def _name(self, route: Route | Address) -> str:
        more = [*OF_A_LIST, *OF_A_FIELD, *OF_AN_ACT] if isinstance(route, Address) else route.arguments
        return self.dice.choice([*NAMES, "reason", "code", *more, *more, "_key", "\u202e", "a[b]", "__class__"])

    def _value(self) -> str:
        dice = self.dice
        if dice.random() < 0.25:
            return str(dice.choice([*self.stands.objects["own"].ids.values()]))
        if dice.random() < 0.2:
            return "".join(chr(dice.randrange(1, 0xD7FF)) for _n in range(dice.randrange(40)))
        return dice.choice(STRANGE)

    def _header(self) -> str:
        return "".join(letter for letter in self._value() if " " <= letter <= "~")[:500]


PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
def test_no_generated_request_breaks_a_page(stands: Hospital, part: int) -> None:
    generator = Generator(stands, [*routes(), *addresses()], random.Random(SEED + part))
    broke = generator.send(NUMBER // PARTS)
    assert broke == [], f"HMS_GENERATED_SEED={SEED}\n" + "\n".join(broke)
    for sort in ("page", "administration", "paper") if NUMBER >= 10_000 else ():
        assert generator.sent[f"{sort} GET"] + generator.sent[f"{sort} POST"] > 2, generator.sent


@access.signed_in
def fragile(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(float(request.GET.get("day", "0"))))


def fragile_there(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(int(request.GET.get("p", "0"))))


urlpatterns = [
    path("admin/fragile/", access.signed_in(fragile_there)),
    path("fragile", fragile, name="fragile"),
    *house.urlpatterns,
]


@pytest.mark.urls("tests.project.test_generated")
def test_a_page_that_trusts_what_it_gets_is_broken(stands: Hospital) -> None:
    for weak in (Route("fragile", fragile, ()), Address("fragile", "fragile/", None)):
        broke = Generator(stands, [weak], random.Random(7)).send(200)
        assert broke and all(line.startswith("500") for line in broke)
