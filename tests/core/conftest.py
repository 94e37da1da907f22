"""A provider of single sign-on that runs, and somebody who comes through it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hms.core.models import User
from tests.core.provider import Provider


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
