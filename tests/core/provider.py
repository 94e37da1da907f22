"""A provider of single sign-on, and coming through it as a browser does. Its fixtures stand in conftest.py."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from hms.core.models import User

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


def asked_of(provider: Provider, there: Any) -> dict[str, str]:
    """What the browser asks the provider for, which it is told."""
    asked = {name: value[0] for name, value in parse_qs(urlsplit(there.headers["Location"]).query).items()}
    provider.asked = asked
    return asked


def come(provider: Provider, client: Client, **claims: Any):
    """To the provider and back, as a browser goes."""
    provider.claims = claims
    there = client.post(f"{START}?next=/patients/")
    assert there.status_code == 302
    asked = asked_of(provider, there)
    assert asked["redirect_uri"] == f"http://testserver{BACK}"
    assert asked["code_challenge_method"] == "S256"
    return client.get(BACK, {"code": "a-code", "state": asked["state"]})


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def tied_anyway(user: User, account: SocialAccount) -> str:
    account.user = user
    account.save()
    return ""
