"""Signing in, out, and failing to: each leaves an audit row."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from hms.core import audit
from hms.core.models import User
from hms.core.sign_in import presence, sessions


@receiver(user_logged_in)
def signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    sessions.began(request, user)
    request.session.pop("locked", None)
    if presence.comes_back(request):
        return  # recorded as that, by presence
    presence.signed_in(request, user)
    audit.record(user, "core.user.signed_in", user)


@receiver(user_logged_out)
def signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        presence.signed_out(request, user)
        audit.record(user, "core.user.signed_out", user)


@receiver(user_login_failed)
def failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    # Not what was typed: people type passwords into the wrong field.
    known = User.objects.filter(username=credentials.get("username", "")).first()
    audit.record(None, "core.user.sign_in_failed", known)
