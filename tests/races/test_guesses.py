"""Many guesses at one password in one moment: no more of them are judged than one after the other would be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

from hms.core.models import AuditEvent, GuessCount, Presence, User
from hms.core.sign_in import presence
from hms.core.sign_in.throttle import LIMITS
from tests.races.crowd import crowd, looking_together, unlocked
from tests.weakened import weakened

CROWD = 12
FREE = LIMITS["pair"].free
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def doctor(person: Callable[..., User]) -> User:
    user = person("doctor", username="dr.sato")
    user.set_password("canal boats drift at noon")
    user.save()
    return user


def judged() -> int:
    def act(number: int) -> int:
        sent = {"username": "dr.sato", "password": f"guess number {number}"}
        return Client().post("/accounts/login/", sent, REMOTE_ADDR="203.0.113.9").status_code

    answers = crowd(act, CROWD)
    assert set(answers) <= {200, 429}, answers
    return answers.count(200)


def test_of_twelve_guesses_at_once_five_are_judged(doctor: User) -> None:
    assert judged() == FREE
    assert GuessCount.objects.filter(failures=FREE).exists()


def test_without_the_lock_more_would_be(doctor: User) -> None:
    Client().post("/accounts/login/", {"username": "dr.sato", "password": "x"}, REMOTE_ADDR="203.0.113.9")
    with unlocked(GuessCount), looking_together(GuessCount, CROWD):
        assert judged() > FREE


@pytest.fixture
def ward(doctor: User) -> Client:
    """A computer that the doctor locked, and may come back to by PIN."""
    client = Client()
    client.post("/accounts/login/", {"username": "dr.sato", "password": "canal boats drift at noon"})
    presence.set_pin(doctor, pin="4826")
    client.post("/accounts/lock/")
    return client


@contextmanager
def unlocked_presence() -> Iterator[None]:
    with unlocked(Presence), looking_together(Presence, CROWD):
        yield


@weakened("without the lock", unlocked_presence)
def test_of_twelve_pins_at_once_five_are_judged(doctor: User, ward: Client) -> None:
    def act(number: int) -> int:
        other = Client()
        for name in ("session", "device"):
            other.cookies[name] = ward.cookies[name].value
        return other.post("/accounts/locked/", {"person": str(doctor.pk), "pin": f"59{number:02}"}).status_code

    assert set(crowd(act, CROWD)) == {422}
    assert AuditEvent.objects.filter(action="core.user.unlock_failed").count() == 5
    assert Presence.objects.get().wrong_pins == 5
