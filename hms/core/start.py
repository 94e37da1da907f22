"""What a hospital does not start with. Asked by the supervisor before the web, and by hms.wsgi in every worker.

There is no way round: an intranet without TLS is an unencrypted public address as well.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, register

from hms.core import roles

LEAST_KEY = 32
WORKER_BOOT_ERROR = 3  # by which gunicorn knows that starting the worker again is of no use
GUESSABLE = ("django-insecure", "changeme", "change-me", "secret", "while-building")


@register(Tags.security, deploy=True)
def check(app_configs: Any = None, **kwargs: Any) -> list[Error]:
    found = []
    if settings.DEBUG:
        found.append(
            Error(
                "HMS_DEBUG is on: its error pages show patients and secrets.",
                hint="Remove HMS_DEBUG. To develop, use `bin/hms manage runserver`.",
                id="hms.E001",
            )
        )
    key = settings.SECRET_KEY
    if len(key) < LEAST_KEY or len(set(key)) < 8 or key.lower().startswith(GUESSABLE):
        found.append(
            Error(
                "HMS_SECRET_KEY can be guessed: it signs every session.",
                hint=f"Set it to {LEAST_KEY} random characters or more (openssl rand -base64 48), or leave it to bin/hms.",
                id="hms.E002",
            )
        )
    if not settings.SECURE and (open_to := [name for name in addresses() if not is_loopback(name)]):
        found.append(
            Error(
                f"The hospital answers at {', '.join(open_to)} without encryption.",
                hint="Set HMS_PUBLIC_URL to its https:// address, with a TLS proxy in front (docs/running.md); without one leave HMS_BIND and HMS_ALLOWED_HOSTS to this computer.",
                id="hms.E003",
            )
        )
    provider = urlsplit(settings.OIDC_URL)
    if settings.OIDC_URL and provider.scheme != "https" and not is_loopback(provider.hostname or ""):
        found.append(
            Error(
                "HMS_OIDC_URL is not encrypted: anybody on the way could sign in as anybody.",
                hint="Give the provider's https:// address.",
                id="hms.E004",
            )
        )
    if unknown := sorted(set(settings.MFA_ROLES) - set(roles.ROLES) - {"all"}):
        found.append(
            Error(
                f"HMS_MFA_ROLES names {', '.join(unknown)}, which is no role: nobody would have to have a second step.",
                hint=f"Roles are {', '.join(roles.ROLES)}; or all, or none.",
                id="hms.E005",
            )
        )
    if settings.AUDIT_YEARS < 1:
        found.append(
            Error(
                f"HMS_AUDIT_YEARS is {settings.AUDIT_YEARS}: the audit would be let go as it is written.",
                hint="Give the years that the law wants it kept; 10 where nothing is said.",
                id="hms.E006",
            )
        )
    if settings.RECORD_YEARS < 1:
        found.append(
            Error(
                f"HMS_RECORD_YEARS is {settings.RECORD_YEARS}: a record could be erased as it is written.",
                hint="Give the years that the law wants it kept; 10 where nothing is said.",
                id="hms.E008",
            )
        )
    if settings.AUDIT_MAIL and settings.EMAIL_BACKEND.endswith(".dummy.EmailBackend"):
        found.append(
            Error(
                "HMS_AUDIT_MAIL names an address, and HMS_EMAIL_URL no server that takes mail there.",
                hint="Give HMS_EMAIL_URL, such as smtp+tls://user:password@mail.hospital.example:587, or remove HMS_AUDIT_MAIL.",
                id="hms.E007",
            )
        )
    return found


def addresses() -> list[str]:
    """Every name under which the hospital answers, and where it listens: whoever asks may give themselves any name."""
    return [urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS, settings.BIND]


def is_loopback(name: str) -> bool:
    plain = name.strip("[]").lower()
    if plain == "localhost" or plain.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(plain).is_loopback
    except ValueError:
        return False


def refuse(arguments: Sequence[str] = sys.argv) -> None:
    """End here, saying why, where a hospital must not start. A developer's own server is none."""
    if len(arguments) > 1 and arguments[1] == "runserver":
        return
    if found := check():
        print("The hospital does not start.", *(f"{each.msg} {each.hint}" for each in found), file=sys.stderr)
        raise SystemExit(WORKER_BOOT_ERROR)
