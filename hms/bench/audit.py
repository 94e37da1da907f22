"""What the audit costs: everyday pages with it, against the same pages with recording taken out.

It is taken out here, by putting something else in the place of `audit.record` while a page is asked for: the product
has no switch for it. The demonstration hospital is read, on a database that waits for the disk as a hospital's does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import Client
from django.urls import reverse

from hms.bench import timing
from hms.core import audit
from hms.core.models import AuditEvent, User
from hms.demo.build import SMALL, build
from patients.models import Encounter, Patient

BAR = 1.25
ROUNDS = 150


@contextmanager
def _without() -> Iterator[None]:
    def nothing(*words: Any, **named: Any) -> AuditEvent:
        return AuditEvent()

    with mock.patch.object(audit, "record", nothing):
        yield


def pages() -> list[tuple[str, str, str]]:
    """(what it is, who opens it, its address): a chart that holds something, and everyday lists."""
    patient = Encounter.objects.filter(facility__code="N", status="finished").order_by("-started_at").first().patient_id
    assert Patient.objects.filter(pk=patient).exists()
    return [
        ("chart", "doctor", reverse("patients:chart", args=[patient])),
        ("visits", "nurse", reverse("patients:visits")),
        ("patients", "reception", reverse("patients:list")),
        ("invoices", "cashier", reverse("billing:invoices")),
    ]


def _asks(username: str, address: str) -> Callable[[], None]:
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.get(username=username), backend=settings.AUTHENTICATION_BACKENDS[0])

    def ask() -> None:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answered {answer.status_code}")

    return ask


def run(say: Callable[[str], None], rounds: int = ROUNDS) -> bool:
    """Whether every page keeps the bar. Fills the empty database first."""
    build("bench-bench-bench-1", lambda step: None, size=SMALL)
    say(f"audit: median of {rounds} each, interleaved; bar {BAR}; {timing.load()}")
    kept = True
    for name, username, address in pages():
        ask = _asks(username, address)

        def bare(ask: Callable[[], None] = ask) -> None:
            with _without():
                ask()

        before = AuditEvent.objects.count()
        bare()
        if AuditEvent.objects.count() != before:
            raise RuntimeError(f"{address} recorded something without the audit")
        ask()
        if AuditEvent.objects.count() == before:
            raise RuntimeError(f"{address} recorded nothing with the audit")
        found = timing.interleaved(ask, bare, rounds=rounds)
        kept &= found.ratio <= BAR
        say(f"  {name:10} with {found.first:7.1f} ms, without {found.second:7.1f} ms: {found.ratio:.2f}"
            f"{'' if found.ratio <= BAR else '  ABOVE THE BAR'}")  # fmt: skip
    say(f"  {timing.load()}")
    return kept
