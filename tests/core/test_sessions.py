"""The life of a session, under a clock that the test holds."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.conf import settings as configured
from django.contrib.auth.backends import ModelBackend
from django.test import Client
from django.urls import resolve, reverse

from hms.core.middleware import AccessMiddleware
from hms.core.models import AuditEvent, Session, User
from hms.core.sign_in import sessions
from hms.core.sign_in.sessions import SessionStore
from tests.weakened import weakened

PASSWORD, NEW = "canal boats drift at noon", "seven geese above the dam"
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://testserver/patients/?show=all"}


# What the twins take away (tests/weakened.py).


def begins_anew(self: SessionStore, data: dict[str, Any]) -> Session:
    """As Django's own does it: with each writing, from now on."""
    written = as_written(self, data)
    written.active_at = datetime.now(UTC)
    written.expire_date = written.active_at + sessions.life()
    return written


def polled(address: str) -> tuple[Any, str, Any]:
    """A view that asks by itself, taken for something that a person did."""
    view = resolve(address).func
    return view, "access", replace(view.access, polls=False)


def only_here(user: User, *, but: str | None = None) -> int:
    """Ends no session, but the one there is when none is to stay."""
    return 0 if but else Session.objects.filter(user=user).order_by("active_at").last().delete()[0]


as_written = SessionStore.create_model_instance
NEVER = timedelta(days=400)


@pytest.fixture
def hour() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as hour:
        yield hour


@pytest.fixture
def nurse(person: Callable[..., User]) -> User:
    user = person("nurse", username="n.okafor")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def signed_in(nurse: User, hour: time_machine.Traveller) -> Callable[[], Client]:
    def enter() -> Client:
        client = Client()
        client.force_login(nurse)
        return client

    return enter


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def act(client: Client, address: str, **fields: object):
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


@weakened("without an end to idle time", sessions, "idle_limit", lambda: NEVER)
@weakened("without being seen at work", sessions, "active", lambda request: None)
def test_whoever_works_stays_and_whoever_does_nothing_is_signed_out(
    signed_in: Callable[[], Client], hour: time_machine.Traveller
) -> None:
    client = signed_in()
    for _click in range(4):
        hour.shift(timedelta(minutes=29))
        assert is_in(client)
    hour.shift(timedelta(minutes=30))
    answer = client.get("/patients/", follow=True)
    assert answer.redirect_chain[-1:] == [("/accounts/login/?next=/patients/", 302)]
    assert b"nothing was done here for 30 minutes" in answer.content
    assert not is_in(client)


@weakened("without an end", sessions, "life", lambda: NEVER)
def test_a_sign_in_lasts_a_shift_and_no_longer_however_busy_it_is(
    signed_in: Callable[[], Client], hour: time_machine.Traveller
) -> None:
    client = signed_in()
    for _click in range(47):
        hour.shift(timedelta(minutes=15))
        assert is_in(client)
    hour.shift(timedelta(minutes=15))
    answer = client.get("/", follow=True)
    assert b"12 hours at most" in answer.content
    assert not is_in(client)


@weakened("with an end that moves", SessionStore, "create_model_instance", begins_anew)
def test_neither_writing_the_session_nor_what_it_says_of_itself_moves_its_end(
    signed_in: Callable[[], Client], hour: time_machine.Traveller
) -> None:
    client = signed_in()
    hour.shift(timedelta(minutes=20))
    session = client.session
    session["anything"] = 1
    session.save()
    row = Session.objects.get()
    assert (row.active_at, row.expire_date) == (MORNING, MORNING + timedelta(hours=12))


@weakened("with asking taken for work", *polled("/shell/counts"))
def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(
    signed_in: Callable[[], Client], hour: time_machine.Traveller
) -> None:
    client = signed_in()
    for _minute in range(29):
        hour.shift(timedelta(minutes=1))
        assert client.get("/shell/counts", **HTMX).status_code == 200
        assert client.get("/queue/outpatients/display", **HTMX).status_code == 200
    hour.shift(timedelta(minutes=1))
    answer = client.get("/shell/counts", **HTMX)
    assert answer.status_code == 204
    assert unquote(answer.headers["HX-Redirect"]) == "/accounts/login/?next=/patients/?show=all"


@weakened("with asking taken for work", *polled("/appointments/queue"))
@weakened("without being seen at work", sessions, "active", lambda request: None)
def test_the_queue_asked_for_by_a_person_counts_and_by_itself_does_not(
    client_as: Callable[..., Client], hour: time_machine.Traveller
) -> None:
    client = client_as("receptionist")
    Session.objects.update(active_at=MORNING)  # the fixture gives its people an hour more
    hour.shift(timedelta(minutes=20))
    client.get(reverse("appointments:queue"), **HTMX)
    assert Session.objects.get().active_at == MORNING
    client.get(reverse("appointments:queue"))
    assert Session.objects.get().active_at == MORNING + timedelta(minutes=20)


