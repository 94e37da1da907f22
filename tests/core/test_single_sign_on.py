"""Single sign-on against a small provider of our own, over HTTP, as the network's real one would answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.db.models import Q
from django.http import HttpRequest
from django.test import Client

from hms.core.models import AuditEvent, User
from hms.core.sign_in import adapters, tying
from hms.core.sign_in import single_sign_on as ours
from hms.core.views import sign_in as pages
from tests.core.provider import BACK, START, Provider, come, is_in, tied_anyway
from tests.weakened import reworded, weakened

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
