"""The hospital in figures, on screen and as files."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hms.core import access, clock, lists, panels
from hms.core.lists import Column
from hms.core.money import ZERO
from reports import figures
from reports.figures import Period

LONGEST = timedelta(days=366)


def read_period(request: HttpRequest) -> Period:
    """The period asked for: the last 30 days by default, a year at most, the right way round."""
    today = clock.today(request.user.facility)
    last = min((clock.read_day(request.GET.get("last", "")) or today), today + timedelta(days=60))
    first = clock.read_day(request.GET.get("first", "")) or last - timedelta(days=29)
    if first > last:
        first, last = last, first
    return Period(request.user.facility, max(first, last - LONGEST), last)


@access.needs("reports.view_day")
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    """The day at a glance."""
    facility = request.user.facility
    today = clock.today(facility)
    on = min((clock.read_day(request.GET.get("day", "")) or today), today)
    context = {
        "day": on,
        "figures": figures.day(facility, on),
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1) if on < today else None,
        "currency": facility.currency,
    }
    return render(request, "reports/day.html", context)


@access.needs("reports.view_revenue")
@require_safe
def revenue(request: HttpRequest) -> HttpResponse:
    period = read_period(request)
    rows = figures.revenue(period)
    labels = [label for _value, label in figures.categories()]
    columns = [
        Column(_("Day"), lambda row: row.day),
        *(Column(label, lambda row, place=place: row.by_category[place]) for place, label in enumerate(labels)),
        Column(_("Charged"), lambda row: row.charged),
        Column(_("Invoiced"), lambda row: row.invoiced),
        Column(_("Paid"), lambda row: row.paid),
    ]
    if file := lists.export(request, rows, columns, f"revenue-{period.first}-{period.last}"):
        return file
    context = {
        "period": period,
        "rows": list(reversed(rows)),
        "labels": labels,
        "totals": [sum((row.by_category[place] for row in rows), ZERO) for place in range(len(labels))],
        "charged": sum((row.charged for row in rows), ZERO),
        "invoiced": sum((row.invoiced for row in rows), ZERO),
        "paid": sum((row.paid for row in rows), ZERO),
        "currency": request.user.facility.currency,
        "days": [f"{row.day:%d %b}" for row in rows],
        "series": [(_("Charged"), [row.charged for row in rows]), (_("Paid"), [row.paid for row in rows])],
    }
    return render(request, "reports/revenue.html", context)


@access.needs("reports.view_appointments")
@require_safe
def appointments(request: HttpRequest) -> HttpResponse:
    period = read_period(request)
    by = request.GET.get("by", "doctor")
    by = by if by in ("doctor", "specialty", "weekday") else "doctor"
    rows = figures.appointments(period, by)
    columns = [
        Column(by.capitalize(), lambda row: row.name),
        Column(_("Booked"), lambda row: row.booked),
        Column(_("Seen"), lambda row: row.seen),
        Column(_("Did not come"), lambda row: row.missed),
        Column(_("Cancelled"), lambda row: row.cancelled),
        Column(_("Did not come, %"), lambda row: row.missed_rate),
    ]
    if file := lists.export(request, rows, columns, f"appointments-by-{by}-{period.first}-{period.last}"):
        return file
    total = figures.AppointmentRow(
        "", *(sum(getattr(row, name) for row in rows) for name in ("booked", "seen", "missed", "cancelled"))
    )
    context = {
        "period": period,
        "by": by,
        "rows": rows,
        "total": total,
        "wait": figures.median_wait(period),
        "bars": [(row.name, row.booked) for row in rows],
    }
    return render(request, "reports/appointments.html", context)


@access.needs("reports.view_doctors")
@require_safe
def doctors(request: HttpRequest) -> HttpResponse:
    period = read_period(request)
    rows = figures.doctors(period)
    columns = [
        Column(_("Doctor"), lambda row: row.name),
        Column(_("Specialty"), lambda row: row.specialty),
        Column(_("Visits"), lambda row: row.visits),
        Column(_("Patients"), lambda row: row.patients),
        Column(_("Mean wait, minutes"), lambda row: row.mean_wait),
        Column(_("Consultations"), lambda row: row.consultations),
        Column(_("Charged in all"), lambda row: row.charged),
    ]
    if file := lists.export(request, rows, columns, f"doctors-{period.first}-{period.last}"):
        return file
    context = {"period": period, "rows": rows, "currency": request.user.facility.currency}
    return render(request, "reports/doctors.html", context)


@access.needs("reports.view_day")
@require_safe
def dashboard_panel(request: HttpRequest) -> HttpResponse:
    facility = request.user.facility
    today = clock.today(facility)
    context = {"figures": figures.day(facility, today), "day": today, "currency": facility.currency}
    return panels.render_panel(request, "reports/dashboard_panel.html", context)