@weakened("with asking taken for work", *polled("/appointments/queue"))
def test_everything_that_is_asked_for_again_and_again_says_so() -> None:
    """Each `every Ns` of a template, and the view that it asks."""
    root, asks = Path(configured.BASE_DIR) / "templates", {}
    for page in root.rglob("*.html"):
        for line in page.read_text().splitlines():
            if re.search(r"hx-trigger=\"[^\"]*every ", line):
                asks[str(page.relative_to(root))] = re.search(r"hx-get=\"([^\"]*)\"", line)[1]
    assert asks == {
        "app_base.html": "{{ shell.counts_url }}",
        "appointments/queue.html": "{{ request.get_full_path }}",
        "appointments/display.html": "{{ request.path }}",
    }, "add the view of a new one below, and declare it with @access.polls"
    assert resolve("/shell/counts").func.access.polls
    assert resolve(reverse("appointments:queue")).func.access.polls
    assert resolve("/queue/outpatients/display").func.access.public


@weakened("with a session that stays", SessionStore, "delete", lambda self, session_key=None: None)
def test_after_signing_out_the_old_cookie_is_dead(signed_in: Callable[[], Client]) -> None:
    client = signed_in()
    kept = client.cookies["session"].value
    answer = client.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    thief = Client()
    thief.cookies["session"] = kept
    assert not is_in(thief)
    assert not Session.objects.filter(session_key=kept).exists()


@weakened("without the word", AccessMiddleware, "__call__", lambda self, request: self.get_response(request))
def test_nothing_of_a_hospital_is_kept_by_a_browser(signed_in: Callable[[], Client]) -> None:
    client = signed_in()
    for page in ("/", "/accounts/security/", "/shell/counts", "/patients/"):
        assert "no-store" in client.get(page).headers.get("Cache-Control", ""), page


@weakened("with sessions that stay", sessions, "end_all", lambda user, **but: 0)
def test_a_changed_password_ends_every_other_session_at_once(signed_in: Callable[[], Client]) -> None:
    here, elsewhere = signed_in(), signed_in()
    before = here.cookies["session"].value
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert here.post("/accounts/password/", fields).status_code == 302
    assert is_in(here)
    assert not is_in(elsewhere)
    old = Client()
    old.cookies["session"] = before
    assert not is_in(old), "this session has another name now"
    assert AuditEvent.objects.get(action="core.user.password_changed").detail == {"ended": 1}


@weakened("with sessions that stay", sessions, "end_all", lambda user, **but: 0)
def test_a_password_that_an_administrator_sets_ends_every_session(
    signed_in: Callable[[], Client], nurse: User, client_as: Callable[..., Client]
) -> None:
    client, admin = signed_in(), client_as("administrator")
    words = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    assert act(admin, f"/admin/core/user/{nurse.pk}/password/", **words).status_code == 302
    assert not Session.objects.filter(user=nurse).exists()
    assert not is_in(client)


@weakened("with closed accounts let in", ModelBackend, "user_can_authenticate", lambda self, user: True)
def test_an_account_that_is_closed_is_out_at_once(signed_in: Callable[[], Client], nurse: User) -> None:
    client = signed_in()
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    assert not is_in(client)


@weakened("with the other sessions left", sessions, "end_all", only_here)
@weakened("without the list", sessions, "listed", lambda request: [])
def test_a_person_sees_where_they_are_signed_in_and_ends_it(
    signed_in: Callable[[], Client], person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    here, elsewhere, other = signed_in(), signed_in(), browser_of(person("doctor"))
    typed = Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0; Win64) Gecko/20100101 Firefox/143.0")
    typed.post("/accounts/login/", {"username": "n.okafor", "password": PASSWORD}, REMOTE_ADDR="203.0.113.9")
    page = here.get("/accounts/security/").content.decode()
    assert page.count("A browser") == 2
    assert "Firefox on Windows" in page and "203.0.113.9" in page
    assert act(here, "/accounts/logout/everywhere/", but_here="1").status_code == 302
    assert (is_in(here), is_in(elsewhere), is_in(other)) == (True, False, True)
    elsewhere = signed_in()
    assert act(here, "/accounts/logout/everywhere/").headers.get("Location") == "/accounts/login/"
    assert (is_in(here), is_in(elsewhere), is_in(other)) == (False, False, True)


@weakened(
    "with messages in a cookie",
    configured,
    "MESSAGE_STORAGE",
    "django.contrib.messages.storage.cookie.CookieStorage",
)
def test_what_was_said_to_one_person_is_not_said_to_the_next(signed_in: Callable[[], Client]) -> None:
    """Messages may name a patient: they stay on the server and go with the session."""
    client = signed_in()
    act(client, "/accounts/logout/everywhere/", but_here="1")
    assert set(client.cookies) <= {"session", "csrf", "device"}
    client.post("/accounts/logout/")
    assert b"other session" not in client.get("/accounts/login/").content


@weakened("without tidying", sessions, "forget", lambda: 0)
def test_sessions_that_are_over_are_removed(signed_in: Callable[[], Client], hour: time_machine.Traveller) -> None:
    signed_in()
    hour.shift(timedelta(minutes=20))
    kept = signed_in()
    hour.shift(timedelta(minutes=15))
    assert sessions.forget() == 1
    assert is_in(kept)


@weakened("with a fixed limit", sessions, "idle_limit", lambda: timedelta(minutes=30))
def test_the_limits_are_the_hospitals_to_set(
    signed_in: Callable[[], Client], hour: time_machine.Traveller, settings: object
) -> None:
    settings.IDLE_MINUTES = 5
    client = signed_in()
    hour.shift(timedelta(minutes=5))
    assert not is_in(client)
