"""Who is on duty, and who of them is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from hms.core import clock
from staff.models import Attendance, Employee, RosterEntry

if TYPE_CHECKING:
    from hms.core.models import User

GRACE = timedelta(minutes=10)  # who comes within it is in time
GIVEN_UP = timedelta(hours=1)  # who has not come by then is absent


@dataclass(frozen=True)
class Duty:
    """An employee on the roster of a day, or there without being planned (`entry` is None).

    `status`: planned (expected), present, late (not here yet), absent, finished (came and left).
    """

    employee: Employee
    entry: RosterEntry | None
    status: str
    came_at: datetime | None
    left_at: datetime | None
    late_minutes: int

    def get_status_display(self) -> str:
        return {
            "planned": _("Expected"),
            "present": _("Present"),
            "late": _("Not here yet"),
            "absent": _("Absent"),
            "finished": _("Came and left"),
        }[self.status]

    @property
    def here(self) -> bool:
        return self.status == "present"


@dataclass(frozen=True)
class Group:
    """The people of one department and shift."""

    department: str
    shift: str
    duties: list[Duty]

    @property
    def present(self) -> int:
        return sum(duty.here for duty in self.duties)


def of_day(user: User, day: date) -> list[Duty]:
    """Everyone who is planned on `day`, or still on a shift of the day before. Three queries.

    For today, those who are there without being planned come last.
    """
    now = clock.now()
    today = day == clock.today(user.facility)
    scope = Q(date=day)
    if today:
        scope |= Q(date=day - timedelta(days=1), period__contains=now)
    entries = (
        RosterEntry.objects.visible_to(user)
        .filter(scope)
        .select_related("employee", "shift", "department")
        .prefetch_related(Prefetch("attendances", queryset=Attendance.objects.counted().order_by("came_at")))
        .order_by("department__name", "period", "employee__family_name", "employee__given_name", "id")
    )
    duties = [_duty(entry, now) for entry in entries]
    if today:
        unplanned = Attendance.objects.visible_to(user).open().filter(roster_entry=None)
        duties += [
            Duty(there.employee, None, "present", there.came_at, None, 0)
            for there in unplanned.select_related("employee__department").order_by("came_at")
        ]
    return duties


def _duty(entry: RosterEntry, now: datetime) -> Duty:
    attended = list(entry.attendances.all())
    starts, ends = entry.period.lower, entry.period.upper
    if attended:
        came, left = attended[0].came_at, attended[-1].left_at
        late = int((came - starts) / timedelta(minutes=1)) if came > starts + GRACE else 0
        return Duty(entry.employee, entry, "finished" if left else "present", came, left, late)
    if now < starts + GRACE:
        word = "planned"
    elif now < min(starts + GIVEN_UP, ends):
        word = "late"
    else:
        word = "absent"
    return Duty(entry.employee, entry, word, None, None, 0)


def grouped(duties: Iterable[Duty]) -> list[Group]:
    """By department, then shift, as `of_day` ordered them."""
    groups: dict[tuple[str, str], Group] = {}
    for duty in duties:
        if duty.entry:
            key = (duty.entry.department.name, str(duty.entry.shift))
        else:
            key = (duty.employee.department.name, _("Not planned"))
        groups.setdefault(key, Group(*key, [])).duties.append(duty)
    return sorted(groups.values(), key=lambda group: group.department)
