"""What administrators find on their first page."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hms.core import access, clock, setup
from hms.core import panels as frames
from hms.core.models import Department, Membership, OutboxMessage, User

LINES = 10


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
