"""What is sent to do harm: a picture without end, the same act from two sides. Requests at random: test_generated.py."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
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
from tests.project.walked import Walked, walk
from tests.weakened import reworded, weakened


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


@weakened("as it came", profile, "_drawn", lambda picture: picture)
def test_a_picture_that_unpacks_without_end_is_refused(walked: Walked) -> None:
    doctor = walked.users["doctor"]
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")
    with pytest.raises(Refused, match="picture"):
        profile.set_signature(doctor, doctor_id=walked.ids["doctor_id"], picture=bomb.getvalue())


@weakened(
    "without a second look", reworded(arrival.undo_check_in, (" or appointment.encounter_id != encounter.pk", ""))
)
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
