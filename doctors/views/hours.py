"""The editor of consultation hours: every week, and the days that differ."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from doctors.forms import AvailabilityForm, EndAvailabilityForm, ExceptionForm
from doctors.models import Availability, AvailabilityException, Doctor, Weekday
from doctors.services import hours as services
from doctors.views.doctors import around, find
from hms.core import access, asking, clock
from hms.core.acts import once

EXCEPTIONS = 100


def _planner(request: HttpRequest, doctor: Doctor) -> Doctor:
    """The doctor, when this person may plan for them: themselves, or whoever keeps the profiles."""
    if doctor.employee.user_id != request.user.pk and not request.user.has_perm("doctors.change_doctor"):
        raise PermissionDenied
    return doctor


@access.needs("doctors.view_doctor")
@require_safe
def hours(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    doctor = find(request, doctor_id)
    today = clock.today(doctor.employee.facility)
    weekly: dict[int, list[Availability]] = {}
    for row in doctor.availability.valid_between(today, today.max):
        weekly.setdefault(row.weekday, []).append(row)
    may = request.user.has_perm("doctors.change_availability") and (
        doctor.employee.user_id == request.user.pk or request.user.has_perm("doctors.change_doctor")
    )
    return render(
        request,
        "doctors/hours.html",
        {
            "doctor": doctor,
            "week": [(day.label, weekly.get(day.value, [])) for day in Weekday],
            "exceptions": doctor.exceptions.filter(date__gte=today)[:EXCEPTIONS],
            "today": today,
            "may": may,
        },
    )


@access.needs("doctors.change_availability")
@once
def set_availability(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    doctor = _planner(request, find(request, doctor_id))
    start = {"valid_from": clock.today(doctor.employee.facility), "weekday": request.GET.get("weekday")}
    form = AvailabilityForm(request.POST or None, initial=start)
    if form.carried_out(lambda data: services.set_availability(request.user, doctor_id=doctor.pk, **data)):
        messages.success(request, _("Planned: %(hours)s.") % {"hours": form.result})
        return redirect("doctors:hours", doctor.pk)
    return asking.fill_in(request, form, heading=_("Weekly hours"), **around(doctor))


@access.needs("doctors.change_availability")
@once
def end_availability(request: HttpRequest, availability_id: UUID) -> HttpResponse:
    row = access.find(
        request,
        Availability.objects.visible_to(request.user).select_related("doctor__employee__facility"),
        availability_id,
    )
    doctor = _planner(request, row.doctor)
    form = EndAvailabilityForm(request.POST or None, initial={"last_day": clock.today(doctor.employee.facility)})
    if form.carried_out(lambda data: services.end_availability(request.user, availability_id=row.pk, **data)):
        messages.success(request, _("These hours end."))
        return redirect("doctors:hours", doctor.pk)
    return asking.confirm(
        request,
        form,
        heading=_("End weekly hours"),
        question=_("End %(hours)s?") % {"hours": row},
        detail=_("What is booked already stays booked until somebody moves it."),
        label=_("End these hours"),
        **around(doctor),
    )


@access.needs("doctors.change_availability")
@once
def add_exception(request: HttpRequest, doctor_id: UUID) -> HttpResponse:
    doctor = _planner(request, find(request, doctor_id))
    form = ExceptionForm(request.POST or None, initial={"kind": request.GET.get("kind", "away")})
    if form.carried_out(lambda data: services.add_exception(request.user, doctor_id=doctor.pk, **data)):
        messages.success(request, _("Entered for %(count)s days.") % {"count": len(form.result)})
        return redirect("doctors:hours", doctor.pk)
    return asking.fill_in(request, form, heading=_("Away or extra hours"), **around(doctor))


@access.needs("doctors.change_availability")
@once
@require_POST
def remove_exception(request: HttpRequest, exception_id: UUID) -> HttpResponse:
    exception = access.find(
        request,
        AvailabilityException.objects.visible_to(request.user).select_related("doctor__employee"),
        exception_id,
    )
    doctor = _planner(request, exception.doctor)
    services.remove_exception(request.user, exception_id=exception.pk)
    messages.success(request, _("That day is as every week again."))
    return redirect("doctors:hours", doctor.pk)
