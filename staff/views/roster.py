"""When people are planned: the day, the week, the shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, asking, clock, lists, panels
from hms.core.acts import once
from hms.core.models import Department
from staff import licences, presence, services
from staff.forms import PlanForm, ShiftForm
from staff.models import Employee, RosterEntry, Shift

PEOPLE = 40


def _day(request: HttpRequest) -> date:
    """The day of `?day=`; today where it cannot be read."""
    return clock.read_day(request.GET.get("day", "")) or clock.today(request.user.facility)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week(day: date) -> str:
    """The address of the week that a day is in."""
    return f"{reverse('staff:roster-week')}?day={_monday(day).isoformat()}"


@access.needs("staff.view_roster")
@require_safe
def roster_day(request: HttpRequest) -> HttpResponse:
    """Who is planned on a day, by department and shift, and who of them is there."""
    day = _day(request)
    duties = presence.of_day(request.user, day)
    covered = licences.shown_to(request.user, [duty.employee for duty in duties])
    mine = Employee.objects.filter(user=request.user, facility=request.user.facility, active=True).first()
    return render(
        request,
        "staff/roster_day.html",
        {
            "day": day,
            "today": clock.today(request.user.facility),
            "before": day - timedelta(days=1),
            "after": day + timedelta(days=1),
            "groups": presence.grouped(duties),
            "uncovered": {pk for pk, last in covered.items() if last < day},
            "planned": sum(duty.entry is not None for duty in duties),
            "present": sum(duty.here for duty in duties),
            "missing": sum(duty.status in ("late", "absent") for duty in duties),
            "mine": mine,
            "mine_open": mine and mine.attendances.open().first(),
        },
    )


@access.needs("staff.view_roster")
@require_safe
def on_duty(request: HttpRequest) -> HttpResponse:
    """The dashboard's panel: how many are planned and there, by department."""
    today = clock.today(request.user.facility)
    duties = presence.of_day(request.user, today)
    lines: dict[str, list[int]] = {}
    for duty in duties:
        name = duty.entry.department.name if duty.entry else duty.employee.department.name
        line = lines.setdefault(name, [0, 0, 0])
        line[0] += duty.entry is not None
        line[1] += duty.here
        line[2] += duty.status in ("late", "absent")
    context = {"lines": sorted(lines.items()), "today": today}
    return panels.render_panel(request, "staff/on_duty.html", context)


@dataclass(frozen=True)
class Row:
    employee: Employee
    cells: list[tuple[date, list[RosterEntry]]]
    uncovered: set[date]  # days on which the licence they need does not hold


@access.needs("staff.view_roster")
@require_safe
def roster_week(request: HttpRequest) -> HttpResponse:
    """A week of the roster: a row for each employee, a column for each day."""
    monday = _monday(_day(request))
    week = [monday + timedelta(days=n) for n in range(7)]
    department = request.GET.get("department", "")
    people = Employee.objects.visible_to(request.user).working().select_related("department")
    if department:
        people = people.filter(department__code=department)
    page = lists.page(request, people, order=("department__name", "family_name", "given_name", "id"), size=PEOPLE)
    planned: dict[tuple[UUID, date], list[RosterEntry]] = {}
    entries = RosterEntry.objects.visible_to(request.user).of_days(week[0], week[-1]).filter(employee__in=page.rows)
    for entry in entries.select_related("shift", "department").order_by("period"):
        planned.setdefault((entry.employee_id, entry.date), []).append(entry)
    covered = licences.shown_to(request.user, page.rows)
    return render(
        request,
        "staff/roster_week.html",
        {
            "monday": monday,
            "week": week,
            "today": clock.today(request.user.facility),
            "before": monday - timedelta(days=7),
            "after": monday + timedelta(days=7),
            "rows": [
                Row(
                    person,
                    [(day, planned.get((person.pk, day), [])) for day in week],
                    {day for day in week if day > covered.get(person.pk, date.max)},
                )
                for person in page.rows
            ],
            "page": page,
            "departments": Department.objects.filter(facility=request.user.facility, active=True),
            "department": department,
        },
    )


@access.needs("staff.change_roster")
@once
def plan_roster(request: HttpRequest) -> HttpResponse:
    day = _day(request)
    form = PlanForm(
        request.POST or None,
        user=request.user,
        monday=_monday(day),
        initial={"employee": request.GET.get("employee"), "days": [day.isoformat()]},
    )

    def act(data: dict) -> services.Planned:
        return services.plan_roster(
            request.user,
            employee_id=data["employee"].pk,
            shift=data["shift"],
            days=data["days"],
            department=data["department"],
        )

    if form.carried_out(act):
        for taken in form.result.taken:
            messages.warning(request, _("Planned at that time already: %(day)s.") % {"day": taken.strftime("%d %b %Y")})
        messages.success(request, _("Planned on %(count)s days.") % {"count": len(form.result.entries)})
        return redirect(_week(day))
    monday = _monday(day)
    return asking.fill_in(
        request,
        form,
        heading=_("Plan"),
        label=_("Plan"),
        back=_week(day),
        crumbs=[(_("Roster"), _week(day)), (_("week of %(day)s") % {"day": date_format(monday, "d M Y")}, "")],
        template="staff/plan_roster.html",
    )


@access.needs("staff.change_roster")
@once
@require_POST
def unplan(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = access.find(request, RosterEntry.objects.visible_to(request.user), entry_id)
    services.unplan(request.user, entry_id=entry.pk)
    messages.success(request, _("Taken off the roster."))
    return redirect(_week(entry.date))


@access.needs("staff.view_roster")
@require_safe
def shifts(request: HttpRequest) -> HttpResponse:
    rows = Shift.objects.visible_to(request.user).order_by("-active", "starts", "name")
    return render(request, "staff/shifts.html", {"rows": rows})


@access.needs("staff.change_roster")
@once
def set_shift(request: HttpRequest, shift_id: UUID | None = None) -> HttpResponse:
    """A new shift, or an existing one changed."""
    shift = access.find(request, Shift.objects.visible_to(request.user), shift_id) if shift_id else None
    form = ShiftForm(request.POST or None, instance=shift)
    if form.carried_out(lambda data: services.set_shift(request.user, shift_id=shift_id, **data)):
        messages.success(request, _("Saved."))
        return redirect("staff:shifts")
    back = reverse("staff:shifts")
    heading = _("Change a shift") if shift else _("New shift")
    return asking.fill_in(request, form, heading=heading, back=back, crumbs=[(_("Shifts"), back)])
