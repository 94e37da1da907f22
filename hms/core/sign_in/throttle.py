"""Guessing is slow for the guesser and unnoticed by the owner.

Every attempt is counted before it is judged, and taken off again when it was right: of any number of attempts
at one moment no more pass than are free. An attempt is counted under several keys, each with its own allowance:

    a known browser       the browser has signed in to this account before, and says so by a signed cookie.
                          It is judged by its own count alone: no guesses from elsewhere close it.
    account at address    whoever tries one account again and again.
    address               whoever tries many accounts. A hospital shares one address, so it is generous.
    account               whoever tries one account from many addresses. Only strangers are counted and stopped:
                          neither a known browser nor an address the account has been signed in to from.

Beyond its allowance each further failure closes the key for twice as long as the one before. What is counted
stands in PostgreSQL: a cache may vanish.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from hms.core import audit, clock
from hms.core.models import GuessCount
from hms.core.sign_in import devices


@dataclass(frozen=True)
class Limit:
    """`free` failures, then a pause of `first` seconds, doubled by each further failure up to `longest`.
    After `forgets` without a failure the count begins anew."""

    free: int
    first: int
    longest: int
    forgets: timedelta


LIMITS = {
    "browser": Limit(free=10, first=15, longest=300, forgets=timedelta(hours=1)),
    "pair": Limit(free=5, first=30, longest=900, forgets=timedelta(hours=4)),
    "address": Limit(free=60, first=30, longest=900, forgets=timedelta(hours=1)),
    "account": Limit(free=20, first=30, longest=900, forgets=timedelta(hours=24)),
}
# An address counts as the account's own for so long after a sign-in from it.
KNOWN_FOR = timedelta(days=90)


class TooManyGuesses(Exception):
    """Closed for now. Answered with 429 and when to come back, by the middleware."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"closed for {seconds} s")
        self.seconds = seconds


@dataclass
class Attempt:
    request: HttpRequest
    kind: str
    name: str
    keys: dict[str, str]
    counted: list[str] = field(default_factory=list)

    @transaction.atomic
    def succeeded(self) -> None:
        """It was right: what concerned this account and this browser or address is forgotten, and the attempt
        itself is taken off what it shares with others. From now on the browser is known.
        Locks: the counts, in the order of their keys."""
        now = clock.now()
        self.keys["browser"] = _key(self.kind, "browser", self.name, devices.name(self.request))
        own = {self.keys[kind] for kind in ("browser", "pair")}
        for row in _locked(self.keys.values()).values():
            if row.key in own:
                row.failures, row.failed_at, row.closed_until, row.succeeded_at = 0, None, None, now
            elif row.key in self.counted and row.failures:
                row.failures -= 1
                kind = next(kind for kind, key in self.keys.items() if key == row.key)
                if row.failures < LIMITS[kind].free:
                    row.closed_until = None
            row.save()


def attempt(request: HttpRequest, kind: str, account: str) -> Attempt:
    """Count an attempt at `account` (as it was typed) by `kind` (password, code); TooManyGuesses when it may
    not be made now. Commits by itself: what comes of the attempt later cannot undo it.

    Locks: the counts, in the order of their keys.
    """
    name = unicodedata.normalize("NFKC", account).casefold()
    address = network(request.META.get("REMOTE_ADDR", ""))
    browser = devices.of(request)
    keys = {
        "browser": _key(kind, "browser", name, browser or "none"),
        "pair": _key(kind, "pair", name, address),
        "address": _key(kind, "address", address),
        "account": _key(kind, "account", name),
    }
    tried = Attempt(request, kind, name, keys)
    with transaction.atomic():
        now = clock.now()
        rows = _locked(keys.values())
        if browser and _known(rows[keys["browser"]], now):
            judged = ["browser"]
        else:
            judged = ["pair", "address"]
            if not _known(rows[keys["pair"]], now):
                judged.append("account")
        waits = [_wait(rows[keys[which]], now) for which in judged]
        if not any(waits):
            for which in judged:
                _count(rows[keys[which]], LIMITS[which], now)
                tried.counted.append(keys[which])
            closed = [which for which in judged if _wait(rows[keys[which]], now)]
            if closed:
                audit.record(None, "core.user.sign_in_slowed", detail={"by": kind, "count": closed})
    if any(waits):
        raise TooManyGuesses(max(waits))
    return tried


def network(address: str) -> str:
    """What one visitor is taken to hold: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network(f"{found}/64", strict=False))
    return str(found)


def forget(now: datetime) -> int:
    """Remove the counts that say nothing any more: neither a recent failure nor a recent sign-in."""
    longest = max(limit.forgets for limit in LIMITS.values())
    old = GuessCount.objects.exclude(failed_at__gte=now - longest).exclude(succeeded_at__gte=now - KNOWN_FOR)
    return old.delete()[0]


def _key(*parts: str) -> str:
    return salted_hmac("hms.guesses", "\0".join(parts), algorithm="sha256").hexdigest()


def _locked(keys: object) -> dict[str, GuessCount]:
    wanted = sorted(keys)
    GuessCount.objects.bulk_create([GuessCount(key=key) for key in wanted], ignore_conflicts=True)
    return {row.key: row for row in GuessCount.objects.select_for_update().filter(key__in=wanted).order_by("key")}


def _known(row: GuessCount, now: datetime) -> bool:
    return row.succeeded_at is not None and row.succeeded_at > now - KNOWN_FOR


def _wait(row: GuessCount, now: datetime) -> int:
    """Seconds until the key opens again; 0 when it is open."""
    if row.closed_until is None or row.closed_until <= now:
        return 0
    return max(1, round((row.closed_until - now).total_seconds()))


def _count(row: GuessCount, limit: Limit, now: datetime) -> None:
    if row.failed_at and row.failed_at < now - limit.forgets:
        row.failures = 0
    row.failures += 1
    row.failed_at, row.closed_until = now, None
    if row.failures >= limit.free:
        doubled = min(row.failures - limit.free, 20)
        row.closed_until = now + timedelta(seconds=min(limit.first * 2**doubled, limit.longest))
    row.save()
