"""Sessions as instants, on ordinary days and on the two nights of the year when the clock lies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from doctors import schedule
from doctors.models import Doctor, Specialty
from doctors.services import hours, profile
from hms.core.models import Facility, User
from staff import services as staff
from tests.doctors.conftest import make_doctor

MONDAY = date(2027, 3, 1)
SPRING_LONDON, AUTUMN_LONDON = date(2027, 3, 28), date(2027, 10, 31)
SPRING_YORK, AUTUMN_YORK = date(2027, 3, 14), date(2027, 11, 7)


def plan(doctor: Doctor, day: date, starts: time, ends: time, **details: Any) -> None:
    fields = {"slot_minutes": 20, "valid_from": date(2026, 1, 1), **details}
    hours.set_availability(
        doctor.employee.user, doctor_id=doctor.pk, weekday=day.weekday(), starts=starts, ends=ends, **fields
    )


def but(doctor: Doctor, kind: str, day: date, *times: time, **details: Any) -> None:
    starts, ends = times or (None, None)
    hours.add_exception(
        doctor.employee.user, doctor_id=doctor.pk, kind=kind, first=day, starts=starts, ends=ends, **details
    )


def wall(doctor: Doctor, day: date) -> list[str]:
    """Sessions as the facility's clock shows them."""
    return [
        f"{s.start.astimezone(_zone(doctor)):%H:%M}-{s.end.astimezone(_zone(doctor)):%H:%M}"
        for s in schedule.sessions(doctor, day)
    ]


def _zone(doctor: Doctor) -> Any:
    from hms.core import clock

    return clock.zone(doctor.employee.facility)


@pytest.fixture
def in_york(person: Callable[..., User], south: Facility, cardiology: Specialty) -> Doctor:
    return make_doctor(person("hr", south), cardiology, person("doctor", south))


def test_a_week_day_has_its_hours_and_the_others_none(doctor: Doctor) -> None:
    plan(doctor, MONDAY, time(9), time(12), room="Room 7")
    plan(doctor, MONDAY, time(14), time(16, 30), slot_minutes=30)
    assert schedule.sessions(doctor, MONDAY) == [
        (datetime(2027, 3, 1, 9, tzinfo=UTC), datetime(2027, 3, 1, 12, tzinfo=UTC), 20, "Room 7"),
        (datetime(2027, 3, 1, 14, tzinfo=UTC), datetime(2027, 3, 1, 16, 30, tzinfo=UTC), 30, "Room 4"),
    ]
    assert schedule.sessions(doctor, MONDAY + timedelta(days=1)) == []


def test_hours_are_thought_of_in_the_facilitys_zone(in_york: Doctor) -> None:
    plan(in_york, MONDAY, time(9), time(12))
    (session,) = schedule.sessions(in_york, MONDAY)
    assert session.start == datetime(2027, 3, 1, 14, tzinfo=UTC)
    (session,) = schedule.sessions(in_york, date(2027, 3, 15))
    assert session.start == datetime(2027, 3, 15, 13, tzinfo=UTC)


def test_hours_hold_from_their_first_to_their_last_day(doctor: Doctor) -> None:
    plan(doctor, MONDAY, time(9), time(12), valid_from=MONDAY, valid_until=MONDAY + timedelta(days=7))
    held = [bool(schedule.sessions(doctor, MONDAY + timedelta(days=7 * n))) for n in (-1, 0, 1, 2)]
    assert held == [False, True, True, False]


def test_a_doctor_away_sees_nobody(doctor: Doctor) -> None:
    plan(doctor, MONDAY, time(9), time(12))
    but(doctor, "away", MONDAY, reason="congress")
    assert schedule.sessions(doctor, MONDAY) == []


@pytest.mark.parametrize(
    ("starts", "ends", "left"),
    [
        (time(10), time(10, 30), ["09:00-10:00", "10:30-12:00"]),
        (time(8), time(10), ["10:00-12:00"]),
        (time(11), time(13), ["09:00-11:00"]),
        (time(8), time(9), ["09:00-12:00"]),
        (time(9, 10), time(11, 50), []),
    ],
)
def test_hours_away_are_cut_out(doctor: Doctor, starts: time, ends: time, left: list[str]) -> None:
    plan(doctor, MONDAY, time(9), time(12))
    but(doctor, "away", MONDAY, starts, ends)
    assert wall(doctor, MONDAY) == left


def test_extra_hours_are_added_and_never_doubled(doctor: Doctor) -> None:
    plan(doctor, MONDAY, time(9), time(12))
    but(doctor, "extra", MONDAY, time(11), time(14), slot_minutes=30, room="Room 9")
    assert wall(doctor, MONDAY) == ["09:00-12:00", "12:00-14:00"]
    assert [(s.slot_minutes, s.room) for s in schedule.sessions(doctor, MONDAY)] == [(20, "Room 4"), (30, "Room 9")]


