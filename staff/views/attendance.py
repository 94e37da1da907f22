"""Who came, who left, and what was recorded wrongly."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hms.core import access, asking, clock
from hms.core.acts import once
from hms.core.forms import ReasonForm
from staff import services
from staff.forms import AttendanceForm
from staff.models import Attendance, Employee
from staff.views.employees import around


def _back(request: HttpRequest, employee: Employee) -> HttpResponse:
    """To the employee's page when it was sent from there, else to the day."""
    if request.POST.get("from") == "employee":
        return redirect("staff:employee", employee.pk)
    return redirect("staff:roster-day")


@access.needs("staff.record_attendance")
@once
@require_POST
def clock_in(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    employee = access.find(request, Employee.objects.visible_to(request.user), employee_id)
    services.clock_in(request.user, employee_id=employee.pk)
    messages.success(request, _("%(name)s is here.") % {"name": employee.name})
    return _back(request, employee)


@access.needs("staff.record_attendance")
@once
@require_POST
def clock_out(request: HttpRequest, employee_id: UUID) -> HttpResponse:
    employee = access.find(request, Employee.objects.visible_to(request.user), employee_id)
    services.clock_out(request.user, employee_id=employee.pk)
    messages.success(request, _("%(name)s has left.") % {"name": employee.name})
    return _back(request, employee)


def _myself(request: HttpRequest) -> Employee:
    me = Employee.objects.visible_to(request.user).filter(user=request.user).first()
    if me is None:
        raise Http404
    return me


@access.needs("staff.view_roster")
@once
@require_POST
def own_clock_in(request: HttpRequest) -> HttpResponse:
    services.clock_in(request.user, employee_id=_myself(request).pk)
    messages.success(request, _("You are clocked in."))
    return redirect("staff:roster-day")


@access.needs("staff.view_roster")
@once
@require_POST
def own_clock_out(request: HttpRequest) -> HttpResponse:
    services.clock_out(request.user, employee_id=_myself(request).pk)
    messages.success(request, _("You are clocked out."))
    return redirect("staff:roster-day")


def _attendance(request: HttpRequest, attendance_id: UUID) -> Attendance:
    return access.find(request, Attendance.objects.visible_to(request.user).select_related("employee"), attendance_id)


@access.needs("staff.record_attendance")
@once
def correct_attendance(request: HttpRequest, attendance_id: UUID) -> HttpResponse:
    attendance = _attendance(request, attendance_id)
    form = AttendanceForm(request.POST or None, instance=Attendance.objects.get(pk=attendance.pk))
    if form.carried_out(lambda data: services.correct_attendance(request.user, attendance_id=attendance.pk, **data)):
        messages.success(request, _("Corrected."))
        return redirect("staff:employee", attendance.employee_id)
    return asking.fill_in(request, form, heading=_("Correct attendance"), **around(attendance.employee))


@access.needs("staff.record_attendance")
@once
def void_attendance(request: HttpRequest, attendance_id: UUID) -> HttpResponse:
    attendance = _attendance(request, attendance_id)
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: services.void_attendance(request.user, attendance_id=attendance.pk, **data)):
        messages.success(request, _("It no longer counts."))
        return redirect("staff:employee", attendance.employee_id)
    came = clock.local(request.user.facility, attendance.came_at)
    return asking.confirm(
        request,
        form,
        heading=_("Void attendance"),
        question=_("Was %(name)s not there on %(day)s?")
        % {"name": attendance.employee.name, "day": came.strftime("%d %b %Y, %H:%M")},
        detail=_("The row stays, struck through, with your reason."),
        label=_("They were not there"),
        **around(attendance.employee),
    )
