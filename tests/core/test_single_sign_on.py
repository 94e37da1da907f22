"""Single sign-on against a small provider of our own, over HTTP, as the network's real one would answer."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
import time_machine
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db.models import Q
from django.http import HttpRequest
from django.test import Client

from hms.core.models import AuditEvent, User
from hms.core.refusals import Refused
from hms.core.sign_in import adapters, tying
from hms.core.sign_in import single_sign_on as ours
from hms.core.views import sign_in as pages
from tests.weakened import reworded, weakened

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
START, BACK = "/accounts/sso/sso/", "/accounts/sso/sso/back/"
CONNECT = "/accounts/security/single-sign-on/"


class Provider(ThreadingHTTPServer):
    """Signs in whoever `claims` says, with the checks a provider makes: redirect address, secret, PKCE."""

    claims: dict[str, Any]
    audience = "hospital"
    subject = ""  # of the ID token, where it is another than the claims'
    nonce = ""  # the same of the nonce
    issuer = ""
    moved = ""  # where the token is said to be found now

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims = {}
        self.asked: dict[str, str] = {}


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args: Any) -> None:
        pass

    def say(self, data: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = self.server.url
        if self.path.endswith("/.well-known/openid-configuration"):
            self.say(
                {
                    "issuer": self.server.issuer or url,
                    "authorization_endpoint": f"{url}/authorize",
                    "token_endpoint": f"{url}/token",
                    "userinfo_endpoint": f"{url}/userinfo",
                    "jwks_uri": f"{url}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer a-token":
            self.say(self.server.claims)
        else:
            self.say({"error": "what?"}, 404)

    def do_POST(self) -> None:
        sent = {
            name: value[0]
            for name, value in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if sent.get("client_secret") != "a-secret" or challenge != self.server.asked["code_challenge"]:
            self.say({"error": "invalid_grant"}, 400)
            return
        if self.path == "/token" and self.server.moved:
            self.send_response(307)
            self.send_header("Location", self.server.moved)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        now = int(time.time())
        claims = {
            **self.server.claims,
            "iss": self.server.url,
            "aud": self.server.audience,
            "iat": now,
            "exp": now + 60,
            "nonce": self.server.nonce or self.server.asked["nonce"],
        }
        claims["sub"] = self.server.subject or claims["sub"]
        token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "1"})
        self.say({"access_token": "a-token", "token_type": "Bearer", "expires_in": 60, "id_token": token})


# What the twins take away (tests/weakened.py): what is stricter than the library by itself, and the library's own.


def first_found(sociallogin: SocialLogin) -> User | None:
    """Whoever bears the address or the name, verified, alone and trusted or not."""
    claims = sociallogin.account.extra_data["userinfo"]
    known = Q(email__iexact=claims.get("email", "-")) | Q(username=claims.get("preferred_username", "-"))
    return User.objects.filter(known).first()


def decoded(self: OpenIDConnectOAuth2Adapter, app: object, id_token: str) -> dict[str, Any]:
    return jwt.decode(id_token, options={"verify_signature": False})


def any_state(request: HttpRequest, *, state_id: str, provider_id: str, raises: bool = False) -> dict[str, Any]:
    return {"process": "login", "pkce_code_verifier": "of nobody", "next": "/"}


AS_THE_LIBRARY = OpenIDConnectOAuth2Adapter.__dict__


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    app = {
        "provider_id": "sso",
        "name": "Clinic account",
        "client_id": "hospital",
        "secret": "a-secret",
        "settings": {"server_url": server.url},
    }
    settings.OIDC_URL, settings.OIDC_NAME, settings.OIDC_MATCH = server.url, "Clinic account", ["email"]
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def nurse(person: Callable[..., User]) -> User:
    user = person("nurse", username="n.okafor")
    user.email = "N.Okafor@clinic.example"
    user.save()
    return user


def come(provider: Provider, client: Client, **claims: Any):
    """To the provider and back, as a browser goes."""
    provider.claims = claims
    there = client.post(f"{START}?next=/patients/")
    assert there.status_code == 302
    asked = {name: value[0] for name, value in parse_qs(urlsplit(there.headers["Location"]).query).items()}
    assert asked["redirect_uri"] == f"http://testserver{BACK}"
    assert asked["code_challenge_method"] == "S256"
    provider.asked = asked
    return client.get(BACK, {"code": "a-code", "state": asked["state"]})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


@weakened("with nobody found", adapters, "_named_by", lambda sociallogin: None)
@weakened("with a subject that is not kept", SocialAccount, "save", lambda self: None)
def test_a_verified_address_finds_the_account_and_the_subject_keeps_it(provider: Provider, nurse: User) -> None:
    client = Client()
    assert b"Clinic account" in client.get("/accounts/login/").content
    answer = come(provider, client, sub="subject-1", email="n.okafor@clinic.example", email_verified=True)
    assert answer.headers.get("Location") == "/patients/"
    assert is_in(client)
    assert AuditEvent.objects.get(action="core.user.single_sign_on_linked").actor == nurse
    other = Client()
    come(provider, other, sub="subject-1", email="new.name@clinic.example", email_verified=True)
    assert is_in(other), "the subject stays, whatever the address becomes"


@weakened(
    "with any claim believed", adapters, "_named_by", first_found, only=["claims0", "claims1", "claims2", "claims3"]
)
@weakened(
    "with whatever says true",
    reworded(adapters._named_by, ("address.verified is True", "address.verified")),
    only="claims1",
)
@weakened(
    "with the name trusted everywhere",
    reworded(adapters._named_by, ('and "username" in settings.OIDC_MATCH', "")),
    only="claims3",
)
@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "s", "email": "n.okafor@clinic.example", "email_verified": False},
        {"sub": "s", "email": "n.okafor@clinic.example", "email_verified": "true"},
        {"sub": "s", "email": "n.okafor@clinic.example"},
        {"sub": "s", "preferred_username": "n.okafor"},
        {"sub": "s", "email": "stranger@clinic.example", "email_verified": True},
        {"sub": "s"},
    ],
)
def test_whoever_is_not_known_for_certain_stays_outside(
    provider: Provider, nurse: User, claims: dict[str, Any]
) -> None:
    client, people = Client(), User.objects.count()
    answer = come(provider, client, **claims)
    assert answer.status_code == 403
    assert b"No account here" in answer.content
    assert not is_in(client)
    assert User.objects.count() == people
    assert not SocialAccount.objects.exists()


@weakened("with nobody found", adapters, "_named_by", lambda sociallogin: None)
def test_a_user_name_is_trusted_where_the_hospital_says_so(provider: Provider, nurse: User, settings: Any) -> None:
    settings.OIDC_MATCH = ["email", "username"]
    client = Client()
    come(provider, client, sub="s", preferred_username="n.okafor")
    assert is_in(client)


@weakened("with the first of them", adapters, "_named_by", first_found)
def test_an_address_that_two_accounts_share_opens_neither(
    provider: Provider, nurse: User, person: Callable[..., User]
) -> None:
    twin = person("doctor", username="twin")
    twin.email = nurse.email
    twin.save()
    assert come(provider, Client(), sub="s", email=nurse.email, email_verified=True).status_code == 403


def tied_anyway(user: User, account: SocialAccount) -> str:
    account.user = user
    account.save()
    return ""


@weakened("with any number of subjects", tying, "at_the_door", tied_anyway)
def test_a_second_subject_with_the_same_address_is_refused(provider: Provider, nurse: User) -> None:
    come(provider, Client(), sub="first", email=nurse.email, email_verified=True)
    thief = Client()
    assert come(provider, thief, sub="second", email=nurse.email, email_verified=True).status_code == 403
    assert not is_in(thief)


@weakened("with closed accounts let in", User, "is_active", property(lambda self: True, lambda self, value: None))
def test_a_closed_account_stays_closed(provider: Provider, nurse: User) -> None:
    come(provider, Client(), sub="s", email=nurse.email, email_verified=True)
    nurse.is_active = False
    nurse.save()
    client = Client()
    assert come(provider, client, sub="s", email=nurse.email, email_verified=True).status_code == 403
    assert not is_in(client)


@weakened("with every house's token", OpenIDConnectOAuth2Adapter, "_decode_id_token", decoded)
@weakened("with every browser's attempt", statekit, "unstash_state", any_state)
def test_an_answer_meant_for_another_house_or_another_browser_opens_nothing(provider: Provider, nurse: User) -> None:
    provider.audience = "another house"
    client = Client()
    assert come(provider, client, sub="s", email=nurse.email, email_verified=True).status_code == 401
    provider.audience = "hospital"
    answer = come(provider, client, sub="s", email=nurse.email, email_verified=True)
    assert answer.status_code == 302
    stolen = Client().get(BACK, {"code": "a-code", "state": provider.asked["state"]})
    assert (stolen.status_code, b"did not work" in stolen.content) == (401, True)


def test_without_a_provider_there_is_no_such_way(db: None) -> None:
    assert b"Single sign-on" not in Client().get("/accounts/login/").content
    assert Client().post(START).status_code == 404


@weakened("with tying", reworded(pages.single_sign_on, ('raise BadRequest("process")', "pass")))
def test_no_subject_is_tied_to_an_account_from_the_door(provider: Provider, nurse: User) -> None:
    assert Client().post(f"{START}?process=connect").status_code == 400


def refused(provider: Provider, nurse: User) -> bool:
    client = Client()
    answer = come(provider, client, sub="s", email=nurse.email, email_verified=True)
    return answer.status_code == 401 and b"did not work" in answer.content and not is_in(client)


@weakened("as the library does it", ours.Adapter, "complete_login", AS_THE_LIBRARY["complete_login"])
def test_an_answer_to_another_attempt_opens_nothing(provider: Provider, nurse: User) -> None:
    provider.nonce = "of another attempt"
    assert refused(provider, nurse)
    provider.nonce = ""
    assert not refused(provider, nurse)


@weakened("as the library does it", ours.Adapter, "complete_login", AS_THE_LIBRARY["complete_login"])
def test_two_people_in_one_answer_are_nobody(provider: Provider, nurse: User) -> None:
    provider.subject = "somebody else"
    assert refused(provider, nurse)


@weakened("as the library does it", ours.Adapter, "openid_config", AS_THE_LIBRARY["openid_config"])
def test_a_provider_that_calls_itself_another_is_not_asked(provider: Provider, nurse: User) -> None:
    provider.issuer = "https://login.example.net"
    answer = Client().post(START)
    assert (answer.status_code, b"did not work" in answer.content) == (401, True)
    provider.issuer = provider.url + "/"
    assert Client().post(START).status_code == 302


def test_a_provider_that_does_not_answer_is_said_and_breaks_nothing(provider: Provider, db: None) -> None:
    provider.shutdown()
    provider.server_close()
    assert Client().post(START).status_code == 401


@weakened("with redirections followed", ours, "session", requests.Session)
def test_the_secret_goes_nowhere_else_than_to_the_provider(provider: Provider, nurse: User) -> None:
    provider.moved = provider.url + "/elsewhere"
    assert refused(provider, nurse)


@weakened(
    "as the library does it",
    ours.Provider,
    "get_scope_from_request",
    OpenIDConnectProvider.get_scope_from_request,
)
@weakened(
    "with the address's own words",
    ours.Provider,
    "get_auth_params_from_request",
    OpenIDConnectProvider.get_auth_params_from_request,
)
def test_what_stands_in_an_address_changes_nothing_of_what_is_asked(provider: Provider, db: None) -> None:
    there = Client().post(
        f"{START}?scope=everything&auth_params=redirect_uri%3Dhttps%3A%2F%2Fevil.example%26prompt%3Dnone"
    )
    asked = parse_qs(urlsplit(there.headers["Location"]).query)
    assert sorted(asked["scope"][0].split()) == ["email", "openid", "profile"]
    assert asked["redirect_uri"] == [f"http://testserver{BACK}"]
    assert "prompt" not in asked


# An account that is in use: its owner alone ties it


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
    asked = {name: value[0] for name, value in parse_qs(urlsplit(there.headers["Location"]).query).items()}
    provider.asked = asked
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
    asked = {name: value[0] for name, value in parse_qs(urlsplit(there.headers["Location"]).query).items()}
    provider.asked = asked
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
