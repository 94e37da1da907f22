"""Sign-in under attack: the guesser is slowed, the owner is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core import signing
from django.test import Client, RequestFactory

from hms.core import clock
from hms.core.middleware import ClientAddressMiddleware
from hms.core.models import AuditEvent, GuessCount, User
from hms.core.sign_in import devices, throttle
from hms.core.sign_in.adapters import AccountAdapter
from hms.core.sign_in.throttle import LIMITS, TooManyGuesses
from tests.weakened import weakened

PASSWORD = "canal boats drift at noon"
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def hour() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as hour:
        yield hour


@pytest.fixture
def doctor(person: Callable[..., User]) -> User:
    user = person("doctor", username="dr.sato")
    user.set_password(PASSWORD)
    user.save()
    return user


# What the twins take away (tests/weakened.py).


def uncounted(self: AccountAdapter, request: object, **typed: str) -> User | None:
    return authenticate(request, **typed)


def counted_where_there_is_such_a_user(self: AccountAdapter, request: object, **typed: str) -> User | None:
    there = User.objects.filter(username=typed["username"]).exists()
    return judged(self, request, **typed) if there else uncounted(self, request, **typed)


class AsTyped(str):
    def casefold(self) -> AsTyped:
        return self


def without_signature(text: str, **options: object) -> object:
    return json.loads(signing.b64_decode(text.partition(":")[0].encode()))


judged, key = AccountAdapter.authenticate, throttle._key
FREELY = {"first": 0, "longest": 0}


def sign_in(client: Client, username: str, password: str, address: str):
    return client.post("/accounts/login/", {"username": username, "password": password}, REMOTE_ADDR=address)


def guess(account: str, address: str, device: str = "", kind: str = "password") -> throttle.Attempt:
    request = RequestFactory().post("/", REMOTE_ADDR=address)
    request._device = device
    return throttle.attempt(request, kind, account)


def guesses_until_closed(account: Any, address: Any, most: int = 200) -> int:
    for made in range(most):
        try:
            guess(account(made) if callable(account) else account, address(made) if callable(address) else address)
        except TooManyGuesses:
            return made
    return most


@weakened("without a count", AccountAdapter, "authenticate", uncounted)
@weakened("with pauses that do not grow", LIMITS, "pair", replace(LIMITS["pair"], longest=30))
def test_one_who_tries_one_account_waits_longer_each_time(doctor: User, hour: time_machine.Traveller) -> None:
    attacker = Client()
    for _try in range(LIMITS["pair"].free):
        assert sign_in(attacker, "dr.sato", "wrong guess here", "203.0.113.9").status_code == 200
    waits = []
    for _try in range(7):
        answer = sign_in(attacker, "dr.sato", PASSWORD, "203.0.113.9")
        assert answer.status_code == 429, "a right guess is not judged either"
        assert b"Too many attempts" in answer.content
        waits.append(int(answer.headers["Retry-After"]))
        hour.shift(timedelta(seconds=waits[-1] + 1))
        assert sign_in(attacker, "dr.sato", "wrong guess here", "203.0.113.9").status_code == 200
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert AuditEvent.objects.filter(action="core.user.sign_in_slowed").count() == 8


@weakened("with counts of real users alone", AccountAdapter, "authenticate", counted_where_there_is_such_a_user)
def test_what_is_typed_makes_no_difference_whether_there_is_such_a_user(
    doctor: User, hour: time_machine.Traveller
) -> None:
    seen = []
    for username in ("dr.sato", "dr.nobody"):
        client = Client()
        answers = [sign_in(client, username, "wrong guess here", "203.0.113.9") for _try in range(7)]
        seen.append([(answer.status_code, answer.headers.get("Retry-After")) for answer in answers])
    assert seen[0] == seen[1]
    assert seen[0][-1] == (429, "30")


@weakened("without one spelling", throttle, "unicodedata", SimpleNamespace(normalize=lambda form, text: AsTyped(text)))
@weakened("without one form of letters", throttle, "unicodedata", SimpleNamespace(normalize=lambda form, text: text))
def test_capitals_and_look_alikes_are_the_same_account(db: None, hour: time_machine.Traveller) -> None:
    spellings = ["dr.sato", "DR.SATO", "Dr.Sato", "ｄｒ.sato", "dr.SATO"]
    for spelling in spellings:
        guess(spelling, "203.0.113.9")
    with pytest.raises(TooManyGuesses):
        guess("dr.sato", "203.0.113.9")


@weakened("without known browsers", throttle, "_known", lambda row, now: False)
def test_guesses_from_elsewhere_never_close_the_owners_own_browser(doctor: User, hour: time_machine.Traveller) -> None:
    owner = Client()
    assert sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4").status_code == 302
    owner.post("/accounts/logout/")
    assert guesses_until_closed("dr.sato", lambda n: f"203.0.113.{n}") == LIMITS["account"].free
    assert guesses_until_closed("dr.sato", "198.51.100.4") == LIMITS["pair"].free, "from beside the owner as well"
    with pytest.raises(TooManyGuesses):
        guess("dr.sato", "198.51.100.4")
    assert sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4").status_code == 302
    owner.post("/accounts/logout/")
    assert sign_in(owner, "dr.sato", PASSWORD, "192.0.2.77").status_code == 302, "wherever they take it"


@weakened(
    "without the signature of the cookie",
    devices,
    "signing",
    SimpleNamespace(loads=without_signature, dumps=signing.dumps, BadSignature=signing.BadSignature),
)
def test_and_without_its_cookie_that_browser_is_a_stranger(doctor: User, hour: time_machine.Traveller) -> None:
    owner = Client()
    sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4")
    guesses_until_closed("dr.sato", "198.51.100.4")
    known = owner.cookies["device"].value
    owner = Client()
    assert sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4").status_code == 429
    owner.cookies["device"] = known.rpartition(":")[0] + ":of-my-own-making"
    assert sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4").status_code == 429


@weakened(
    "with browsers known for every account",
    throttle,
    "_key",
    lambda kind, which, *parts: key(kind, which, *(parts[-1:] if which == "browser" else parts)),
)
def test_a_known_browser_is_known_for_its_own_account_alone(
    doctor: User, person: Callable[..., User], hour: time_machine.Traveller
) -> None:
    nurse = person("nurse", username="a.nurse")
    nurse.set_password(PASSWORD)
    nurse.save()
    browser = Client()
    sign_in(browser, "a.nurse", PASSWORD, "198.51.100.4")
    browser.post("/accounts/logout/")
    for _try in range(LIMITS["pair"].free):
        sign_in(browser, "dr.sato", "wrong guess here", "198.51.100.4")
    assert sign_in(browser, "dr.sato", PASSWORD, "198.51.100.4").status_code == 429
    assert sign_in(browser, "a.nurse", PASSWORD, "198.51.100.4").status_code == 302


@weakened("without its limit", LIMITS, "browser", replace(LIMITS["browser"], **FREELY))
def test_a_known_browser_has_its_limit_too(doctor: User, hour: time_machine.Traveller) -> None:
    browser = Client()
    sign_in(browser, "dr.sato", PASSWORD, "198.51.100.4")
    browser.post("/accounts/logout/")
    for _try in range(LIMITS["browser"].free):
        assert sign_in(browser, "dr.sato", "wrong guess here", "198.51.100.4").status_code == 200
    assert sign_in(browser, "dr.sato", PASSWORD, "198.51.100.4").status_code == 429
    hour.shift(timedelta(seconds=16))
    assert sign_in(browser, "dr.sato", PASSWORD, "198.51.100.4").status_code == 302


@weakened("without a limit of the address", LIMITS, "address", replace(LIMITS["address"], **FREELY))
@weakened("without known browsers", throttle, "_known", lambda row, now: False)
def test_one_who_tries_many_accounts_is_stopped_and_the_hospital_goes_on(
    doctor: User, hour: time_machine.Traveller
) -> None:
    owner = Client()
    sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4")
    owner.post("/accounts/logout/")
    assert guesses_until_closed(lambda n: f"user-{n}", "198.51.100.4") == LIMITS["address"].free
    assert sign_in(Client(), "dr.sato", PASSWORD, "198.51.100.4").status_code == 429
    assert sign_in(owner, "dr.sato", PASSWORD, "198.51.100.4").status_code == 302


@weakened("with right guesses that count", throttle.Attempt, "succeeded", lambda self: None, by=TooManyGuesses)
def test_a_whole_shift_signs_in_from_one_address(db: None, hour: time_machine.Traveller) -> None:
    for number in range(300):
        guess(f"nurse-{number}", "198.51.100.4").succeeded()
    assert guesses_until_closed(lambda n: f"user-{n}", "198.51.100.4") == LIMITS["address"].free


@weakened("without networks", throttle, "network", lambda address: address)
def test_one_who_holds_a_whole_ipv6_network_is_one_guesser(db: None, hour: time_machine.Traveller) -> None:
    assert guesses_until_closed("dr.sato", lambda n: f"2001:db8:0:1::{n:x}") == LIMITS["pair"].free


@weakened(
    "with a right guess that wipes all", throttle.Attempt, "succeeded", lambda self: GuessCount.objects.all().delete()
)
def test_a_right_guess_in_between_does_not_wipe_what_others_share(db: None, hour: time_machine.Traveller) -> None:
    """Own account in between, as guessers do: the address's count goes on."""
    made = 0
    with pytest.raises(TooManyGuesses):
        for made in range(200):
            guess(f"user-{made}", "203.0.113.9")
            guess("mine", "203.0.113.9").succeeded()
    assert made == LIMITS["address"].free - 1 or made == LIMITS["address"].free


