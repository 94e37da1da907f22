from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from hms.core import clock
from hms.core.models import AuditEvent, Facility, Membership, User
from hms.core.refusals import Refused
from staff import services
from staff.models import Attendance, Employee, RosterEntry, Shift
from tests.staff.conftest import hire

MONDAY = date(2026, 3, 2)


def test_staff_numbers_run_without_gaps_in_each_facility(
    hr: User, south: Facility, person: Callable[..., User]
) -> None:
    southern = person("hr", south)
    assert [hire(hr).number, hire(hr).number, hire(southern).number] == ["N-E-0001", "N-E-0002", "S-E-0001"]


def test_what_somebody_signs_and_what_the_roster_says_is_one_name(hr: User, person: Callable[..., User]) -> None:
    signs = person("doctor")
    obi = hire(hr, "Adaeze", "Obi", title="Dr", profession="doctor", user=signs)
    signs.refresh_from_db()
    assert obi.name == signs.name == "Dr Adaeze Obi"
    services.change(hr, employee_id=obi.pk, family_name="Obi-Mensah")
    signs.refresh_from_db()
    assert signs.name == "Dr Adaeze Obi-Mensah"
    assert hire(hr, "Ama", "Mensah").name == "Ama Mensah"


def test_nobody_is_hired_into_a_department_of_another_facility(hr: User, south: Facility) -> None:
    with pytest.raises(Refused) as refusal:
        hire(hr, department=south.departments.get())
    assert refusal.value.field == "department"
    assert not Employee.objects.exists()


def test_a_sign_in_belongs_to_one_employee(hr: User, person: Callable[..., User]) -> None:
    clerk = person("cashier")
    hire(hr, user=clerk)
    fields = {"given_name": "Ama", "family_name": "Weber", "profession": "cashier", "hired_on": MONDAY}
    with pytest.raises(Refused):
        services.hire(hr, department=hr.facility.departments.get(), user=clerk, **fields)


def test_a_change_is_audited_by_its_fields(hr: User, employee: Employee) -> None:
    services.change(hr, employee_id=employee.pk, phone="+44 20 1", family_name="Mensah")
    event = AuditEvent.objects.get(action="staff.employee.changed")
    assert event.detail == {"fields": ["phone"]}


def test_leaving_ends_the_roles_and_the_plan(hr: User, early: Shift, person: Callable[..., User]) -> None:
    nurse = person("nurse")
    employee = hire(hr, user=nurse)
    today = clock.today(hr.facility)
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[today + timedelta(days=n) for n in (1, 2)])
    services.leave(hr, employee_id=employee.pk, left_on=today, reason="moved away")
    employee.refresh_from_db()
    assert (employee.active, employee.left_on) == (False, today)
    assert not RosterEntry.objects.exists()
    assert not Membership.objects.filter(user=nurse, active=True).exists()
    assert AuditEvent.objects.get(action="staff.employee.left").reason == "moved away"


@pytest.mark.parametrize("days", [1, -10_000])
def test_the_last_day_is_not_in_the_future_nor_before_the_first(hr: User, employee: Employee, days: int) -> None:
    with pytest.raises(Refused):
        services.leave(
            hr, employee_id=employee.pk, left_on=clock.today(hr.facility) + timedelta(days=days), reason="gone"
        )


def test_who_is_clocked_in_does_not_leave_for_good(hr: User, employee: Employee) -> None:
    services.clock_in(hr, employee_id=employee.pk)
    with pytest.raises(Refused, match="Clock them out"):
        services.leave(hr, employee_id=employee.pk, left_on=clock.today(hr.facility), reason="gone")


def test_who_left_can_come_back_under_their_number(hr: User, employee: Employee) -> None:
    services.leave(hr, employee_id=employee.pk, left_on=clock.today(hr.facility), reason="gone")
    back = services.come_back(hr, employee_id=employee.pk, reason="returned")
    assert (back.active, back.left_on, back.number) == (True, None, employee.number)
    with pytest.raises(Refused):
        services.come_back(hr, employee_id=employee.pk, reason="again")


def test_a_credential_runs_out_loudly(hr: User, employee: Employee) -> None:
    today = clock.today(hr.facility)
    issued = date(2020, 1, 1)
    states = {}
    for days in (-1, 0, 60, 61):
        paper = services.add_credential(
            hr,
            employee_id=employee.pk,
            kind="licence",
            number=f"L{days}",
            issuer="Council",
            issued_on=issued,
            valid_until=today + timedelta(days=days),
        )
        states[days] = paper.state(today)
    assert states == {-1: "expired", 0: "expiring", 60: "expiring", 61: "active"}


