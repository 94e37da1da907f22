"""The door: who comes in, by which way, and what whoever does not come in learns."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from allauth.account.internal.flows import reauthentication
from allauth.mfa import stages
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as passkeys
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core import receivers
from hms.core.models import AuditEvent, User
from hms.core.sign_in import forms
from hms.core.sign_in.adapters import AccountAdapter, FactorAdapter
from hms.core.sign_in.sessions import SessionStore
from tests.weakened import reworded, weakened

PASSWORD = "canal boats drift at noon"
DOOR = "/accounts/login/"


@pytest.fixture
def nurse(person: Callable[..., User]) -> User:
    user = person("nurse", username="n.okafor")
    user.set_password(PASSWORD)
    user.save()
    return user


# What the twins take away (tests/weakened.py).


def without_a_hash_for_strangers(self: AccountAdapter, request: HttpRequest, **typed: str) -> User | None:
    there = User.objects.filter(username=typed["username"], is_active=True).exists()
    return judged(self, request, **typed) if there else None


@contextmanager
def in_the_clear() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FactorAdapter, "encrypt", lambda self, text: text)
        patch.setattr(FactorAdapter, "decrypt", lambda self, text: text)
        yield


judged = AccountAdapter.authenticate


def sign_in(client: Client, username: str = "n.okafor", password: str = PASSWORD, **more: str):
    return client.post(DOOR, {"username": username, "password": password, **more})


def act(client: Client, address: str, **fields: object):
    return client.post(address, {"_key": str(uuid.uuid4()), **fields})


def shape(statement: str) -> str:
    """A statement without what it was asked for."""
    return re.sub(r"'(?:[^']|'')*'(?:::\w+)?|\b\d+\b|\bNULL\b|s\d+_x\d+", "?", statement)


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def sign_in_again(client: Client) -> None:
    assert client.post("/accounts/again/", {"password": PASSWORD, "next": "/accounts/security/"}).status_code == 302


def code_now(secret: str, ahead: int = 0) -> str:
    counter = list(totp.yield_hotp_counters_from_time())[1] + ahead
    return totp.format_hotp_value(totp.hotp_value(secret, counter))


def with_app(client: Client) -> tuple[str, list[str]]:
    """Set the codes of an app up, as a person does: the secret, and the recovery codes shown once."""
    sign_in_again(client)
    secret = client.get("/accounts/security/app/").context["form"].secret
    answer = act(client, "/accounts/security/app/", code=code_now(secret))
    assert answer.headers.get("Location") == "/accounts/security/recovery-codes/"
    codes = client.get("/accounts/security/recovery-codes/").context["unused_codes"]
    return secret, codes


def actions() -> list[str]:
    return list(
        AuditEvent.objects.filter(action__startswith="core.user.").order_by("id").values_list("action", flat=True)
    )


@weakened("with nobody let in", AccountAdapter, "authenticate", lambda self, request, **typed: None)
@weakened("with a session that stays", SessionStore, "flush", lambda self: None)
def test_name_and_password_open_and_the_way_asked_for_is_gone_on(nurse: User) -> None:
    client = Client()
    answer = client.get("/patients/")
    assert answer.headers.get("Location") == "/accounts/login/?next=/patients/"
    answer = sign_in(client, next="/patients/")
    assert answer.headers.get("Location") == "/patients/"
    assert is_in(client)
    event = AuditEvent.objects.get(action="core.user.signed_in")
    assert (event.actor, event.source) == (nurse, "127.0.0.1")
    assert client.post("/accounts/logout/").headers.get("Location") == DOOR
    assert not is_in(client)
    assert AuditEvent.objects.filter(action="core.user.signed_out", actor=nurse).exists()


@weakened("with every way taken", AccountAdapter, "is_safe_url", lambda self, url: True)
def test_no_way_leads_out_of_the_house(nurse: User) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert sign_in(Client(), next=elsewhere).headers.get("Location") == "/"


@weakened("with the name kept", SessionStore, "cycle_key", lambda self: None)
def test_the_session_changes_its_name_at_the_door(nurse: User) -> None:
    client = Client()
    client.get(DOOR)
    session = client.session
    session["planted"] = "1"
    session.save()
    before = session.session_key
    client.cookies["session"] = before
    sign_in(client)
    assert client.session.session_key != before
    thief = Client()
    thief.cookies["session"] = before
    assert not is_in(thief)


REFUSED = [("n.okafor", "wrong password here"), ("nobody.at.all", PASSWORD), ("left.long.ago", PASSWORD)]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password hash that is computed."""
    real, seen = PBKDF2PasswordHasher.encode, []

    def encode(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        seen.append(str(iterations or self.iterations))
        return real(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", encode)
    return seen


@weakened("without a hash for strangers", AccountAdapter, "authenticate", without_a_hash_for_strangers)
@weakened(
    "with a statement more for whoever is known",
    reworded(receivers.failed, ("known)", "known if known is None or known.memberships.count() else None)")),
)
def test_an_unknown_user_a_wrong_password_and_a_closed_account_look_and_cost_the_same(
    nurse: User, person: Callable[..., User], hashed: list[str]
) -> None:
    gone = person("nurse", username="left.long.ago")
    gone.set_password(PASSWORD)
    gone.is_active = False
    gone.save()
    never_had_one = person("nurse", username="passkey.only")
    never_had_one.set_unusable_password()
    never_had_one.save()
    seen, asked = set(), {}
    for username, password in [*REFUSED, ("passkey.only", PASSWORD)]:
        hashed.clear()
        with CaptureQueriesContext(connection) as statements:
            answer = sign_in(Client(), username, password)
        asked[username] = [shape(each["sql"]) for each in statements]
        page = re.sub(r'nonce="[^"]*"', "", answer.content.decode().replace(username, "NAME"))
        page = page.partition("csrfmiddlewaretoken")[0] + page.partition("<h1>")[2].split("<form")[0]
        seen.add((answer.status_code, tuple(hashed), page, tuple(sorted(answer.headers))))
    assert len(seen) == 1
    assert len(hashed) == 1
    for username, statements in asked.items():
        assert statements == asked["n.okafor"], username
    assert len(asked) == 4 and len(asked["n.okafor"]) > 4
    assert AuditEvent.objects.filter(action="core.user.sign_in_failed").count() == 4


@weakened(
    "with the name kept",
    reworded(receivers.failed, ("known)", 'known, reason=credentials["username"])')),
)
def test_what_was_typed_as_a_user_name_is_kept_nowhere(db: None) -> None:
    sign_in(Client(), "my-Secret-Passw0rd", "x")
    event = AuditEvent.objects.get(action="core.user.sign_in_failed")
    assert "my-Secret" not in json.dumps([event.detail, event.actor_name, event.object_id, event.reason])


@weakened("unasked", stages, "is_mfa_enabled", lambda user, types: False)
@weakened("with every code right", forms, "_totp_opens", lambda found, code: True)
def test_a_second_step_is_asked_for_once_it_is_set_up(nurse: User) -> None:
    client = Client()
    sign_in(client)
    secret, _codes = with_app(client)
    client = Client()
    assert sign_in(client, next="/patients/").headers.get("Location") == "/accounts/code/"
    assert not is_in(client)
    assert b"did not match" in client.post("/accounts/code/", {"code": "000000"}).content
    assert not is_in(client)
    answer = client.post("/accounts/code/", {"code": code_now(secret)})
    assert answer.headers.get("Location") == "/patients/"
    assert is_in(client)
    assert "core.user.factor_added" in actions()


@weakened("again and again", reworded(forms._totp_opens, ('counter > found.data.get("last_counter", 0)', "True")))
@weakened("with recovery codes that stay", RecoveryCodes, "_mark_code_used", lambda self, i: None)
def test_a_code_opens_once(nurse: User) -> None:
    client = Client()
    sign_in(client)
    secret, codes = with_app(client)
    for code in (code_now(secret), codes[0]):
        opened = []
        for _time in range(2):
            client = Client()
            sign_in(client)
            client.post("/accounts/code/", {"code": code})
            opened.append(is_in(client))
        assert opened == [True, False], code


@weakened("as it is", in_the_clear)
def test_the_apps_key_is_not_readable_in_the_database(nurse: User) -> None:
    client = Client()
    sign_in(client)
    secret, codes = with_app(client)
    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in kept
    assert not any(code in kept for code in codes)


@weakened("again and again", RecoveryCodes, "did_view", False)
def test_recovery_codes_are_shown_once(nurse: User) -> None:
    client = Client()
    sign_in(client)
    _secret, codes = with_app(client)
    assert len(codes) == 10
    again = client.get("/accounts/security/recovery-codes/").content.decode()
    assert not any(code in again for code in codes)


@weakened("unasked", reauthentication, "did_recently_reauthenticate", lambda request: True)
def test_what_changes_the_way_in_asks_for_the_password_again(nurse: User) -> None:
    client = Client()
    sign_in(client)
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    for page in ("/accounts/security/app/", "/accounts/security/passkeys/add/"):
        answer = client.get(page)
        assert answer.headers.get("Location") == f"/accounts/again/?next={page.replace('/', '%2F')}"
        assert act(client, page, code="1", credential="{}").headers["Location"].startswith("/accounts/again/")
    assert "account_reauthentication_state" not in client.session, "no request is kept to be played back"
    assert b"not your password" in client.post("/accounts/again/", {"password": "wrong"}).content
    sign_in_again(client)
    assert client.get("/accounts/security/app/").status_code == 200


@weakened(
    "without the device's own check",
    reworded(
        passkeys.begin_authentication,
        ("else UserVerificationRequirement.REQUIRED", "else UserVerificationRequirement.DISCOURAGED"),
    ),
)
def test_a_passkeys_challenge_is_of_this_session_and_names_no_account(nurse: User) -> None:
    options = Client().get("/accounts/passkey/").json()["publicKey"]
    assert options["userVerification"] == "required"
    assert not options.get("allowCredentials")
    client = Client()
    for junk in ("", "{}", "[]", "1", '{"id": 1}', '{"response": {"userHandle": "x"}}', "null", "not json"):
        answer = client.post("/accounts/passkey/", {"credential": junk})
        assert (answer.status_code, answer.headers["Location"]) == (302, DOOR), junk


def test_nobody_makes_an_account_here(db: None) -> None:
    for address in ("/accounts/signup/", "/accounts/password/reset/", "/accounts/email/", "/accounts/social/signup/"):
        assert Client().get(address).status_code == 404
        assert Client().post(address, {"username": "x"}).status_code in (403, 404)


def test_the_administration_has_no_door_of_its_own(nurse: User) -> None:
    assert Client().get("/admin/login/?next=/admin/").headers.get("Location") == "/accounts/login/?next=/admin/"
    assert Client().post("/admin/login/", {"username": "n.okafor", "password": PASSWORD}).status_code == 405
