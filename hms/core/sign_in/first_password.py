"""The password that somebody else chose for a person: it signs in for a week, and opens nothing but the page on which
they choose their own."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from hms.core import audit
from hms.core.models import User
from hms.core.sign_in import presence, sessions

LIFE = timedelta(days=7)
# What somebody who still has to choose may open: the way to it, and the way out.
THE_WAY_THERE = {"account_change_password", "sign_out_everywhere"}


@transaction.atomic
def was_set(actor: User, *, user: User) -> None:
    """Note that `actor` set the password of `user`, whose sessions end. One's own stays one's own."""
    ended = sessions.end_all(user)
    presence.end_all(user)
    begin(actor, user=user)
    audit.record(actor, "core.user.password_set", user, detail={"ended": ended})


def begin(actor: User, *, user: User) -> None:
    user.first_password_until = None if user.pk == actor.pk else timezone.now() + LIFE
    user.save(update_fields=["first_password_until"])


def was_chosen(user: User) -> None:
    """The person has a password of their own now."""
    user.first_password_until = None
    user.save(update_fields=["first_password_until"])


def must_choose(request: HttpRequest) -> bool:
    """Whether this session was opened with a password that somebody else chose. No query."""
    if request.user.first_password_until is None:
        return False
    return any(each.get("method") == "password" for each in request.session.get("account_authentication_methods", []))
