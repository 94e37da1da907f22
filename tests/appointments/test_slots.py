from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from appointments import slots
from appointments.services import booking
from doctors.models import Doctor, Specialty
from doctors.services import hours
from hms.core import clock as clock_time
from hms.core.models import Facility, User
from patients.models import Patient
from tests.appointments.conftest import FRIDAY, at, book, make_doctor
from tests.conftest import make_patient


def starts(found: list[slots.Slot]) -> list[str]:
    return [slot.start.strftime("%H:%M") for slot in found]


def test_a_morning_of_nine_to_twelve_has_nine_slots_of_twenty_minutes(doctor: Doctor) -> None:
    found = slots.free([doctor], FRIDAY, FRIDAY)
    assert starts(found) == ["09:00", "09:20", "09:40", "10:00", "10:20", "10:40", "11:00", "11:20", "11:40"]
    assert {slot.room for slot in found} == {"Room 4"}


def test_what_is_booked_or_past_is_not_free(reception: User, patient: Patient, doctor: Doctor, clock: Any) -> None:
    book(reception, patient, doctor, at(11))
    clock.move_to(at(10, 1))
    assert starts(slots.free([doctor], FRIDAY, FRIDAY)) == ["10:20", "10:40", "11:20", "11:40"]


def test_a_cancelled_appointment_gives_its_slot_back(reception: User, patient: Patient, doctor: Doctor) -> None:
    made = book(reception, patient, doctor, at(9))
    booking.cancel(reception, appointment_id=made.pk, reason="Better already")
    assert starts(slots.free([doctor], FRIDAY, FRIDAY))[0] == "09:00"


def test_absence_takes_slots_away_and_extra_hours_bring_some(doctor: Doctor, hr: User) -> None:
    hours.add_exception(
        hr,
        doctor_id=doctor.pk,
        first=FRIDAY,
        last=FRIDAY,
        kind="away",
        starts=time(9, 30),
        ends=time(12),
        reason="Ward round",
    )
    hours.add_exception(
        hr,
        doctor_id=doctor.pk,
        first=FRIDAY,
        last=FRIDAY,
        kind="extra",
        starts=time(14),
        ends=time(15),
        slot_minutes=30,
    )
    assert starts(slots.free([doctor], FRIDAY, FRIDAY)) == ["09:00", "14:00", "14:30"]


def test_a_patients_own_appointments_are_not_offered_to_them(
    reception: User, patient: Patient, doctor: Doctor, colleague: Doctor
) -> None:
    book(reception, patient, doctor, at(9))
    found = slots.free([colleague], FRIDAY, FRIDAY, patient=patient)
    assert starts(found)[0] == "09:20"
    assert starts(slots.free([colleague], FRIDAY, FRIDAY))[0] == "09:00"


def test_the_first_available_days_skip_the_weekend(doctor: Doctor) -> None:
    found = slots.first_available([doctor], FRIDAY, days=2)
    assert list(found) == [FRIDAY, FRIDAY + timedelta(days=3)]


def test_a_night_session_is_an_hour_shorter_when_the_clocks_go_forward(
    hr: User, cardiology: Specialty, clock: Any
) -> None:
    # London skips 01:00 to 02:00 on Sunday 28 March 2027.
    clock.move_to(datetime(2027, 3, 27, 12, tzinfo=UTC))
    night = make_doctor(hr, cardiology, starts=time(0), ends=time(4), slot_minutes=30, weekdays=(6,))
    sunday = date(2027, 3, 28)
    found = slots.free([night], sunday, sunday)
    assert len(found) == 6
    assert {slot.end - slot.start for slot in found} == {timedelta(minutes=30)}
    assert (found[0].start, found[-1].end) == (
        datetime(2027, 3, 28, 0, tzinfo=UTC),
        datetime(2027, 3, 28, 3, tzinfo=UTC),
    )


def test_a_night_session_is_an_hour_longer_when_the_clocks_go_back(
    hr: User, cardiology: Specialty, reception: User, clock: Any
) -> None:
    # London shows 01:00 to 02:00 twice on Sunday 31 October 2027; each is bookable once.
    clock.move_to(datetime(2027, 10, 30, 12, tzinfo=UTC))
    night = make_doctor(hr, cardiology, starts=time(0), ends=time(4), slot_minutes=30, weekdays=(6,))
    sunday = date(2027, 10, 31)
    found = slots.free([night], sunday, sunday)
    assert len(found) == 10
    twice = [slot for slot in found if clock_time.local(night.employee.facility, slot.start).hour == 1]
    assert len(twice) == 4
    for number, slot in enumerate(twice):
        book(reception, make_patient(reception, f"Twice {number}"), night, slot.start)
    assert len(slots.free([night], sunday, sunday)) == 6


def test_a_day_is_the_facilitys_own(person: Any, south: Facility, cardiology: Specialty, clock: Any) -> None:
    # Nine in New York is two in the afternoon in UTC.
    doctor = make_doctor(person("hr", south), cardiology, ends=time(10))
    assert starts(slots.free([doctor], FRIDAY, FRIDAY)) == ["14:00", "14:20", "14:40"]


def test_the_number_of_queries_does_not_grow_with_doctors_and_days(
    hr: User, doctor: Doctor, cardiology: Specialty
) -> None:
    with CaptureQueriesContext(connection) as one:
        slots.free([doctor], FRIDAY, FRIDAY)
    many = [doctor, *(make_doctor(hr, cardiology, f"Weber {number}") for number in range(9))]
    with CaptureQueriesContext(connection) as ten:
        assert len(slots.free(many, FRIDAY, FRIDAY + timedelta(days=30))) > 1000
    assert len(one) == len(ten) == 3


def test_alternatives_are_the_nearest_with_the_same_doctor_and_with_others(
    reception: User, patient: Patient, doctor: Doctor, colleague: Doctor
) -> None:
    book(reception, patient, doctor, at(10))
    same, others = slots.alternatives(doctor, at(10))
    assert sorted(starts(same)[:2]) == ["09:40", "10:20"]
    assert starts(others)[0] == "10:00"
    assert {slot.doctor for slot in others} == {colleague}