def test_who_falls_ill_has_no_extra_hours_either(doctor: Doctor) -> None:
    but(doctor, "extra", MONDAY, time(11), time(14), slot_minutes=30)
    but(doctor, "away", MONDAY)
    assert schedule.sessions(doctor, MONDAY) == []


def test_who_stopped_consulting_or_left_has_no_sessions(doctor: Doctor, hr: User) -> None:
    plan(doctor, MONDAY, time(9), time(12))
    stopped = profile.stop_consulting(hr, doctor_id=doctor.pk, reason="sabbatical")
    assert schedule.sessions(stopped, MONDAY) == []
    back = profile.resume_consulting(hr, doctor_id=doctor.pk, reason="back")
    assert len(schedule.sessions(back, MONDAY)) == 1
    back.employee = staff.leave(hr, employee_id=back.employee_id, left_on=date(2026, 1, 1), reason="retired")
    assert schedule.sessions(back, MONDAY) == []


@pytest.mark.parametrize(
    ("starts", "ends", "utc"),
    [
        # The hour 01:00 to 02:00 does not exist: 01:00 UTC is 02:00 on the wall.
        (time(0), time(3), ("00:00", "02:00")),
        (time(1), time(3), ("01:00", "02:00")),
        (time(1, 30), time(3), ("01:00", "02:00")),
        (time(0), time(1, 30), ("00:00", "01:00")),
        (time(2), time(4), ("01:00", "03:00")),
    ],
)
def test_in_london_the_hour_that_does_not_exist_is_not_offered(
    doctor: Doctor, starts: time, ends: time, utc: tuple[str, str]
) -> None:
    plan(doctor, SPRING_LONDON, starts, ends)
    (session,) = schedule.sessions(doctor, SPRING_LONDON)
    assert (f"{session.start:%H:%M}", f"{session.end:%H:%M}") == utc
    assert session.start.utcoffset() == timedelta(0)


def test_a_session_wholly_in_the_missing_hour_does_not_take_place(doctor: Doctor, in_york: Doctor) -> None:
    plan(doctor, SPRING_LONDON, time(1), time(2))
    assert schedule.sessions(doctor, SPRING_LONDON) == []
    plan(in_york, SPRING_YORK, time(2), time(3))
    assert schedule.sessions(in_york, SPRING_YORK) == []


@pytest.mark.parametrize(
    ("starts", "ends", "utc"),
    [
        # 01:00 comes at 00:00 UTC and again at 01:00 UTC.
        (time(0), time(3), ("23:00", "03:00")),
        (time(1), time(2), ("00:00", "02:00")),
        (time(0, 30), time(1, 30), ("23:30", "00:30")),
        (time(1, 30), time(3), ("00:30", "03:00")),
    ],
)
def test_in_london_the_hour_that_comes_twice_is_worked_twice(
    doctor: Doctor, starts: time, ends: time, utc: tuple[str, str]
) -> None:
    plan(doctor, AUTUMN_LONDON, starts, ends)
    (session,) = schedule.sessions(doctor, AUTUMN_LONDON)
    assert (f"{session.start:%H:%M}", f"{session.end:%H:%M}") == utc


def test_in_new_york_the_clocks_change_on_their_own_days(in_york: Doctor) -> None:
    plan(in_york, SPRING_YORK, time(1), time(4))
    (session,) = schedule.sessions(in_york, SPRING_YORK)
    assert session[:2] == (datetime(2027, 3, 14, 6, tzinfo=UTC), datetime(2027, 3, 14, 8, tzinfo=UTC))
    (session,) = schedule.sessions(in_york, AUTUMN_YORK)
    assert session[:2] == (datetime(2027, 11, 7, 5, tzinfo=UTC), datetime(2027, 11, 7, 9, tzinfo=UTC))
    (session,) = schedule.sessions(in_york, SPRING_LONDON)
    assert session.end - session.start == timedelta(hours=3)


def test_away_in_the_hour_that_comes_twice_is_cut_out_once(doctor: Doctor) -> None:
    plan(doctor, AUTUMN_LONDON, time(0), time(4))
    but(doctor, "away", AUTUMN_LONDON, time(1), time(2))
    spans = [(f"{s.start:%H:%M}", f"{s.end:%H:%M}") for s in schedule.sessions(doctor, AUTUMN_LONDON)]
    assert spans == [("23:00", "00:00"), ("02:00", "04:00")]


def test_a_month_of_many_doctors_costs_two_queries(hr: User, cardiology: Specialty, doctor: Doctor) -> None:
    everyone = [doctor] + [make_doctor(hr, cardiology) for _ in range(5)]
    for one in everyone:
        hours.set_availability(
            hr,
            doctor_id=one.pk,
            weekday=0,
            starts=time(9),
            ends=time(12),
            slot_minutes=20,
            valid_from=date(2026, 1, 1),
        )
    seen = list(Doctor.objects.visible_to(hr))
    with CaptureQueriesContext(connection) as queries:
        found = schedule.sessions_between(seen, MONDAY, MONDAY + timedelta(days=27))
    assert len(queries) == 2
    assert len(found) == 6 * 4
