"""Nothing that can be typed into an address or a form brings a page down."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from PIL import Image

from appointments import slots
from appointments.models import Appointment
from appointments.services import arrival
from doctors.models import Doctor
from doctors.services import profile
from hms.core import clock
from hms.core.models import Facility, User
from hms.core.refusals import Refused
from tests.appointments.conftest import book
from tests.conftest import make_patient
from tests.project.routes import routes
from tests.project.walked import Walked, walk

NAMES = [
    "after", "before", "v-after", "p-before", "r-after", "day", "start", "first", "last", "month", "q", "show", "kind", "sort", "order", "format", "by",
    "doctor", "specialty", "department", "ward", "bed", "next", "employee", "weekday", "status", "category", "profession",
]  # fmt: skip


def cursor(*values: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


JUNK = [
    "' or 1=1 --",
    "\0",
    "9999-12-31",
    "0001-01-01",
    "99999999999999999999999999",
    "-1",
    "\u202e\U0001f9a0" * 40,
    cursor("2026-01-01", "x"),
    cursor("\0", "\0"),
    cursor("9999-99-99T00:00", "00000000-0000-0000-0000-000000000000"),
]


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


def test_no_parameter_brings_a_page_down(walked: Walked, browser_of: Callable[[User], Client]) -> None:
    clients: dict[object, Client] = {}
    broken = []
    for route in routes():
        if route.access.public or "pdf" in route.name:
            continue
        user = walked.who_may(route)
        client = clients.get(user.pk) or clients.setdefault(user.pk, browser_of(user))
        client.raise_request_exception = False
        for junk in JUNK:
            if client.get(walked.url(route), dict.fromkeys(NAMES, junk)).status_code >= 500:
                broken.append(f"GET {route.name} {junk!r}")
    assert broken == []


def test_no_word_of_a_form_brings_an_act_down(walked: Walked, browser_of: Callable[[User], Client]) -> None:
    clients: dict[object, Client] = {}
    broken = []
    for route in routes():
        if route.access.public or route.name in ("core:switch-facility", "lock", "sign_out_everywhere"):
            continue
        user = walked.who_may(route)
        client = clients.get(user.pk) or clients.setdefault(user.pk, browser_of(user))
        client.raise_request_exception = False
        page = client.get(walked.url(route))
        form = page.context.get("form") if getattr(page, "context", None) else None
        names = list(form.fields) if form is not None else ["q", "reason", "code", "text", "room"]
        for junk in ("\0", "99999999999999999999999999", "9999-12-31", "b"):
            fields = {"_key": str(uuid.uuid4()), "next": junk, **dict.fromkeys(names, junk)}
            if client.post(walked.url(route), fields).status_code >= 500:
                broken.append(f"POST {route.name} {junk!r}")
    assert broken == []


def test_a_picture_that_unpacks_without_end_is_refused(walked: Walked) -> None:
    doctor = walked.users["doctor"]
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    with pytest.raises(Refused, match="picture"):
        profile.set_signature(doctor, doctor_id=walked.ids["doctor_id"], picture=bomb.getvalue())


def test_a_check_in_taken_back_twice_leaves_no_visit_behind(walked: Walked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the first look and the locks, somebody else took it back and checked the patient in anew."""
    desk = walked.users["receptionist"]
    consults = Doctor.objects.visible_to(desk).get()
    today = clock.today(desk.facility)
    made = book(desk, make_patient(desk, "Ivo"), consults, slots.free([consults], today, today)[0].start)
    arrival.check_in(desk, appointment_id=made.pk)
    real, meanwhile = arrival.encounters.locked, []

    def locked(encounter_id: object):
        if not meanwhile:
            meanwhile.append(True)
            arrival.undo_check_in(desk, appointment_id=made.pk, reason="Meanwhile")
            arrival.check_in(desk, appointment_id=made.pk)
        return real(encounter_id)

    monkeypatch.setattr(arrival.encounters, "locked", locked)
    with pytest.raises(Refused, match="not checked in"):
        arrival.undo_check_in(desk, appointment_id=made.pk, reason="Late")
    row = Appointment.objects.get(pk=made.pk)
    assert row.status == "arrived"
    assert row.encounter.is_open
