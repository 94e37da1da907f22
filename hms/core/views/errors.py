"""The pages that say what went wrong and the way on."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Whatever broke, or for the moment that the database is away: back soon.

    Outside the frame: what broke may have broken the frame as well.
    """
    stands_alone = {"request": request}
    if _database_is_away(sys.exc_info()[1]):
        return HttpResponse(render_to_string("503.html", stands_alone), status=503, headers={"Retry-After": "5"})
    return HttpResponse(render_to_string("500.html", stands_alone), status=500)


def too_many_guesses(request: HttpRequest, seconds: int) -> HttpResponse:
    """Whoever has guessed too often, and when to come back."""
    minutes = -(-seconds // 60)
    wait = (
        ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
        if seconds < 90
        else ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    )
    answer = render(request, "429.html", {"wait": wait}, status=429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _database_is_away(failure: BaseException | None) -> bool:
    """Whether there was no connection or it broke (class 08, 57P: the server stops or starts; 53300: it is full)."""
    if not isinstance(failure, OperationalError):
        return False
    state = getattr(failure.__cause__, "sqlstate", None) or "08000"
    return state.startswith(("08", "57P")) or state == "53300"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    text = _("This page was open for too long, or signed out in another window. Open it again and send it once more.")
    return render(request, "403.html", {"reason": text}, status=403)
