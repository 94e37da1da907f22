"""Who reads what changed in personnel's records: whoever reads them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from hms.core import history
from hms.core.models import User
from hms.core.templatetags.hms import day
from staff.models import Attendance, Credential, Employee, RosterEntry, Shift


def _employee(user: User, row: Any) -> dict[str, Any]:
    if not user.has_perm("staff.view_employee"):
        return {"back": reverse("staff:roster-day")}
    return {"back": reverse("staff:employee", args=[row.pk if isinstance(row, Employee) else row.employee_id])}


def register() -> None:
    history.name(
        RosterEntry,
        lambda row: f"{row.employee.name}, {row.shift.name}, {day(row.date)}",
        related=("employee", "shift"),
    )
    history.name(Attendance, lambda row: f"{row.employee.name}, {day(row.came_at)}", related=("employee",))
    history.name(Credential, lambda row: f"{row.get_kind_display()} {row.number}")
    history.register(Employee, permission="staff.view_employee", around=_employee)
    history.register(Credential, permission="staff.view_employee", around=_employee)
    history.register(
        Shift, permission="staff.view_roster", around=lambda user, row: {"back": reverse("staff:roster-day")}
    )
    history.register(
        RosterEntry,
        permission="staff.view_roster",
        rows=lambda user: RosterEntry.objects.visible_to(user).select_related("employee", "shift"),
        around=_employee,
    )
    history.register(
        Attendance,
        permission="staff.view_attendance",
        rows=lambda user: Attendance.objects.visible_to(user).select_related("employee"),
        around=_employee,
    )
