"""A password that an administrator chose opens nothing but the page on which its owner chooses their own, and that for
a week."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest
from django.test import Client

from hms.core.models import User
from hms.core.sign_in import first_password
from hms.core.views import sign_in as pages
from tests.weakened import reworded, weakened

CHOSEN = "seven canal boats at noon"
OWN = "grey geese over the bridge"


def send(client: Client, address: str, **fields: object):
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


@pytest.fixture
def nurse(person: Callable[..., User], browser_of: Callable[[User], Client]) -> User:
    """To whom an administrator has given a password."""
    user = person("nurse", username="n.okafor")
    words = {"password1": CHOSEN, "password2": CHOSEN, "usable_password": "true"}
    assert (
        send(browser_of(person("administrator")), f"/admin/core/user/{user.pk}/password/", **words).status_code == 302
    )
    return User.objects.get(pk=user.pk).at(user.facility)


def asked_of_everybody(request: HttpRequest) -> bool:
    """For a twin (tests/weakened.py)."""
    return request.user.first_password_until is not None


def sign_in(user: User, password: str) -> tuple[Client, int]:
    client = Client()
    answer = client.post("/accounts/login/", {"username": user.username, "password": password})
    return client, answer.status_code


def choose(client: Client, new: str):
    fields = {"old_password": CHOSEN, "new_password1": new, "new_password2": new}
    return client.post("/accounts/password/", fields)


@weakened("without the rule", first_password, "must_choose", lambda request: False)
@weakened("with the same one again", pages.PasswordChangeForm, "clean", PasswordChangeForm.clean)
@weakened("with a choice that is forgotten", first_password, "was_chosen", lambda user: None)
def test_until_then_every_page_leads_there(nurse: User) -> None:
    client, status = sign_in(nurse, CHOSEN)
    assert status == 302
    for page in ("/", "/patients/", "/accounts/security/", "/admin/"):
        assert client.get(page).headers.get("Location") == "/accounts/password/", page
    htmx = client.get("/patients/", HTTP_HX_REQUEST="true")
    assert (htmx.status_code, htmx.headers["HX-Redirect"]) == (204, "/accounts/password/")
    assert b"chosen for you" in client.get("/accounts/password/").content
    assert b"Choose another" in choose(client, CHOSEN).content
    assert client.get("/").status_code == 302
    assert choose(client, OWN).status_code == 302
    assert client.get("/").status_code == 200
    assert sign_in(nurse, OWN)[0].get("/").status_code == 200


@weakened("without an end", User, "first_password_is_over", False)
def test_after_a_week_it_is_no_password_any_more(nurse: User) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=7, minutes=1)):
        client, status = sign_in(nurse, CHOSEN)
        refused = client.post("/accounts/login/", {"username": nurse.username, "password": CHOSEN})
        unknown = client.post("/accounts/login/", {"username": "nobody.here", "password": CHOSEN})
    assert status == refused.status_code == unknown.status_code
    assert b"do not match" in refused.content and b"do not match" in unknown.content


@weakened("with a password like any other", first_password, "begin", lambda actor, user: None)
def test_a_new_account_begins_so(person: Callable[..., User], browser_of: Callable[[User], Client]) -> None:
    admin = browser_of(person("administrator"))
    words = {"username": "a.weber", "password1": CHOSEN, "password2": CHOSEN, "usable_password": "true"}
    empty = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    assert send(admin, "/admin/core/user/add/", **words, **empty).status_code == 302
    client, status = sign_in(User.objects.get(username="a.weber"), CHOSEN)
    assert (status, client.get("/").headers["Location"]) == (302, "/accounts/password/")


@weakened("whoever chose it", reworded(first_password.begin, ("None if user.pk == actor.pk else ", "")))
def test_ones_own_is_ones_own(person: Callable[..., User], browser_of: Callable[[User], Client]) -> None:
    me = person("administrator")
    words = {"password1": CHOSEN, "password2": CHOSEN, "usable_password": "true"}
    send(browser_of(me), f"/admin/core/user/{me.pk}/password/", **words)
    assert sign_in(me, CHOSEN)[0].get("/").status_code == 200


@weakened("asked of everybody", first_password, "must_choose", asked_of_everybody)
def test_who_came_in_another_way_is_not_asked_for_a_password_they_do_not_know(
    nurse: User, browser_of: Callable[[User], Client]
) -> None:
    assert browser_of(nurse).get("/").status_code == 200
