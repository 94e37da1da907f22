"""What the personnel office finds on its first page."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, clock
from hms.core import panels as frames
from staff import presence
from staff.models import Credential, Employee, RosterEntry

LINES = 10
# Who is on the roster at all: planned at least once in the four weeks before.
LOOK_BACK = timedelta(days=28)


@access.needs("staff.change_employee")
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    """Licences and other papers that have run out or will within 60 days, of those who work here, and for
    how many shifts they are planned beyond."""
    today = clock.today(request.user.facility)
    rows = (
        Credential.objects.visible_to(request.user)
        .running_out(today)
        .with_shifts_beyond(today)
        .select_related("employee__department")
        .order_by("valid_until", "id")
    )
    context = {"rows": rows[:LINES], "count": rows.count(), "lines": LINES, "today": today}
    return frames.render_panel(request, "staff/papers_panel.html", context)


@access.needs("staff.view_attendance")
@require_safe
def missing(request: HttpRequest) -> HttpResponse:
    """Who should be here and is not, and who came late today."""
    duties = presence.of_day(request.user, clock.today(request.user.facility))
    away = [duty for duty in duties if duty.status in ("late", "absent")]
    late = [duty for duty in duties if duty.late_minutes]
    context = {"rows": [*away, *late][:LINES], "count": len(away) + len(late), "lines": LINES}
    return frames.render_panel(request, "staff/missing_panel.html", context)


@access.needs("staff.change_roster")
@require_safe
def unplanned(request: HttpRequest) -> HttpResponse:
    """Who works shifts, and stands on no shift of next week."""
    today = clock.today(request.user.facility)
    monday = today + timedelta(days=7 - today.weekday())
    entries = RosterEntry.objects.filter(employee=OuterRef("pk"))
    rows = (
        Employee.objects.visible_to(request.user)
        .working()
        .filter(Exists(entries.filter(date__range=(today - LOOK_BACK, today))))
        .exclude(Exists(entries.filter(date__range=(monday, monday + timedelta(days=6)))))
        .select_related("department")
        .order_by("department__name", "family_name", "given_name", "id")
    )
    context = {"rows": rows[:LINES], "count": rows.count(), "lines": LINES, "monday": monday}
    return frames.render_panel(request, "staff/unplanned_panel.html", context)
