from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from hms.core.models import User
from staff import presence, services
from staff.models import Employee, Shift
from tests.staff.conftest import hire

MONDAY = date(2026, 3, 2)


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "word"),
    [(at(6), "planned"), (at(7, 9), "planned"), (at(7, 10), "late"), (at(7, 59), "late"), (at(8), "absent")],
)
def test_who_has_not_come_is_expected_then_late_then_absent(
    hr: User, employee: Employee, early: Shift, now: datetime, word: str
) -> None:
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY])
    with time_machine.travel(now, tick=False):
        (duty,) = presence.of_day(hr, MONDAY)
    assert duty.status == word


def test_who_came_late_is_present_and_late(hr: User, employee: Employee, early: Shift) -> None:
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY])
    with time_machine.travel(at(7, 25), tick=False):
        services.clock_in(hr, employee_id=employee.pk)
        (duty,) = presence.of_day(hr, MONDAY)
    assert (duty.status, duty.late_minutes) == ("present", 25)
    with time_machine.travel(at(15), tick=False):
        services.clock_out(hr, employee_id=employee.pk)
        (duty,) = presence.of_day(hr, MONDAY)
    assert (duty.status, duty.left_at) == ("finished", at(15))


def test_the_night_shift_of_yesterday_is_on_duty_until_it_ends(hr: User, employee: Employee, night: Shift) -> None:
    services.plan_roster(hr, employee_id=employee.pk, shift=night, days=[date(2026, 3, 1)])
    with time_machine.travel(at(5), tick=False):
        assert len(presence.of_day(hr, MONDAY)) == 1
    with time_machine.travel(at(6), tick=False):
        assert presence.of_day(hr, MONDAY) == []


def test_who_is_there_without_being_planned_is_shown(hr: User, employee: Employee, early: Shift) -> None:
    planned = hire(hr, "Kofi", "Boateng")
    services.plan_roster(hr, employee_id=planned.pk, shift=early, days=[MONDAY])
    with time_machine.travel(at(12), tick=False):
        services.clock_in(hr, employee_id=employee.pk)
        groups = presence.grouped(presence.of_day(hr, MONDAY))
    assert [(group.shift, group.present) for group in groups] == [("Early 07:00–15:00", 0), ("Not planned", 1)]
