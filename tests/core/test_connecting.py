"""An account that is in use: its owner alone ties it to single sign-on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount
from django.test import Client

from hms.core.models import AuditEvent, User
from hms.core.refusals import Refused
from hms.core.sign_in import tying
from tests.core.provider import BACK, CONNECT, Provider, asked_of, come, is_in, tied_anyway


def again(client: Client, user: User, password: str) -> None:
    """Signs in, and once more, as whoever changes the way in is asked to."""
    assert client.post("/accounts/login/", {"username": user.username, "password": password}).status_code == 302
    client.post("/accounts/again/", {"password": password})


PASSWORD = "a quiet harbour at dawn"


@pytest.fixture
def in_use(nurse: User) -> tuple[User, Client]:
    """The nurse, who has signed in with a password of their own, at their browser."""
    nurse.set_password(PASSWORD)
    nurse.save()
    browser = Client()
    again(browser, nurse, PASSWORD)
    nurse.refresh_from_db()
    assert nurse.last_login is not None
    return nurse, browser


def connect(provider: Provider, client: Client, **claims: Any):
    provider.claims = claims
    there = client.post(CONNECT, {"_key": str(uuid.uuid4())})
    assert there.status_code == 302, there.content
    asked = asked_of(provider, there)
    return client.get(BACK, {"code": "a-code", "state": asked["state"]}, follow=True)


def test_an_administrator_who_sets_their_own_address_does_not_come_in_as_somebody(
    provider: Provider, in_use: tuple[User, Client]
) -> None:
    nurse, _browser = in_use
    User.objects.filter(pk=nurse.pk).update(email="attacker@clinic.example")
    attacker = Client()
    claims = {"sub": "attacker", "email": "attacker@clinic.example", "email_verified": True}
    answer = come(provider, attacker, **claims)
    assert answer.status_code == 403
    assert b"connect it yourself" in answer.content
    assert not is_in(attacker)
    assert not SocialAccount.objects.exists()
    failed = AuditEvent.objects.filter(action="core.user.sign_in_failed").latest("at")
    assert (failed.object_id, failed.detail["why"]) == (str(nurse.pk), "in use")


def test_the_control_without_the_question_they_would(
    provider: Provider, in_use: tuple[User, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    nurse, _browser = in_use
    monkeypatch.setattr(tying, "at_the_door", tied_anyway)
    attacker = Client()
    come(provider, attacker, sub="attacker", email=nurse.email, email_verified=True)
    assert is_in(attacker)


def test_its_owner_ties_it_and_comes_in_with_it_from_then_on(provider: Provider, in_use: tuple[User, Client]) -> None:
    nurse, browser = in_use
    assert "Not connected" in browser.get("/accounts/security/").content.decode()
    page = connect(provider, browser, sub="own", email="anything@else.example").content.decode()
    assert "Connected. From now on" in page
    assert "Connected since" in page
    assert AuditEvent.objects.get(action="core.user.single_sign_on_linked").actor == nurse
    elsewhere = Client()
    come(provider, elsewhere, sub="own")
    assert is_in(elsewhere)
    browser.post(f"{CONNECT}remove/", {"_key": str(uuid.uuid4())})
    assert not SocialAccount.objects.exists()
    assert AuditEvent.objects.filter(action="core.user.single_sign_on_unlinked", actor=nurse).exists()
    assert come(provider, Client(), sub="own", email=nurse.email, email_verified=True).status_code == 403


def test_who_did_not_just_sign_in_is_asked_to_first(provider: Provider, in_use: tuple[User, Client]) -> None:
    _nurse, browser = in_use
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=6)):
        for answer in (browser.get(CONNECT), browser.post(CONNECT, {"_key": str(uuid.uuid4())})):
            assert answer.headers["Location"].startswith("/accounts/again/"), answer
    assert not SocialAccount.objects.exists()


def test_an_attempt_belongs_to_who_began_it(
    provider: Provider, in_use: tuple[User, Client], person: Callable[..., User]
) -> None:
    _nurse, browser = in_use
    provider.claims = {"sub": "own"}
    there = browser.post(CONNECT, {"_key": str(uuid.uuid4())})
    asked = asked_of(provider, there)
    doctor = person("doctor", username="doctor.b")
    doctor.set_password(PASSWORD)
    doctor.save()
    other = Client()
    again(other, doctor, PASSWORD)
    # Their own session knows no such attempt; and with the attempt planted in it, it is still another's.
    back = {"code": "a-code", "state": asked["state"]}
    assert other.get(BACK, back).headers["Location"] == "/"
    session = other.session
    session["socialaccount_states"] = browser.session["socialaccount_states"]
    session.save()
    assert "somebody else has signed in meanwhile" in other.get(BACK, back, follow=True).content.decode()
    assert not SocialAccount.objects.exists()


def test_no_subject_opens_two_accounts_and_no_account_has_two(
    provider: Provider, in_use: tuple[User, Client], person: Callable[..., User]
) -> None:
    nurse, browser = in_use
    colleague = person("doctor", username="doctor.b")
    colleague.email = "b@clinic.example"
    colleague.save()
    come(provider, Client(), sub="b", email="b@clinic.example", email_verified=True)
    assert "opens another account here" in connect(provider, browser, sub="b").content.decode()
    assert "Connected. From" in connect(provider, browser, sub="own").content.decode()
    assert "connected already" in connect(provider, browser, sub="third").content.decode()
    assert set(SocialAccount.objects.values_list("user__username", "uid")) == {
        (colleague.username, "b"),
        (nurse.username, "own"),
    }


def test_the_last_way_in_is_not_taken_off(provider: Provider, in_use: tuple[User, Client]) -> None:
    nurse, browser = in_use
    connect(provider, browser, sub="own")
    User.objects.filter(pk=nurse.pk).update(password="!")
    with pytest.raises(Refused, match="Nothing else opens"):
        tying.untie(nurse)
    assert SocialAccount.objects.count() == 1


def test_without_a_provider_nothing_can_be_connected(in_use: tuple[User, Client]) -> None:
    assert in_use[1].get(CONNECT).status_code == 404
    assert "Not connected" not in in_use[1].get("/accounts/security/").content.decode()
