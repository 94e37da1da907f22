"""What auditors and administrators find on their first page."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, clock, setup
from hms.core import panels as frames
from hms.core.models import AuditEvent, Department, Membership, OutboxMessage, User

LINES = 10
# How an action says what it was. Whatever is neither looked at, refused nor printed was done.
LOOKS = Q(action__endswith=".viewed") | Q(action__endswith=".seen") | Q(action__endswith="searched")
LOOKS |= Q(action__in=["core.search", "patients.chart.opened", "doctors.desk.opened"])
REFUSED = Q(action__startswith="access.") | Q(action__endswith="refused") | Q(action="core.user.sign_in_failed")
PRINTS = Q(action="core.document.printed") | Q(action="export")


@access.needs("core.view_auditevent")
@require_safe
def audit_today(request: HttpRequest) -> HttpResponse:
    """Today's audit in figures, and the latest refusals: who, what and when, and no patient's name."""
    facility = request.user.facility
    start, _end = clock.day_bounds(facility, clock.today(facility))
    here = AuditEvent.objects.filter(Q(facility=facility) | Q(facility=None), at__gte=start).order_by()
    figures = here.aggregate(
        looks=Count("id", filter=LOOKS),
        refusals=Count("id", filter=REFUSED),
        prints=Count("id", filter=PRINTS),
        total=Count("id"),
    )
    figures["acts"] = figures["total"] - figures["looks"] - figures["refusals"] - figures["prints"]
    refusals = list(here.filter(REFUSED).order_by("-id")[:LINES])
    return frames.render_panel(request, "core/audit_panel.html", {"figures": figures, "refusals": refusals})


@access.needs("core.change_facility")
@require_safe
def set_up(request: HttpRequest) -> HttpResponse:
    """What a new hospital still needs, and where it is done."""
    steps = setup.standing(request.user)
    context = {"steps": steps, "done": sum(step.done for step in steps)}
    return frames.render_panel(request, "core/setup_panel.html", context)


@access.needs("core.view_outboxmessage")
@require_safe
def system(request: HttpRequest) -> HttpResponse:
    """What the workers could not do, what waits for them, and who can sign in and do nothing."""
    now, facility = clock.now(), request.user.facility
    waiting = Q(done_at=None, dead_at=None)
    news = OutboxMessage.objects.filter(done_at=None).aggregate(
        dead=Count("id", filter=Q(dead_at__isnull=False)),
        waiting=Count("id", filter=waiting),
        late=Count("id", filter=waiting & Q(available_at__lt=now - timedelta(minutes=10))),
    )
    held = Membership.objects.filter(user=OuterRef("pk"), active=True)
    idle = User.objects.filter(~Exists(held), is_active=True).order_by("username")
    departments = Department.objects.filter(facility=facility, active=True)
    context = {
        "news": news,
        "letters": OutboxMessage.objects.filter(dead_at__isnull=False).order_by("-dead_at")[:5],
        "idle": idle[:LINES],
        "idle_count": idle.count(),
        "departments": departments.annotate(
            people=Count("memberships__user", filter=Q(memberships__active=True), distinct=True)
        ),
    }
    return frames.render_panel(request, "core/system_panel.html", context)