def test_a_credential_is_recorded_once_and_forwards(hr: User, employee: Employee) -> None:
    paper = {"kind": "licence", "number": "L1", "issuer": "Council", "issued_on": date(2020, 1, 1)}
    first = services.add_credential(hr, employee_id=employee.pk, **paper)
    with pytest.raises(Refused):
        services.add_credential(hr, employee_id=employee.pk, **paper)
    with pytest.raises(Refused):
        services.add_credential(hr, employee_id=employee.pk, **{**paper, "number": "L2"}, valid_until=date(2019, 1, 1))
    services.withdraw_credential(hr, credential_id=first.pk, reason="wrong number")
    assert services.add_credential(hr, employee_id=employee.pk, **paper).state(MONDAY) == "active"


def test_a_shift_that_crosses_midnight_ends_the_next_day(night: Shift) -> None:
    starts, ends = night.period_on(MONDAY)
    assert night.crosses_midnight
    assert ends - starts == timedelta(hours=8)
    assert ends.date() == date(2026, 3, 3)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 7), (date(2026, 10, 24), 9)])
def test_the_night_of_the_clock_change_is_as_long_as_it_is(night: Shift, day: date, hours: int) -> None:
    starts, ends = night.period_on(day)
    assert ends.astimezone(UTC) - starts.astimezone(UTC) == timedelta(hours=hours)


def test_a_shift_keeps_its_hours_while_people_are_planned(hr: User, employee: Employee, early: Shift) -> None:
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[clock.today(hr.facility)])
    with pytest.raises(Refused):
        services.set_shift(hr, shift_id=early.pk, name="Early", starts=time(6), ends=time(14))
    renamed = services.set_shift(hr, shift_id=early.pk, name="Morning", starts=time(7), ends=time(15), active=False)
    with pytest.raises(Refused, match="no longer in use"):
        services.plan_roster(hr, employee_id=employee.pk, shift=renamed, days=[MONDAY])


def test_two_shifts_do_not_share_a_name(hr: User, early: Shift) -> None:
    with pytest.raises(Refused) as refusal:
        services.set_shift(hr, name="Early", starts=time(8), ends=time(9))
    assert refusal.value.field == "name"


def test_a_week_is_planned_at_once_and_taken_days_are_named(hr: User, employee: Employee, early: Shift) -> None:
    week = [MONDAY + timedelta(days=n) for n in range(5)]
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[week[2]])
    planned = services.plan_roster(hr, employee_id=employee.pk, shift=early, days=week)
    assert [entry.date for entry in planned.entries] == [week[0], week[1], week[3], week[4]]
    assert planned.taken == [week[2]]
    with pytest.raises(Refused):
        services.plan_roster(hr, employee_id=employee.pk, shift=early, days=week)


def test_overlapping_shifts_of_one_person_are_impossible(
    hr: User, employee: Employee, night: Shift, early: Shift
) -> None:
    services.plan_roster(hr, employee_id=employee.pk, shift=night, days=[MONDAY])
    long = services.set_shift(hr, name="Long", starts=time(5), ends=time(17))
    with pytest.raises(Refused):
        services.plan_roster(hr, employee_id=employee.pk, shift=long, days=[MONDAY + timedelta(days=1)])
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY + timedelta(days=1)])
    services.plan_roster(hr, employee_id=hire(hr).pk, shift=night, days=[MONDAY])
    assert RosterEntry.objects.count() == 3


def test_nobody_is_planned_in_another_facility(
    hr: User, employee: Employee, south: Facility, person: Callable[..., User]
) -> None:
    theirs = services.set_shift(person("hr", south), name="Day", starts=time(8), ends=time(16))
    with pytest.raises(Refused):
        services.plan_roster(hr, employee_id=employee.pk, shift=theirs, days=[MONDAY])


def test_a_shift_that_was_worked_stays_on_the_roster(hr: User, employee: Employee, early: Shift) -> None:
    first, second = services.plan_roster(
        hr, employee_id=employee.pk, shift=early, days=[MONDAY, MONDAY + timedelta(days=1)]
    ).entries
    services.clock_in(hr, employee_id=employee.pk, at=datetime(2026, 3, 2, 6, 55, tzinfo=UTC))
    with pytest.raises(Refused):
        services.unplan(hr, entry_id=first.pk)
    services.unplan(hr, entry_id=second.pk)
    assert AuditEvent.objects.get(action="staff.roster.unplanned").detail["day"] == "2026-03-03"


