"""What the audit costs: everyday acts with it, against the same acts with all of it taken out: the rows, and the noting of
whom a page shows.

It is taken out here, by putting something else in the place of the functions of `hms.core.audit` while a page is asked
for: the product has no switch for it. The demonstration hospital is worked in, on a database that waits for the disk as a
hospital's does.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import Client
from django.urls import reverse

from hms.bench import timing
from hms.core import audit
from hms.core.models import AuditEvent, User
from hms.demo.build import SMALL, build
from patients.models import Encounter
from pharmacy.models import Prescription

BAR = 1.25
ROUNDS = 150


@contextmanager
def _without() -> Iterator[None]:
    def nothing(*words: Any, **named: Any) -> AuditEvent:
        return AuditEvent()

    @contextmanager
    def unwatched() -> Iterator[audit.Watch]:
        yield audit.Watch()

    @contextmanager
    def unkept() -> Iterator[audit.Provisional]:
        yield audit.Provisional()

    off = dict.fromkeys(("record", "seen", "attempted", "conclude", "taken_out"), nothing)
    with mock.patch.multiple(audit, **off, watch=unwatched, provisional=unkept):
        yield


@dataclass(frozen=True)
class Act:
    """Something that is done all day: who does it, where, and, where it is a form, what is typed."""

    name: str
    username: str
    address: str
    typed: dict[str, str] = field(default_factory=dict)

    def asker(self) -> Callable[[], None]:
        """Do it once: a page is answered with 200, a form with the way onward."""
        client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
        client.force_login(User.objects.get(username=self.username), backend=settings.AUTHENTICATION_BACKENDS[0])
        expected = 302 if self.typed else 200

        def ask() -> None:
            if self.typed:
                answer = client.post(self.address, {**self.typed, "_key": str(uuid.uuid4())})
            else:
                answer = client.get(self.address)
            if answer.status_code != expected:
                raise RuntimeError(f"{self.name} answered {answer.status_code}")

        return ask


def acts() -> list[Act]:
    """A chart that holds something, everyday lists, a form, a paper, of the demonstration's larger facility."""
    visits = Encounter.objects.filter(facility__code="N").order_by("-started_at")
    seen, here = visits.filter(status="finished").first(), visits.filter(status="in_progress").first()
    prescribed = Prescription.objects.filter(facility__code="N").order_by("-prescribed_at").first()
    assert seen and here and prescribed
    vitals = {"systolic": "121", "diastolic": "79", "pulse": "70"}
    return [
        Act("chart", "doctor", reverse("patients:chart", args=[seen.patient_id])),
        Act("visits", "nurse", reverse("patients:visits")),
        Act("patients", "reception", reverse("patients:list")),
        Act("invoices", "cashier", reverse("billing:invoices")),
        Act("vital signs, sent", "nurse", reverse("patients:vitals-record", args=[here.pk]), vitals),
        Act("prescription, PDF", "pharmacist", reverse("pharmacy:prescription-pdf", args=[prescribed.pk])),
    ]


def _checked(act: Act, ask: Callable[[], None]) -> Callable[[], None]:
    """The same without the audit; that it records nothing without, and something with, is looked at first."""

    def bare() -> None:
        with _without():
            ask()

    for doing, leaves in ((bare, False), (ask, True)):
        before = AuditEvent.objects.count()
        doing()
        if (AuditEvent.objects.count() > before) is not leaves:
            raise RuntimeError(f"{act.name}: {'nothing' if leaves else 'something'} was recorded")
    return bare


def measure(say: Callable[[str], None], *, rounds: int, warm: int = 15, bar: float = BAR) -> bool:
    """Whether every act keeps the bar, in a hospital that is filled."""
    say(f"audit: median of {rounds} each, interleaved; bar {bar}; {timing.load()}")
    kept = True
    for act in acts():
        ask = act.asker()
        found = timing.interleaved(ask, _checked(act, ask), rounds=rounds, warm=warm)
        kept &= found.ratio <= bar
        say(f"  {act.name:18} with {found.first:7.1f} ms, without {found.second:7.1f} ms: {found.ratio:.2f}"
            f"{'' if found.ratio <= bar else '  ABOVE THE BAR'}")  # fmt: skip
    say(f"  {timing.load()}")
    return kept


def run(say: Callable[[str], None], *, rounds: int = ROUNDS) -> bool:
    """Whether every act keeps the bar. Fills the empty database first."""
    build("bench-bench-bench-1", lambda step: None, size=SMALL)
    return measure(say, rounds=rounds)
