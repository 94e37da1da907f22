"""A form sent twice is one act.

Every page that changes something carries a hidden `_key`. `once` runs the view in one transaction
that first claims the key: whoever comes second waits, then gets the first one's answer. A view that
ends in anything but a redirect changed nothing, so its transaction and its key are taken back, and
the corrected form may be sent again.
"""

from __future__ import annotations

import functools
import hashlib
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from hms.core import audit
from hms.core.models import SubmittedForm
from hms.core.refusals import Refused

TRIES = 4
RETRY_STATES = {"40001", "40P01"}  # serialization failure, deadlock: PostgreSQL asks to try again

View = Callable[..., HttpResponse]


class Replayed(Exception):
    """The key was used before; `first` is the row that kept its answer."""

    def __init__(self, first: SubmittedForm) -> None:
        self.first = first


def once(view: View) -> View:
    """Make a view's POST idempotent and atomic. GET and HEAD pass through."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        try:
            key = uuid.UUID(request.POST.get("_key", ""))
        except ValueError:
            return render(
                request, "400.html", {"reason": _("The form was incomplete. Open the page again.")}, status=400
            )
        for attempt in range(1, TRIES + 1):
            try:
                return _attempt(view, request, key, args, kwargs)
            except OperationalError as failure:
                state = getattr(failure.__cause__, "sqlstate", None)
                if state not in RETRY_STATES or attempt == TRIES:
                    raise
                time.sleep(random.uniform(0.01, 0.05) * attempt)
            except Replayed as replay:
                return _first_answer(request, replay.first)
            except Refused as refusal:
                messages.error(request, refusal.message)
                return HttpResponseRedirect(_way_back(request))
        raise AssertionError("unreachable")

    answer.once = True  # type: ignore[attr-defined]
    return answer


def _attempt(view: View, request: HttpRequest, key: uuid.UUID, args: tuple, kwargs: dict) -> HttpResponse:
    with audit.provisional() as records, transaction.atomic():
        claim = SubmittedForm(
            key=key, user=request.user, route=request.resolver_match.view_name, fingerprint=_fingerprint(request)
        )
        # Waits here while another request with this key is still being answered.
        SubmittedForm.objects.bulk_create([claim], ignore_conflicts=True)
        stored = SubmittedForm.objects.select_for_update().get(pk=key)
        if stored.location:
            raise Replayed(stored)
        response = view(request, *args, **kwargs)
        where = response.headers.get("Location") or response.headers.get("HX-Redirect")
        if where and response.status_code < 400:
            stored.location = where[:300]
            stored.save(update_fields=["location"])
            records.kept = True
        else:
            transaction.set_rollback(True)
            if response.status_code == 200:
                response.status_code = 422
        return response


def _fingerprint(request: HttpRequest) -> str:
    fields = sorted((k, v) for k, v in request.POST.lists() if k not in ("_key", "csrfmiddlewaretoken"))
    return hashlib.sha256(repr((request.path, fields)).encode()).hexdigest()


def _first_answer(request: HttpRequest, first: SubmittedForm) -> HttpResponse:
    if first.user_id != request.user.pk or first.fingerprint != _fingerprint(request):
        messages.warning(
            request,
            _("This page was already sent with other content, so nothing was changed. Check below, then try again."),
        )
        if first.user_id != request.user.pk:
            return redirect("core:home")
    else:
        messages.info(request, _("This was already done; nothing was done twice."))
    return HttpResponseRedirect(first.location)


def onward(request: HttpRequest, *default: Any) -> HttpResponse:
    """After an act: to the page that the address's `next` names, if it is one of ours, else to `default`."""
    wanted = request.GET.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return HttpResponseRedirect(wanted) if ours else redirect(*default)


def _way_back(request: HttpRequest) -> str:
    for candidate in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if candidate.startswith(("/", "http")) and url_has_allowed_host_and_scheme(
            candidate, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        ):
            return candidate
    return "/"
