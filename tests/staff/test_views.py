from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hms.core import clock
from hms.core.models import AuditEvent, Department, Facility, User
from staff import services
from staff.models import Attendance, Employee, RosterEntry, Shift
from tests.staff.conftest import hire


@pytest.fixture
def desk(hr: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(hr)


def send(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(name, args=args), {"_key": str(uuid.uuid4()), **fields})


def test_hr_hires_from_the_page(desk: Client, hr: User) -> None:
    department = hr.facility.departments.get()
    answer = send(
        desk,
        "staff:hire",
        given_name="Ama",
        family_name="Mensah",
        profession="nurse",
        department=department.pk,
        hired_on="2026-03-02",
    )
    employee = Employee.objects.get()
    assert answer.status_code == 302
    assert (employee.number, employee.facility) == ("N-E-0001", hr.facility)
    assert AuditEvent.objects.filter(action="staff.employee.hired", object_id=str(employee.pk)).exists()


def test_a_form_with_a_mistake_keeps_what_was_typed(desk: Client, south: Facility) -> None:
    answer = send(desk, "staff:hire", given_name="Ama", department=south.departments.get().pk)
    assert answer.status_code == 422
    assert b'value="Ama"' in answer.content
    assert not Employee.objects.exists()


def test_the_page_of_an_employee_shouts_about_an_expired_licence(desk: Client, hr: User, employee: Employee) -> None:
    services.add_credential(
        hr,
        employee_id=employee.pk,
        kind="licence",
        number="NMC 12",
        issuer="Council",
        issued_on=date(2019, 1, 1),
        valid_until=clock.today(hr.facility) - timedelta(days=1),
    )
    page = desk.get(reverse("staff:employee", args=[employee.pk])).content.decode()
    assert "Licence to practise expired" in page
    found = desk.get(reverse("staff:employees"), {"show": "expiring"}).content.decode()
    assert "A paper expired" in found


def test_a_name_is_searched_by_post_and_never_stands_in_the_address(desk: Client, hr: User) -> None:
    hire(hr, "Ama", "Mensah")
    hire(hr, "Kofi", "Boateng")
    page = desk.post(reverse("staff:employees"), {"q": "boat"}).content.decode()
    assert "Boateng" in page
    assert "Mensah" not in page
    assert "Boateng" in desk.get(reverse("staff:employees"), {"q": "Mensah"}).content.decode()


def test_the_list_is_filtered_and_exported_alike(desk: Client, hr: User, wards_of_north: Department) -> None:
    hire(hr, "Ama", "Mensah")
    hire(hr, "Kofi", "Boateng", department=wards_of_north)
    file = desk.get(reverse("staff:employees"), {"department": "wards", "format": "csv"})
    text = b"".join(file.streaming_content).decode()
    assert "Boateng" in text
    assert "Mensah" not in text
    assert desk.get(reverse("staff:employees"), {"format": "xlsx"}).getvalue()[:2] == b"PK"


def test_an_employee_of_another_facility_does_not_exist_here(
    desk: Client, south: Facility, person: Callable[..., User]
) -> None:
    theirs = hire(person("hr", south), "Zora", "Elsewhere")
    for name in ("employee", "change", "leave", "credential-add"):
        answer = desk.get(reverse(f"staff:{name}", args=[theirs.pk]))
        assert answer.status_code == 404
        assert b"Elsewhere" not in answer.content
    assert send(desk, "staff:clock-in", theirs.pk).status_code == 404
    assert b"Elsewhere" not in desk.get(reverse("staff:employees")).content


@pytest.mark.parametrize("name", ["employees", "hire", "plan-roster", "new-shift"])
def test_a_nurse_sees_the_roster_but_not_the_files(client_as: Callable[..., Client], name: str) -> None:
    nurse = client_as("nurse")
    assert nurse.get(reverse(f"staff:{name}")).status_code == 403
    assert nurse.get(reverse("staff:roster-day")).status_code == 200
    assert nurse.get(reverse("staff:roster-week")).status_code == 200


def test_a_week_is_planned_from_the_page(desk: Client, hr: User, employee: Employee, early: Shift) -> None:
    today = clock.today(hr.facility)
    monday = today - timedelta(days=today.weekday())
    days = [(monday + timedelta(days=n)).isoformat() for n in range(5)]
    answer = send(desk, "staff:plan-roster", employee=employee.pk, shift=early.pk, days=days)
    assert answer.status_code == 302
    assert RosterEntry.objects.count() == 5
    week = desk.get(reverse("staff:roster-week")).content.decode()
    assert week.count("Take Ama Mensah off Early") == 5
    send(desk, "staff:unplan", RosterEntry.objects.first().pk)
    assert RosterEntry.objects.count() == 4


def test_hr_clocks_people_in_and_out(desk: Client, employee: Employee) -> None:
    send(desk, "staff:clock-in", employee.pk)
    assert "Present" in desk.get(reverse("staff:roster-day")).content.decode()
    send(desk, "staff:clock-out", employee.pk)
    assert Attendance.objects.get().left_at


def test_a_nurse_clocks_in_for_herself_only(
    hr: User, employee: Employee, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    herself = hire(hr, "Efua", "Owusu", user=nurse)
    client = browser_of(nurse)
    assert "I am here" in client.get(reverse("staff:roster-day")).content.decode()
    send(client, "staff:own-clock-in")
    assert Attendance.objects.get().employee == herself
    assert "I am leaving" in client.get(reverse("staff:roster-day")).content.decode()
    assert send(client, "staff:clock-in", employee.pk).status_code == 403
    send(client, "staff:own-clock-out")
    assert Attendance.objects.open().count() == 0


def test_attendance_is_corrected_and_voided_from_the_page(desk: Client, hr: User, employee: Employee) -> None:
    attendance = services.clock_in(hr, employee_id=employee.pk, at=clock.now() - timedelta(hours=3))
    answer = send(
        desk,
        "staff:correct-attendance",
        attendance.pk,
        came_at="2026-03-02T07:00",
        left_at="2026-03-02T15:00",
        reason="forgot",
    )
    assert answer.status_code == 302
    send(desk, "staff:void-attendance", attendance.pk, reason="not her")
    attendance.refresh_from_db()
    assert (attendance.void, attendance.correction) == (True, "not her")
    assert "not her" in desk.get(reverse("staff:employee", args=[employee.pk])).content.decode()


PAGES = ["employees", "roster-day", "roster-week", "on-duty", "shifts"]


@pytest.mark.parametrize("name", PAGES)
def test_thirty_employees_cost_no_more_queries_than_one(
    desk: Client, hr: User, employee: Employee, early: Shift, name: str
) -> None:
    today = clock.today(hr.facility)

    def fill(one: Employee) -> None:
        services.plan_roster(hr, employee_id=one.pk, shift=early, days=[today])
        services.clock_in(hr, employee_id=one.pk)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert desk.get(reverse(f"staff:{name}")).status_code == 200
        return len(queries)

    fill(employee)
    few = cost()
    for number in range(29):
        fill(hire(hr, f"Given{number}", f"Family{number}"))
    assert cost() == few <= 12


def test_the_page_of_an_employee_stays_within_twelve_queries(
    desk: Client, hr: User, person: Callable[..., User], early: Shift
) -> None:
    employee = hire(hr, user=person("nurse"))
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[clock.today(hr.facility)])
    services.clock_in(hr, employee_id=employee.pk)
    with CaptureQueriesContext(connection) as queries:
        assert desk.get(reverse("staff:employee", args=[employee.pk])).status_code == 200
    assert len(queries) <= 12


def test_every_other_page_opens(desk: Client, hr: User, employee: Employee, early: Shift) -> None:
    attendance = services.clock_in(hr, employee_id=employee.pk)
    paper = services.add_credential(
        hr, employee_id=employee.pk, kind="degree", number="1", issuer="University", issued_on=date(2019, 1, 1)
    )
    addresses = [
        reverse("staff:hire"),
        reverse("staff:plan-roster"),
        reverse("staff:new-shift"),
        reverse("staff:set-shift", args=[early.pk]),
        reverse("staff:change", args=[employee.pk]),
        reverse("staff:leave", args=[employee.pk]),
        reverse("staff:come-back", args=[employee.pk]),
        reverse("staff:credential-add", args=[employee.pk]),
        reverse("staff:credential-withdraw", args=[paper.pk]),
        reverse("staff:correct-attendance", args=[attendance.pk]),
        reverse("staff:void-attendance", args=[attendance.pk]),
        reverse("staff:roster-day") + "?day=nonsense",
        reverse("staff:roster-day") + "?day=2026-02-31",
        reverse("staff:roster-week") + "?day=2026-03-04&department=outpatients",
    ]
    for address in addresses:
        assert desk.get(address).status_code == 200, address


def test_administrators_look_and_change_nothing_in_the_admin(
    person: Callable[..., User], browser_of: Callable[[User], Client], employee: Employee
) -> None:
    admin = browser_of(person("administrator"))
    assert employee.number in admin.get("/admin/staff/employee/").content.decode()
    assert admin.get("/admin/staff/employee/add/").status_code == 403
    assert admin.post(f"/admin/staff/employee/{employee.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_personnel_office_finds_papers_absences_and_the_unplanned_on_its_first_page(
    desk: Client, hr: User, employee: Employee, early: Shift, browser_of: Callable[[User], Client]
) -> None:
    today = clock.today(hr.facility)
    services.add_credential(
        hr,
        employee_id=employee.pk,
        kind="licence",
        number="L-1",
        issuer="Board",
        issued_on=date(2020, 1, 1),
        valid_until=today + timedelta(days=30),
    )
    assert "Ama Mensah" in desk.get("/staff/today/papers").content.decode()
    assert "Ama Mensah" not in desk.get("/staff/today/unplanned").content.decode()
    yesterday = today - timedelta(days=1)
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[yesterday])
    assert "Ama Mensah" in desk.get("/staff/today/unplanned").content.decode()
    monday = today + timedelta(days=7 - today.weekday())
    services.plan_roster(hr, employee_id=employee.pk, shift=early, days=[monday])
    assert "Ama Mensah" not in desk.get("/staff/today/unplanned").content.decode()
    with time_machine.travel(datetime.combine(monday, time(9), tzinfo=clock.zone(hr.facility)), tick=False):
        assert "Ama Mensah" in browser_of(hr).get("/staff/today/missing").content.decode()
