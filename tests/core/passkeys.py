"""A passkey without a browser: it makes what a browser would send, with a key of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from hms.core.models import User

HOUSE = "testserver"
FLAG = AuthenticatorData.FLAG


@dataclass
class Passkey:
    """The device of one person. `adopted` writes it into the hospital's list, as the page on which one adds it does."""

    user: User
    name: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def adopted(self) -> Passkey:
        public = ES256.from_cryptography_key(self.key.public_key())
        held = AttestedCredentialData.create(bytes(16), self.name, public)
        said = CollectedClientData.create("webauthn.create", b"any", f"https://{HOUSE}")
        made = AttestationObject.create("none", self._data(HOUSE, FLAG.UP | FLAG.UV | FLAG.AT, held), {})
        response = {"clientDataJSON": websafe_encode(said), "attestationObject": websafe_encode(made)}
        WebAuthn.add(
            self.user, "Ward", {**self._named(response), "clientExtensionResults": {"credProps": {"rk": True}}}
        )
        return self

    def answer(self, challenge: str, *, house: str = HOUSE, checked: bool = True, of: User | None = None) -> str:
        """What is sent for a challenge; by a device that did not check who holds it, and in another's name."""
        said = CollectedClientData.create("webauthn.get", challenge, f"https://{house}")
        data = self._data(house, FLAG.UP | FLAG.UV if checked else FLAG.UP)
        signature = self.key.sign(data + said.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(said),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(user_pk_to_url_str(of or self.user).encode()),
        }
        return json.dumps(self._named(response))

    def _data(self, house: str, flags: int, held: bytes = b"") -> AuthenticatorData:
        return AuthenticatorData.create(hashlib.sha256(house.encode()).digest(), flags, 0, held)

    def _named(self, response: dict[str, str]) -> dict[str, object]:
        name = websafe_encode(self.name)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


def challenge(client: Client, address: str) -> str:
    return client.get(address).json()["publicKey"]["challenge"]
