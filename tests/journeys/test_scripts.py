"""Scripts in every field, and every page in a real browser: nothing of them runs, is asked for, or becomes markup.

The browser is not helped by the content policy: it only reports. `HMS_CRAWL=all` opens each page as every role that
it lets in, not only as the first of them; of a visit that is over and of one that goes on; and all of the administration.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote, urlencode

import pytest
import time_machine
from django.contrib import admin
from django.http import HttpResponse
from django.template import base
from django.test import Client
from django.urls import reverse
from django.utils.safestring import mark_safe
from playwright.sync_api import Browser
from pypdf import PdfReader

from hms.core import history
from hms.core.models import Facility, User
from patients.models import Patient
from tests.conftest import make_patient
from tests.journeys.crawl import MORNING, House, enter
from tests.journeys.hostile import MARK, NUMBER, Planted, plant, words
from tests.project.names import NAMES, OF_THE_DOOR
from tests.project.routes import Route, routes
from tests.project.sent import UUID_IN, Sent, forms
from tests.project.walked import Walked, walk
from wards.models import Admission

EVERYTHING = os.environ.get("HMS_CRAWL") == "all"
# They change who is signed in.
LEAVES = {"account_logout", "lock", "locked", "sign_out_everywhere", "unlock_by_passkey"}
FREE = {"text", "textarea", "search"}
TYPED = {*FREE, "email", "tel", "url", "decimal", "numeric", "number", "date", "time", "datetime-local", "hidden"}
ASKED = (*NAMES, *OF_THE_DOOR)


@dataclass
class Stands:
    """A hospital in which everything that is written down is hostile."""

    walked: Walked
    planted: Planted
    clients: dict[str, Client]
    # The same routes of what is not over: the visit and the stay on which one still acts.
    going_on: dict[str, object]

    def addresses(self, route: Route) -> list[str]:
        ids = [self.walked.ids | self.going_on, self.walked.ids]
        found = dict.fromkeys(reverse(route.name, kwargs={n: each[n] for n in route.arguments}) for each in ids)
        return list(found) if EVERYTHING else list(found)[:1]

    def who(self, route: Route) -> list[str]:
        """Who opens it: the first role that may, or each."""
        if route.access.public:
            return ["doctor"]
        those = [code for code in self.walked.users if self.walked.lets_in(route, code)]
        return those if EVERYTHING else those[:1]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Playwright's loop runs in this thread, as do the views; Django would refuse to speak to the database."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


@pytest.fixture
def stands(north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client]) -> Stands:
    with time_machine.travel(MORNING, tick=False):
        walked = walk(north, person, mark=MARK)
        stay = Admission.objects.get(patient=walked.patient, status="admitted")
        clients = {code: browser_of(user) for code, user in walked.users.items()}
        for client in clients.values():
            client.raise_request_exception = False
    return Stands(walked, Planted(), clients, {"encounter_id": stay.encounter_id, "admission_id": stay.pk})


@pytest.fixture
def house(browser: Browser) -> Iterator[House]:
    house, close = enter(browser)
    yield house
    close()


def pages(stands: Stands) -> Iterator[tuple[str, str]]:
    """Every page there is, as (role, address)."""
    for route in routes():
        if route.name not in LEAVES:
            for code in stands.who(route):
                yield from ((code, address) for address in stands.addresses(route))
    for kept in history.registered():
        for code, user in stands.walked.users.items():
            row = kept.rows(user).first() if any(map(user.has_perm, kept.permissions)) else None
            if row is not None:
                yield code, reverse("core:history", args=[kept.model._meta.label_lower, row.pk])
                break
    yield from (("administrator", address) for address in administration())


def administration() -> Iterator[str]:
    yield "/admin/"
    for model in admin.site._registry:
        where = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield where
        if EVERYTHING:
            yield f"{where}add/"
        if row := model._default_manager.order_by("-pk").first():
            more = ("history/", "delete/") if EVERYTHING else ()
            yield from (f"{where}{quote(str(row.pk))}/{page}" for page in ("change/", *more))


class Crawl:
    """What was seen on the way: `papers` by their address, `broke`."""

    def __init__(self, stands: Stands, house: House) -> None:
        self.stands, self.house = stands, house
        self.papers: dict[str, bytes] = {}
        self.broke: list[str] = []
        self.told: set[tuple[str, int]] = set()
        self.seen: set[str] = set()

    def look(
        self, code: str, address: str, answer: HttpResponse | None = None, *, only: list[int] | None = None
    ) -> int:
        """Ask as one role, and show what came: a refusal once for each role, because it looks the same everywhere.
        With `only` where one of these numbers stands, however it is written, behind what none stood behind before."""
        self.house.client = self.stands.clients[code]
        answer = answer or self.house.ask(address)
        status = answer.status_code
        if status >= 500:
            self.broke.append(f"{address}: {status}")
        elif answer.headers.get("Content-Type") == "application/pdf":
            self.papers[address] = answer.body
        elif status == 405 or (status in (400, 403, 404) and not only and (code, status) in self.told):
            return status
        elif only is None or self.places(answer.body.decode(errors="replace"), only):
            self.told.add((code, status))
            self.house.show(address, answer)
        return status

    def places(self, page: str, numbers: list[int]) -> set[str]:
        """Where in a page they stand, that is new: the markup in front of each."""
        found = {
            UUID_IN.sub("", re.sub(r"\d+", "", page[max(match.start() - 60, 0) : match.start()]))
            for match in NUMBER.finditer(page)
            if int(match[1]) in numbers
        }
        new = found - self.seen
        self.seen |= found
        return new

    def shown(self) -> set[int]:
        """The numbers that stood in a page as text."""
        return {int(n) for text in self.house.texts for n in NUMBER.findall(text)}


@pytest.mark.printed
def test_nothing_that_is_stored_runs_on_any_page(stands: Stands, house: House) -> None:
    with time_machine.travel(MORNING, tick=False):
        plant(stands.planted)
        those = list(pages(stands))
    crawl = Crawl(stands, house)
    for code, address in those:
        crawl.look(code, address)
    assert house.told == [], "\n".join(house.told[:40])
    assert crawl.broke == []
    assert house.opened > 200
    # Most of what can be written down was seen: as text.
    assert len(crawl.shown()) > 200, [name for n, name in stands.planted.columns.items() if n not in crawl.shown()]
    assert len(stands.planted.closed) < 5, stands.planted.closed
    assert_paper_holds_text(crawl.papers)


def assert_paper_holds_text(papers: dict[str, bytes]) -> None:
    """What was typed stands on paper as it was typed; nothing on it acts, leads elsewhere or was put in."""
    told = ""
    for address, content in papers.items():
        read = PdfReader(BytesIO(content))
        told += "".join(page.extract_text() for page in read.pages)
        assert not read.attachments, address
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(read.trailer["/Root"]), address
        assert not [mark for page in read.pages for mark in page.get("/Annots", ())], f"{address}: leads somewhere"
    assert len(papers) > 6
    assert "<x-h>" in told and "hostile(" in "".join(told.split())


def typed(stands: Stands, sent: Sent, *, everything: bool) -> tuple[dict[str, list[str]], list[int]]:
    """A form with hostile text in its fields for text, or in all that are not chosen from; and the numbers of these."""
    fields, numbers = sent.filled(), []
    for name, kind in sent.kinds.items():
        if name in sent.choices or name == "csrfmiddlewaretoken":
            continue
        if kind in FREE or (everything and kind in TYPED):
            n = stands.planted.name(f"{sent.action} {name}")
            text = words(n, sent.rooms.get(name))
            if text:
                fields[name] = [text]
                numbers.append(n)
    return fields, numbers


def test_nothing_that_is_typed_runs_in_what_is_answered(stands: Stands, house: House) -> None:
    """Every form of every page: done, with what it says then; refused, with what was typed in it."""
    crawl = Crawl(stands, house)
    with time_machine.travel(MORNING, tick=False):
        those = list(pages(stands))
    seen, done, refused, fields = set(), 0, 0, set()
    for code, address in those:
        house.client = stands.clients[code]
        page = house.ask(address)
        if "html" not in page.headers.get("Content-Type", ""):
            continue
        for sent in forms(page.body.decode(), address):
            what = (UUID_IN.sub("", sent.action), tuple(sent.fields))
            if (
                sent.method != "post"
                or what in seen
                or any(word in sent.action for word in ("/lock", "/logout/", "/everywhere"))
            ):
                continue
            seen.add(what)
            was = 0
            for everything in (False, True):
                text, numbers = typed(stands, sent, everything=everything)
                if not numbers:
                    continue
                answer = house.ask(sent.action, "POST", text)
                done += answer.status_code == 200 and bool(answer.redirect_chain)
                refused += answer.status_code == 422
                fields |= {stands.planted.columns[n] for n in numbers}
                if answer.status_code != was or EVERYTHING:  # refused once more it looks the same
                    was = crawl.look(code, sent.action, answer, only=numbers)
    assert house.told == [], "\n".join(house.told[:40])
    assert crawl.broke == []
    assert done > 50 and refused > 20 and len(fields) > 300 and len(crawl.shown()) > 60


def test_nothing_that_an_address_says_runs(stands: Stands, house: House) -> None:
    """Filters, sorting, cursors, where to go next, what was searched for, addresses that lead nowhere."""
    crawl = Crawl(stands, house)
    with time_machine.travel(MORNING, tick=False):
        those = [(stands.who(route)[0], stands.addresses(route)[0]) for route in routes() if route.name not in LEAVES]
    those += [("administrator", f"/admin/{where}/") for where in ("core/user", "core/document", "billing/service")]
    for code, address in those:
        n = stands.planted.name(f"?{address}")
        query = urlencode(dict.fromkeys(ASKED, words(n, 120)))
        crawl.look(code, f"{address}?{query}", only=[n])
    n = stands.planted.name("addresses")
    for address in (f"/nothing/{quote(words(n, 60))}", f"/verify/{quote(words(n, 60).replace('/', ''))}"):
        crawl.look("doctor", address, only=[n])
    for code, address, fields in (
        ("receptionist", "/search", {"q": words(n, 100)}),
        ("receptionist", "/search", {"q": MARK}),
        ("receptionist", "/patients/", {"q": words(n, 100)}),
        ("doctor", "/theme", {"next": f"javascript:hostile({n})//h{n}z"}),
    ):
        house.client = stands.clients[code]
        crawl.look(code, address, house.ask(address, "POST", fields))
    house.client = Client(raise_request_exception=False)
    for _again in range(7):  # until it says that these were too many
        answer = house.ask(
            "/accounts/login/?next=" + quote(words(n, None)), "POST", {"username": words(n, 100), "password": "x"}
        )
        house.show("/accounts/login/", answer)
    assert house.opened > 20 and len(crawl.shown()) > 20
    assert house.told == [], "\n".join(house.told[:40])
    assert crawl.broke == []


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Templates that escape nothing."""
    monkeypatch.setattr(base, "conditional_escape", lambda text: mark_safe(str(text)))


@pytest.mark.parametrize("enforced", [False, True])
def test_a_page_that_escapes_nothing_is_found(
    north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client], browser: Browser, careless: None,
    enforced: bool,
) -> None:  # fmt: skip
    """Without the policy it runs, acts and asks elsewhere. With it nothing runs, and that it would have is told."""
    desk = person("receptionist")
    patient = make_patient(desk, "Ivo", "Horvat", address=words(7, None)[:200])
    Patient.objects.filter(pk=patient.pk).update(city="h8z<img src=x onerror=hostile(8)>", country=MARK)
    house, close = enter(browser, enforced=enforced)
    with time_machine.travel(MORNING, tick=False):
        house.client = browser_of(desk)
    house.show(f"/patients/{patient.pk}/person")
    close()
    told = "\n".join(house.told)
    assert ("ran 8" in told) is not enforced
    assert "policy script-src" in told
    assert "an element: <x-h>" in told and "an attribute: <img" in told
