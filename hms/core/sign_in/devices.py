"""Which browser this is: a random name in a signed cookie, given at the first sign-in.

It opens nothing. It gives a browser that has signed in before an allowance of its own (throttle), and names the
computer at which colleagues take turns (presence).
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

SALT = "hms.device"
YEAR = 365 * 24 * 3600


def of(request: HttpRequest) -> str:
    """The browser's name, "" for one that has never signed in here."""
    if hasattr(request, "_device"):
        return request._device
    try:
        found = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=SALT, max_age=YEAR)
        request._device = str(uuid.UUID(found))
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        request._device = ""
    return request._device


def name(request: HttpRequest) -> str:
    """The browser's name; it is given one if it has none. The middleware hands the cookie out."""
    if not of(request):
        request._device = str(uuid.uuid4())
    request._device_named = True
    return request._device


def remember(request: HttpRequest, response: HttpResponseBase) -> None:
    """Hand the cookie out, for another year, after a sign-in."""
    if getattr(request, "_device_named", False):
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            signing.dumps(request._device, salt=SALT),
            max_age=YEAR,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
