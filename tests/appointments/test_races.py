"""The last slot, wanted by many at once, on real connections. Without its constraint the slot is given twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections

from appointments.models import Appointment, QueueToken
from appointments.services import arrival, booking, queue
from appointments.services.booking import SlotRefused
from doctors.models import Doctor, Specialty
from hms.core import clock
from hms.core.models import User
from hms.core.refusals import Refused
from tests.appointments.conftest import make_doctor
from tests.conftest import make_patient

CROWD = 12
pytestmark = pytest.mark.django_db(transaction=True)


def crowd(act: Callable[[int], Any], size: int = CROWD) -> list[Any]:
    """What each of `size` people gets who act at the same moment: a result, or the exception they met."""
    start = Barrier(size)

    def one(number: int) -> Any:
        try:
            start.wait(timeout=30)
            return act(number)
        except Exception as met:
            return met
        finally:
            connections.close_all()

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(one, range(size)))


@pytest.fixture
def week_of_two(hr: User, cardiology: Specialty) -> list[Doctor]:
    """Two doctors of a specialty who see patients on every day of the week."""
    return [
        make_doctor(hr, cardiology, name, starts=time(9), ends=time(10), weekdays=tuple(range(7)))
        for name in ("Obi", "Weber")
    ]


@pytest.fixture
def slot(week_of_two: list[Doctor], north: Any) -> datetime:
    """Twenty past nine in two days: a slot with neighbours on both sides."""
    moment = clock.at(north, clock.today(north) + timedelta(days=2), time(9, 20))
    assert moment is not None
    return moment.astimezone(UTC)


def booked_at_once(reception: User, doctor: Doctor, slot: datetime) -> list[Any]:
    patients = [make_patient(reception, f"Wanted {number}") for number in range(CROWD)]

    def act(number: int) -> Appointment:
        actor = User.objects.get(pk=reception.pk).at(reception.facility)
        return booking.book(actor, patient_id=patients[number].pk, doctor_id=doctor.pk, start=slot, kind="follow_up")

    return crowd(act)


def test_the_last_slot_goes_to_one_and_the_others_are_offered_more(
    reception: User, week_of_two: list[Doctor], slot: datetime
) -> None:
    answers = booked_at_once(reception, week_of_two[0], slot)
    winners = [answer for answer in answers if isinstance(answer, Appointment)]
    losers = [answer for answer in answers if isinstance(answer, SlotRefused)]
    assert (len(winners), len(losers)) == (1, CROWD - 1), answers
    assert Appointment.objects.get() == winners[0]
    for loser in losers:
        assert [found.start for found in loser.alternatives.same][:2] != []
        assert slot not in [found.start for found in loser.alternatives.same]
        assert slot in [found.start for found in loser.alternatives.others]


def test_without_its_constraint_the_slot_is_given_more_than_once(
    reception: User, week_of_two: list[Doctor], slot: datetime
) -> None:
    """The control: it is the database that decides, not luck."""
    rule = next(one for one in Appointment._meta.constraints if one.name == "appointments_appointment_doctor_once")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Appointment, rule)
    try:
        answers = booked_at_once(reception, week_of_two[0], slot)
        assert sum(isinstance(answer, Appointment) for answer in answers) > 1
    finally:
        Appointment.objects.all().delete()
        with connection.schema_editor() as editor:
            editor.add_constraint(Appointment, rule)


def test_a_patient_whom_many_book_at_once_is_booked_once(
    reception: User, week_of_two: list[Doctor], slot: datetime
) -> None:
    patient = make_patient(reception)

    def act(number: int) -> Appointment:
        actor = User.objects.get(pk=reception.pk).at(reception.facility)
        doctor = week_of_two[number % 2]
        return booking.book(actor, patient_id=patient.pk, doctor_id=doctor.pk, start=slot, kind="follow_up")

    answers = crowd(act)
    assert sum(isinstance(answer, Appointment) for answer in answers) == 1, answers
    assert sum(isinstance(answer, SlotRefused) for answer in answers) == CROWD - 1


def test_two_who_want_each_others_slot_at_once_both_still_have_one(
    reception: User, week_of_two: list[Doctor], slot: datetime
) -> None:
    later = slot + timedelta(minutes=20)
    rows = [
        booking.book(
            reception,
            patient_id=make_patient(reception, f"Swap {number}").pk,
            doctor_id=week_of_two[0].pk,
            start=start,
            kind="follow_up",
        )
        for number, start in enumerate((slot, later))
    ]

    def act(number: int) -> Appointment:
        actor = User.objects.get(pk=reception.pk).at(reception.facility)
        wanted = (later, slot)[number]
        return booking.reschedule(actor, appointment_id=rows[number].pk, doctor_id=week_of_two[0].pk, start=wanted)

    crowd(act, size=2)
    active = Appointment.objects.active()
    assert active.count() == 2
    assert set(active.values_list("patient_id", flat=True)) == {row.patient_id for row in rows}


@pytest.fixture
def today_all_day(hr: User, cardiology: Specialty) -> Doctor:
    return make_doctor(
        hr, cardiology, "Today", starts=time(0), ends=time(23, 55), slot_minutes=5, weekdays=tuple(range(7))
    )


def arrivals(reception: User, doctor: Doctor, count: int) -> list[Appointment]:
    """Appointments of today. Those of the early hours are written directly: a past slot is not bookable."""
    midnight = clock.day_bounds(reception.facility, clock.today(reception.facility))[0]
    return [
        Appointment.objects.create(
            facility=reception.facility,
            patient=make_patient(reception, f"Arrived {number}"),
            doctor=doctor,
            period=(midnight + timedelta(minutes=5 * number), midnight + timedelta(minutes=5 * number + 5)),
            kind="follow_up",
            booked_by=reception,
        )
        for number in range(count)
    ]


def test_a_crowd_at_the_desk_gets_tokens_without_gap_or_repeat(reception: User, today_all_day: Doctor) -> None:
    rows = arrivals(reception, today_all_day, CROWD)

    def act(number: int) -> Appointment:
        actor = User.objects.get(pk=reception.pk).at(reception.facility)
        return arrival.check_in(actor, appointment_id=rows[number].pk)

    answers = crowd(act)
    assert all(isinstance(answer, Appointment) for answer in answers), answers
    assert sorted(QueueToken.objects.values_list("number", flat=True)) == list(range(1, CROWD + 1))


def test_one_patient_checked_in_at_two_desks_has_one_visit(reception: User, today_all_day: Doctor) -> None:
    (row,) = arrivals(reception, today_all_day, 1)

    def act(_number: int) -> Appointment:
        actor = User.objects.get(pk=reception.pk).at(reception.facility)
        return arrival.check_in(actor, appointment_id=row.pk)

    answers = crowd(act, size=4)
    assert sum(isinstance(answer, Refused) for answer in answers) == 3, answers
    assert QueueToken.objects.count() == row.patient.encounters.count() == 1


def test_doctors_who_call_at_once_get_different_patients(reception: User, today_all_day: Doctor) -> None:
    for row in arrivals(reception, today_all_day, 4):
        arrival.check_in(reception, appointment_id=row.pk)

    def act(_number: int) -> QueueToken:
        return queue.call_next(User.objects.get(pk=reception.pk).at(reception.facility))

    answers = crowd(act, size=6)
    called = [answer for answer in answers if isinstance(answer, QueueToken)]
    assert len({token.pk for token in called}) == len(called) == 4, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 2
