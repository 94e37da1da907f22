"""OpenID Connect, stricter than the library by itself (OpenID Connect Core 1.0, 3.1.3.7 and 5.3.2; OAuth 2.0 Security
Best Current Practice, RFC 9700): the provider is the one that was configured, its answer belongs to this very attempt,
and nothing of the request to it comes from an address that somebody made up."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Any

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest

SECONDS = 5  # what the provider has for an answer


def session() -> requests.Session:
    """For calls to the provider: they follow no redirection, and do not wait for ever."""
    calls = requests.Session()
    calls.max_redirects = 0
    calls.request = functools.partial(calls.request, timeout=SECONDS)
    return calls


def nonce(code_verifier: str) -> str:
    """Known to nobody who does not know the verifier (RFC 7636), which never leaves the house before the answer."""
    digest = hashlib.sha256(f"nonce:{code_verifier}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Adapter(OpenIDConnectOAuth2Adapter):
    expected_nonce = ""

    @functools.cached_property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself. Refused, when it calls itself something else than it was configured."""
        address = self.get_provider().server_url
        with get_adapter().get_requests_session() as calls:
            answer = calls.get(address)
            answer.raise_for_status()
            said = answer.json()
        if str(said.get("issuer", "")).rstrip("/") != address.split("/.well-known/")[0].rstrip("/"):
            raise OAuth2Error("The provider calls itself another issuer.")
        return said

    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str | None = None
    ) -> dict[str, Any]:
        self.expected_nonce = nonce(pkce_code_verifier or "")
        return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        if "id_token" not in kwargs["response"]:
            raise OAuth2Error("The provider gave no ID token.")
        login = super().complete_login(request, app, token, **kwargs)
        said = login.account.extra_data
        if said["id_token"].get("nonce") != self.expected_nonce:
            raise OAuth2Error("This answer was meant for another attempt to sign in.")
        if said["userinfo"].get("sub") != said["id_token"].get("sub"):
            raise OAuth2Error("The provider speaks of two people.")
        return login


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Adapter

    def get_pkce_params(self) -> dict[str, Any]:
        made = generate_code_challenge()
        return {**made, "nonce": nonce(made["code_verifier"])}

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        return self.get_auth_params()

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return self.get_scope()
