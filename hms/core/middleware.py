"""Where the person works, and whether they may be here."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hms.core import access, audit, clock
from hms.core.sign_in import devices, factors, first_password, presence, sessions, throttle
from hms.core.views.errors import too_many_guesses

Respond = Callable[[HttpRequest], HttpResponseBase]


class ClientAddressMiddleware:
    """REMOTE_ADDR becomes the visitor's address where our own proxy (HMS_TRUSTED_PROXIES) brings them: the last
    in X-Forwarded-For that is no proxy of ours. What stands before it, anybody may have written."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response
        self.ours = [ipaddress.ip_network(each, strict=False) for each in settings.TRUSTED_PROXIES]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = request.META.get("REMOTE_ADDR", "")
        passed = [each.strip() for each in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        while passed and self._is_ours(address) and _is_address(passed[-1]):
            address = passed.pop()
        request.META["REMOTE_ADDR"] = address
        return self.get_response(request)

    def _is_ours(self, address: str) -> bool:
        return _is_address(address) and any(ipaddress.ip_address(address) in network for network in self.ours)


class MethodMiddleware:
    """What browsers' pages and forms send is answered, and no other method: a view need not think of any."""

    answered = ("GET", "HEAD", "POST")

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request) if request.method in self.answered else HttpResponseNotAllowed(self.answered)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


class FacilityMiddleware:
    """Puts the signed-in person into the facility they work in, and the clock into its time zone."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.memberships = []
        if request.user.is_authenticated:
            request.memberships = access.memberships(request.user)
            self.enter(request)
        with audit.source(request.META.get("REMOTE_ADDR", "")), audit.watch() as noted:
            try:
                response = self.get_response(request)
                self.note_whose(request, response, noted)
                actor = request.user if request.user.is_authenticated else None
                audit.conclude(actor, noted, request.resolver_match.view_name if request.resolver_match else "")
                return response
            finally:
                timezone.deactivate()

    def note_whose(self, request: HttpRequest, response: HttpResponseBase, noted: audit.Watch) -> None:
        """What an address of somebody's record answers shows them, also where the view says nothing of it."""
        if response.status_code not in (200, 422) or noted.seen or noted.recorded or not request.resolver_match:
            return
        if whose := access.concerned(request.resolver_match.kwargs):
            audit.seen(whose)

    def enter(self, request: HttpRequest) -> None:
        chosen = request.session.get("facility")
        here = [m for m in request.memberships if str(m.facility_id) == chosen]
        if not here and request.memberships:
            first = request.memberships[0].facility_id
            here = [m for m in request.memberships if m.facility_id == first]
        if not here:
            return
        user = request.user._wrapped if hasattr(request.user, "_wrapped") else request.user
        user.at(here[0].facility)
        user.__dict__["_held"] = [(m.role.name, m.department_id) for m in here]
        user.__dict__["_opened"] = {}
        request.department = next((m.department for m in here if m.department_id), None)
        timezone.activate(clock.zone(here[0].facility))


