"""The frame's own pages: home, search, the counts in the rail, the bell, theme and facility."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hms.core import access, audit, lists, notify, panels
from hms.core.acts import once
from hms.core.models import Document, Notification
from hms.core.sign_in import sessions

YEAR = 365 * 24 * 3600


@access.signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The role's dashboard: a frame that each department fills."""
    return render(request, "core/home.html", {"slots": panels.slots("dashboard", request.user)})


@access.signed_in
@require_safe
def no_facility(request: HttpRequest) -> HttpResponse:
    if request.user.has_facility:
        return redirect("core:home")
    return render(request, "core/no_facility.html", status=403)


@access.signed_in_search
def search(request: HttpRequest) -> HttpResponse:
    """Everything at once. The words come by POST, so that no name stands in an address or a log."""
    words = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    hits = panels.search(request.user, words) if len(words) >= 2 else []
    if words:
        audit.record(request.user, "core.search", detail={"hits": sum(len(found) for _name, found in hits)})
    template = "core/search.html#results" if panels.is_fragment(request) else "core/search.html"
    return render(request, template, {"q": words, "found": hits})


@access.polls
@access.signed_in
@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """What waits behind each item of the rail, and under the bell; swapped in out of band."""
    waiting = [(item, item.count(request.user)) for item in panels.rail(request.user) if item.count]
    unread = Notification.objects.filter(user=request.user, facility=request.user.facility, read_at=None).count()
    return render(request, "core/counts.html", {"waiting": waiting, "unread": unread})


@access.public
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """Whether a page that has stood open is still its reader's, before what was typed in it is sent. Extends nothing.

    `person` is the mark that the page itself carries; `token` lets a form go that was opened before signing in again.
    """
    mark = sessions.mark_of(request.user) if request.user.is_authenticated else ""
    answer = JsonResponse({"person": mark, "token": get_token(request) if mark else ""})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@access.signed_in
@require_POST
def still_here(request: HttpRequest) -> HttpResponse:
    """Somebody types into a form: that is something done, long before it is sent."""
    return HttpResponse(status=204)


@access.signed_in
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    mine = Notification.objects.filter(user=request.user, facility=request.user.facility)
    page = lists.page(request, mine, order=("-created_at", "-id"))
    return render(request, "core/notifications.html", {"page": page})


@access.signed_in
@once
@require_POST
def notification_open(request: HttpRequest, notification_id: UUID) -> HttpResponse:
    found = notify.read(request.user, notification_id=notification_id)
    if found is None:
        raise access.OutOfScope(Notification, notification_id)
    return redirect(found.url or "core:notifications")


@access.signed_in
@once
@require_POST
def notifications_read_all(request: HttpRequest) -> HttpResponse:
    notify.read_all(request.user)
    return redirect("core:notifications")


@access.public
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the device says: a choice kept in a cookie, not in the hospital."""
    chosen = request.POST.get("theme", "auto")
    response = redirect(_next(request))
    if chosen in ("light", "dark", "auto"):
        name = settings.THEME_COOKIE_NAME
        response.set_cookie(name, chosen, max_age=YEAR, samesite="Lax", secure=settings.SECURE, httponly=True)
    return response


@access.signed_in
@require_POST
def switch_facility(request: HttpRequest) -> HttpResponse:
    """Work in another facility one belongs to from here on."""
    chosen = next((m for m in request.memberships if str(m.facility_id) == request.POST.get("facility")), None)
    if chosen is None:
        messages.error(request, _("You do not work in that facility. Ask an administrator."))
        return redirect("core:home")
    request.session["facility"] = str(chosen.facility_id)
    audit.record(request.user.at(chosen.facility), "core.session.switched_facility", chosen.facility)
    return redirect("core:home")


def _next(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours else "/"


@access.public
@require_safe
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """Whether a printed document is genuine: its kind, number, day and hash. Never whose it is."""
    found = Document.objects.filter(code=code.upper()).select_related("facility").defer("content", "snapshot").first()
    return render(request, "core/verify.html", {"document": found, "code": code}, status=200 if found else 404)


@access.public
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")


@access.public
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows the offline page when the network is gone; served from the root, its scope."""
    script = (settings.BASE_DIR / "static" / "js" / "sw.js").read_bytes()
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@access.public
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@access.public
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """The process can work: its database answers. The broker may be away, nothing is lost without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except Exception:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ready"})