def test_who_comes_is_counted_for_the_shift_at_hand(hr: User, employee: Employee, early: Shift) -> None:
    (entry,) = services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY]).entries
    before = services.clock_in(hr, employee_id=employee.pk, at=datetime(2026, 3, 2, 4, 59, tzinfo=UTC))
    services.clock_out(hr, employee_id=employee.pk, at=datetime(2026, 3, 2, 5, 30, tzinfo=UTC))
    during = services.clock_in(hr, employee_id=employee.pk, at=datetime(2026, 3, 2, 6, 50, tzinfo=UTC))
    assert before.roster_entry is None
    assert during.roster_entry == entry


def test_nobody_is_there_twice(hr: User, employee: Employee) -> None:
    services.clock_in(hr, employee_id=employee.pk)
    with pytest.raises(Refused, match="clocked in"):
        services.clock_in(hr, employee_id=employee.pk)
    assert Attendance.objects.open().count() == 1


def test_leaving_needs_having_come(hr: User, employee: Employee) -> None:
    with pytest.raises(Refused):
        services.clock_out(hr, employee_id=employee.pk)
    services.clock_in(hr, employee_id=employee.pk, at=clock.now() - timedelta(hours=1))
    with pytest.raises(Refused):
        services.clock_out(hr, employee_id=employee.pk, at=clock.now() - timedelta(hours=2))
    with pytest.raises(Refused):
        services.clock_out(hr, employee_id=employee.pk, at=clock.now() + timedelta(hours=2))


def test_a_correction_says_why_and_keeps_what_stood_before(hr: User, employee: Employee) -> None:
    came = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    attendance = services.clock_in(hr, employee_id=employee.pk, at=came)
    left = came + timedelta(hours=8)
    services.correct_attendance(
        hr, attendance_id=attendance.pk, came_at=came - timedelta(minutes=5), left_at=left, reason="forgot to clock out"
    )
    attendance.refresh_from_db()
    assert (attendance.left_at, attendance.correction) == (left, "forgot to clock out")
    event = AuditEvent.objects.get(action="staff.attendance.corrected")
    assert event.detail == {"came_at": came.isoformat(), "left_at": None}


def test_a_correction_may_not_overlap(hr: User, employee: Employee) -> None:
    came = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    services.clock_in(hr, employee_id=employee.pk, at=came)
    services.clock_out(hr, employee_id=employee.pk, at=came + timedelta(hours=4))
    second = services.clock_in(hr, employee_id=employee.pk, at=came + timedelta(hours=5))
    with pytest.raises(Refused, match="overlaps"):
        services.correct_attendance(
            hr, attendance_id=second.pk, came_at=came + timedelta(hours=1), left_at=None, reason="earlier"
        )


def test_a_void_attendance_no_longer_counts(hr: User, employee: Employee) -> None:
    wrong = services.clock_in(hr, employee_id=employee.pk)
    services.void_attendance(hr, attendance_id=wrong.pk, reason="it was her sister")
    services.clock_in(hr, employee_id=employee.pk)
    assert Attendance.objects.count() == 2
    assert Attendance.objects.counted().count() == 1
    with pytest.raises(Refused):
        services.correct_attendance(hr, attendance_id=wrong.pk, came_at=wrong.came_at, left_at=None, reason="no")


@pytest.mark.django_db(transaction=True)
def test_ten_clock_ins_at_once_make_one_attendance(employee: Employee, hr: User) -> None:
    outcomes = _at_once(10, lambda: services.clock_in(hr, employee_id=employee.pk))
    assert sorted(outcomes) == ["done"] + ["refused"] * 9
    assert Attendance.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_plans_at_once_make_one_entry(employee: Employee, early: Shift, hr: User) -> None:
    outcomes = _at_once(10, lambda: services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY]))
    assert sorted(outcomes) == ["done"] + ["refused"] * 9
    assert RosterEntry.objects.count() == 1


def test_the_database_itself_refuses_overlap(hr: User, employee: Employee, early: Shift) -> None:
    (entry,) = services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[MONDAY]).entries
    entry.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        RosterEntry.objects.create(
            employee=employee,
            shift=early,
            department=employee.department,
            date=MONDAY,
            period=entry.period,
            planned_by=hr,
        )


def _at_once(number: int, act: Callable[[], object]) -> list[str]:
    """What became of an act that so many threads try at the same moment."""
    outcomes: list[str] = []
    gate = threading.Barrier(number)

    def attempt() -> None:
        try:
            gate.wait()
            act()
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