@weakened("with one count for all", throttle, "_key", lambda kind, *parts: key("any", *parts))
def test_codes_of_the_second_step_are_counted_by_themselves(db: None, hour: time_machine.Traveller) -> None:
    for _try in range(LIMITS["pair"].free):
        guess("dr.sato", "203.0.113.9", kind="code")
        guess("dr.sato", "203.0.113.9").succeeded()
    with pytest.raises(TooManyGuesses):
        guess("dr.sato", "203.0.113.9", kind="code")


@weakened("without a count", AccountAdapter, "authenticate", uncounted)
def test_the_password_asked_for_again_is_counted(doctor: User, hour: time_machine.Traveller) -> None:
    client = Client()
    sign_in(client, "dr.sato", PASSWORD, "198.51.100.4")
    answers = [client.post("/accounts/again/", {"password": "x"}, REMOTE_ADDR="198.51.100.4") for _try in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


@weakened("with names as they were typed", throttle, "_key", lambda *parts: ":".join(parts))
def test_nothing_that_was_typed_stands_in_the_counts(db: None, hour: time_machine.Traveller) -> None:
    guess("my-Secret-Passw0rd", "203.0.113.9")
    kept = repr(list(GuessCount.objects.values_list()))
    assert "ecret" not in kept and "203.0" not in kept


@weakened("without tidying", throttle, "forget", lambda now: 0)
@weakened("with known browsers forgotten", throttle, "KNOWN_FOR", timedelta(days=1))
def test_counts_that_say_nothing_any_more_are_removed(db: None, hour: time_machine.Traveller) -> None:
    guess("once", "203.0.113.9")
    guess("mine", "198.51.100.4").succeeded()
    hour.shift(timedelta(days=2))
    throttle.forget(clock.now())
    assert GuessCount.objects.filter(succeeded_at=None).count() == 0
    assert GuessCount.objects.count() > 0
    hour.shift(timedelta(days=90))
    throttle.forget(clock.now())
    assert not GuessCount.objects.exists()


@weakened(
    "with every sender believed",
    ClientAddressMiddleware,
    "_is_ours",
    lambda self, address: True,
    only="203.0.113.9-198.51.100.1-203.0.113.9",
)
@weakened(
    "with no proxy believed",
    ClientAddressMiddleware,
    "_is_ours",
    lambda self, address: False,
    only="127.0.0.1-203.0.113.9-203.0.113.9",
)
@pytest.mark.parametrize(
    ("remote", "forwarded", "taken"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "a lie, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, a lie", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
    ],
)
def test_the_visitors_address_is_the_one_our_own_proxy_saw(
    settings: Any, db: None, remote: str, forwarded: str, taken: str
) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    Client().post("/accounts/login/", {"username": "x", "password": "y"}, REMOTE_ADDR=remote, **more)
    assert AuditEvent.objects.get(action="core.user.sign_in_failed").source == taken
