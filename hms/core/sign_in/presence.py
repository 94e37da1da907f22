"""The quick switch at a shared computer: lock it, and come back by PIN or passkey as whoever one is.

Locking ends the session. What is left is a session of nobody, which says that it is locked and by whom; every page
answers it with the lock screen. Coming back is a sign-in: a session with a new key, of the person who came back,
whose life still counts from their full sign-in.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from datetime import timedelta
from uuid import UUID

from django.contrib.auth import login
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import Pin, Presence, User
from hms.core.models.presence import WRONG_PINS
from hms.core.refusals import Refused
from hms.core.sign_in import devices, sessions

BACKEND = "hms.core.access.MembershipBackend"
KEPT = timedelta(days=90)


def signed_in(request: HttpRequest, user: User) -> None:
    """Somebody has signed in fully: until their sign-in is over this computer knows them."""
    now = clock.now()
    Presence.objects.update_or_create(
        device=devices.name(request),
        user=user,
        defaults={
            "signed_in_at": now,
            "ends_at": now + sessions.life(),
            "ended_at": None,
            "wrong_pins": 0,
            "password_mark": user.get_session_auth_hash(),
            "facility": None,
        },
    )


def signed_out(request: HttpRequest, user: User) -> None:
    if device := devices.of(request):
        Presence.objects.filter(device=device, user=user, ended_at=None).update(ended_at=clock.now())


def end_all(user: User, *, but_at: str = "") -> None:
    """Signed out everywhere, or another password: no PIN opens anywhere until the next full sign-in."""
    found = Presence.objects.filter(user=user, ended_at=None)
    if but_at:
        found.filter(device=but_at).update(password_mark=user.get_session_auth_hash())
        found = found.exclude(device=but_at)
    found.update(ended_at=clock.now())


@transaction.atomic
def sign_out(actor: User, *, user: User) -> int:
    """An administrator ends all the sessions of somebody; returns how many there were."""
    ended = sessions.end_all(user)
    end_all(user)
    audit.record(actor, "core.user.sessions_ended", user, detail={"ended": ended})
    return ended


def lock(request: HttpRequest, *, back: str) -> None:
    """End the session and leave a locked one. The way back is remembered for who locked it."""
    user, facility = request.user, request.session.get("facility")
    device = devices.name(request)
    Presence.objects.filter(device=device, user=user, ended_at=None).update(facility=facility)
    audit.record(user, "core.user.locked", user)
    request.session.flush()
    request.user = AnonymousUser()
    request.session["locked"] = {"by": str(user.pk), "back": back}


def is_locked(request: HttpRequest) -> bool:
    return bool(request.session.get("locked"))


def here(request: HttpRequest) -> list[Presence]:
    """Who may come back at this computer, who was here last first."""
    device = devices.of(request)
    if not device or not is_locked(request):
        return []
    found = Presence.objects.filter(device=device, ended_at=None, ends_at__gt=clock.now(), user__is_active=True)
    found = found.filter(user__first_password_until=None)
    known = [
        each for each in found.select_related("user", "user__pin").order_by("-signed_in_at") if _same_password(each)
    ]
    by = request.session["locked"]["by"]
    return sorted(known, key=lambda each: str(each.user_id) != by)


def unlock_by_pin(request: HttpRequest, *, user_id: UUID, pin: str) -> bool:
    """Come back by PIN. False when it did not fit; after the fifth wrong one the person is no longer here.

    Commits by itself: what follows cannot take a wrong PIN back. Locks: the person's presence here.
    """
    with transaction.atomic():
        place = _mine(request, user_id)
        kept = Pin.objects.filter(user_id=user_id).first() if place else None
        fits = check_password(_peppered(user_id, pin), kept.hashed if kept else "!")
        if place is None:
            return False
        if not fits:
            place.wrong_pins += 1
            over = place.wrong_pins >= WRONG_PINS
            place.ended_at = clock.now() if over else None
            place.save(update_fields=["wrong_pins", "ended_at"])
            audit.record(None, "core.user.unlock_failed", place.user, detail={"wrong": place.wrong_pins, "over": over})
            return False
        place.wrong_pins = 0
        place.save(update_fields=["wrong_pins"])
    _come_back(request, place, by="pin")
    return True


def unlock_by_passkey(request: HttpRequest, *, user: User) -> bool:
    """Come back by a passkey that has just been shown. False for somebody who is not here."""
    with transaction.atomic():
        place = _mine(request, user.pk)
    if place is None:
        audit.record(None, "core.user.unlock_failed", user, detail={"by": "passkey"})
        return False
    _come_back(request, place, by="passkey")
    return True


def way_back(request: HttpRequest, user_id: UUID) -> str:
    """Where who locked it was; everybody else begins at their own first page."""
    locked = request.session.get("locked") or {}
    return locked.get("back", "/") if locked.get("by") == str(user_id) else "/"


@transaction.atomic
def set_pin(user: User, *, pin: str) -> None:
    """Refuses what others would try first."""
    digits = unicodedata.normalize("NFKC", pin)
    if not re.fullmatch(r"[0-9]{4,8}", digits):
        raise Refused(_("Four to eight digits, nothing else."), field="pin")
    if is_weak(digits):
        raise Refused(
            _("This one is tried first. Choose digits that do not follow one another, repeat, or make a year."),
            field="pin",
        )
    Pin.objects.update_or_create(
        user=user, defaults={"hashed": make_password(_peppered(user.pk, digits)), "set_at": clock.now()}
    )
    audit.record(user, "core.user.pin_set", user)


@transaction.atomic
def remove_pin(user: User) -> None:
    if Pin.objects.filter(user=user).delete()[0]:
        audit.record(user, "core.user.pin_removed", user)


def is_weak(digits: str) -> bool:
    """Runs, few different digits, a block repeated or mirrored, a year, the middle column of the keys."""
    steps = {int(after) - int(before) for before, after in itertools.pairwise(digits)}
    half = len(digits) // 2
    blocks = any(digits == digits[:n] * (len(digits) // n) for n in range(1, half + 1) if len(digits) % n == 0)
    year = len(digits) == 4 and digits[:2] in ("19", "20")
    wrapped = digits in "01234567890123456789" or digits[::-1] in "01234567890123456789"
    few = len(set(digits)) < 3
    return steps in ({0}, {1}, {-1}) or wrapped or few or blocks or digits == digits[::-1] or year or digits in KEYS


KEYS = {
    "2580",
    "0852",
    "1379",
    "1397",
    "7913",
    "147258",
    "147369",
    "159357",
    "789456",
    "1357",
    "2468",
    "13579",
    "24680",
}


def forget() -> int:
    """Remove what was over long ago."""
    return Presence.objects.filter(ends_at__lt=clock.now() - KEPT).delete()[0]


def _mine(request: HttpRequest, user_id: UUID) -> Presence | None:
    device = devices.of(request)
    if not device or not is_locked(request):
        return None
    rows = Presence.objects.select_for_update(of=["self"]).select_related("user")
    found = rows.filter(device=device, user_id=user_id, ended_at=None, ends_at__gt=clock.now()).first()
    if found is None or not found.user.is_active or found.user.first_password_until:
        return None  # who has to choose a password yet does it at a full sign-in
    return found if _same_password(found) else None


def _same_password(place: Presence) -> bool:
    return constant_time_compare(place.password_mark, place.user.get_session_auth_hash())


def _peppered(user_id: UUID, pin: str) -> str:
    """Ten thousand PINs are hashed in an hour: without the secret key the table is no use to a thief."""
    digits = unicodedata.normalize("NFKC", pin)
    return salted_hmac("hms.pin", f"{user_id}:{digits}", algorithm="sha256").hexdigest()


def _come_back(request: HttpRequest, place: Presence, *, by: str) -> None:
    locked_by = request.session["locked"]["by"]
    request.session.flush()
    request._comes_back = True
    login(request, place.user, backend=BACKEND)
    sessions.goes_on(request, since=place.signed_in_at)
    if place.facility_id:
        request.session["facility"] = str(place.facility_id)
    audit.record(place.user, "core.user.unlocked", place.user, detail={"by": by})
    if locked_by != str(place.user_id):
        audit.record(place.user, "core.user.switched", place.user, detail={"from": locked_by})


def comes_back(request: HttpRequest) -> bool:
    """Whether the sign-in under way is a coming back, and not a full one."""
    return getattr(request, "_comes_back", False)