class AccessMiddleware:
    """Deny by default: a view answers only to those its declaration lets in.

    The Django admin checks each of its pages itself (staff flag and model permissions).
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.user.is_authenticated and not getattr(response, "streaming", False):
            # A page of a hospital is never kept by a browser or a proxy: after sign-out, "back" shows nothing.
            response.headers.setdefault("Cache-Control", "no-store")
        devices.remember(request, response)
        if getattr(request, "htmx", False):
            response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary"), "HX-Request"]))
        return response

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if any(
            "\0" in value for sent in (request.GET, request.POST) for _name, values in sent.lists() for value in values
        ):
            raise BadRequest("a character that no text has")
        declared: access.Access | None = getattr(view, "access", None)
        if declared is None:
            if request.resolver_match and "admin" in request.resolver_match.namespaces:
                if not request.user.is_authenticated:
                    return to_sign_in(request)
                sessions.active(request)
                return self.first_things(request)
            raise self.denied(request)
        if declared.public:
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if not (declared.polls and request.htmx and request.method == "GET"):
            sessions.active(request)
        if before := self.first_things(request):
            return before
        if not request.user.has_facility and request.resolver_match.view_name != "core:no-facility":
            return HttpResponseRedirect(reverse("core:no-facility"))
        declared = declared.asked_of(request.user, kwargs)
        if declared.permission and not request.user.has_perm(declared.permission):
            raise self.denied(request)
        return self.gate(request, declared, kwargs)

    def gate(self, request: HttpRequest, declared: access.Access, kwargs: dict) -> HttpResponse | None:
        """A chart opens to those who treat the patient. To others the page does not exist; who could say
        why they need it, is asked. Of another facility's patients the view itself knows nothing."""
        closed = access.closed(request.user, declared, kwargs)
        if closed is None:
            return None
        action = "access.outside_care" if closed.known else "access.out_of_scope"
        self.refusal(request, action, "route", request.resolver_match.view_name)
        if closed.door and request.method in ("GET", "HEAD") and not request.htmx:
            return HttpResponseRedirect(closed.door + "?" + urlencode({"next": request.get_full_path()}))
        raise Http404

    def first_things(self, request: HttpRequest) -> HttpResponse | None:
        """To what somebody has to do before anything else opens: a password of their own, a second step."""
        route = request.resolver_match.view_name
        if route not in first_password.THE_WAY_THERE and first_password.must_choose(request):
            return self.led_to("account_change_password", request)
        if route not in factors.THE_WAY_THERE and factors.is_missing(request):
            return self.led_to("mfa_index", request)
        return None

    def led_to(self, route: str, request: HttpRequest) -> HttpResponse:
        if not request.htmx:
            return redirect(route)
        answer = HttpResponse(status=204)
        if not (access.of(request).polls or request.headers.get("HX-Current-URL", "").endswith(reverse(route))):
            answer.headers["HX-Redirect"] = reverse(route)
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, throttle.TooManyGuesses):
            return too_many_guesses(request, exception.seconds)
        # After the view's transaction has been rolled back, so that the refusal itself is kept.
        if isinstance(exception, access.OutOfScope):
            self.refusal(request, "access.out_of_scope", exception.model._meta.label_lower, str(exception.pk))
        elif isinstance(exception, PermissionDenied):
            self.denied(request)
        return None

    def denied(self, request: HttpRequest) -> PermissionDenied:
        """Record a refusal at the door, and give back what to raise."""
        route = request.resolver_match.view_name if request.resolver_match else ""
        self.refusal(request, "access.refused", "route", route)
        return PermissionDenied()

    def refusal(self, request: HttpRequest, action: str, kind: str, which: str) -> None:
        actor = request.user if request.user.is_authenticated else None
        concerned = access.concerned(request.resolver_match.kwargs) if request.resolver_match else None
        audit.record(actor, action, patient_id=concerned, detail={"kind": kind, "which": which})


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the door, and from there back to where the person was. A session that ended says why."""
    if why := SAID_OF_AN_END.get(getattr(request.session, "ended", "")):
        messages.info(request, why())
    if presence.is_locked(request):
        return _led(request, reverse("locked"))
    if not request.htmx:
        return redirect_to_login(request.get_full_path())
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    was = f"{page.path}?{page.query}" if page.query else page.path
    return _led(request, redirect_to_login(was or "/").url)


def _led(request: HttpRequest, address: str) -> HttpResponse:
    """The whole page goes there, also when htmx asked for a piece of it."""
    if not request.htmx:
        return HttpResponseRedirect(address)
    answer = HttpResponse(status=204)
    answer.headers["HX-Redirect"] = address
    return answer


SAID_OF_AN_END: dict[str, Callable[[], str]] = {
    "idle": lambda: (
        _("You were signed out, because nothing was done here for %(n)s minutes.") % {"n": settings.IDLE_MINUTES}
    ),
    "over": lambda: _("You were signed out: a sign-in lasts %(n)s hours at most.") % {"n": settings.SESSION_HOURS},
}
