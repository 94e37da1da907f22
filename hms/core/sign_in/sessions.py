"""How long a session lives, judged where it is loaded: no view can forget to ask.

A session of somebody ends HMS_SESSION_HOURS after they signed in, and HMS_IDLE_MINUTES after the last thing they
did. Whether a request is something they did is the view's to say (`access`, `polls`): a page that asks by itself
extends nothing. SESSION_ENGINE names this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from hms.core.models import Session, User

# Not every click writes a row: idle time is counted this exactly.
EXACT = timedelta(seconds=30)


def idle_limit() -> timedelta:
    return timedelta(minutes=settings.IDLE_MINUTES)


def life() -> timedelta:
    return timedelta(hours=settings.SESSION_HOURS)


class SessionStore(DatabaseStore):
    """Django's own store in our table; what is over is not loaded."""

    row: Session | None = None
    # Why a session that the browser named was not loaded: "idle", "over", or "" for unknown.
    ended = ""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = Session.objects.filter(session_key=self.session_key).first()
        now = timezone.now()
        if found is not None and found.expire_date <= now:
            self.ended = "over" if found.user_id else ""
            found = None
        elif found is not None and found.user_id and found.active_at <= now - idle_limit():
            self.ended = "idle"
            found = None
        if found is None:
            self._session_key = None
        self.row = found
        return found

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        made = super().create_model_instance(data)
        made.user_id = data.get(SESSION_KEY)
        if made.user_id:
            began = data.get("signed_in_at")
            made.signed_in_at = datetime.fromtimestamp(began, UTC) if began else timezone.now()
            # The end does not move, however often the session is written.
            made.expire_date = made.signed_in_at + life()
            kept = self.row if self.row is not None and self.row.user_id else None
            made.active_at = kept.active_at if kept else timezone.now()
        self.row = made
        return made


def began(request: HttpRequest, user: User) -> None:
    """Somebody has just signed in: their session's life begins, with where it was begun."""
    request.session["signed_in_at"] = timezone.now().timestamp()
    request.session["address"] = request.META.get("REMOTE_ADDR", "")
    request.session["browser"] = request.META.get("HTTP_USER_AGENT", "")[:300]
    request.session.row = None


def goes_on(request: HttpRequest, *, since: datetime) -> None:
    """Not a new sign-in but one that goes on: its life counts from then."""
    request.session["signed_in_at"] = since.timestamp()


def active(request: HttpRequest) -> None:
    """The person did something: their idle time begins anew."""
    row, now = getattr(request.session, "row", None), timezone.now()
    if row is not None and row.user_id and row.active_at < now - EXACT:
        Session.objects.filter(pk=row.pk, active_at__lt=now).update(active_at=now)
        row.active_at = now


def mark_of(user: User) -> str:
    """By which a page knows later whether the same person is signed in; says nothing of who it is."""
    return salted_hmac("hms.page", str(user.pk), algorithm="sha256").hexdigest()[:16]


def alive(user: User) -> models.QuerySet[Session]:
    now = timezone.now()
    return Session.objects.filter(user=user, expire_date__gt=now, active_at__gt=now - idle_limit())


@transaction.atomic
def end_all(user: User, *, but: str | None = None) -> int:
    """Sign somebody out everywhere, perhaps but for one session. Their cookies are dead from here on."""
    ended, _by_table = Session.objects.filter(user=user).exclude(session_key=but).delete()
    return ended


def forget() -> int:
    """Remove the sessions that are over."""
    now = timezone.now()
    over = models.Q(expire_date__lte=now) | models.Q(user__isnull=False, active_at__lte=now - idle_limit())
    return Session.objects.filter(over).delete()[0]


@dataclass(frozen=True)
class Listed:
    """A session as its owner knows it again."""

    browser: str
    address: str
    signed_in_at: datetime
    active_at: datetime
    here: bool


def listed(request: HttpRequest) -> list[Listed]:
    """The person's own sessions that live, this one first."""
    found = []
    for row in alive(request.user).order_by("-active_at"):
        data = row.get_decoded()
        here = row.session_key == request.session.session_key
        shown = Listed(
            _browser(data.get("browser", "")), data.get("address", ""), row.signed_in_at, row.active_at, here
        )
        found.append(shown)
    return sorted(found, key=lambda each: not each.here)


# What a browser says of itself, the more particular first.
BROWSERS = [("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari")]  # fmt: skip
SYSTEMS = [("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")]  # fmt: skip


def _browser(agent: str) -> str:
    browser = next((name for sign, name in BROWSERS if sign in agent), _("A browser"))
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return _("%(browser)s on %(system)s") % {"browser": browser, "system": system} if system else browser
