"""Locking a shared computer, coming back, and the PIN for it."""

from __future__ import annotations

from uuid import UUID

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.mfa.webauthn.internal import auth as passkey
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from hms.core import access, asking
from hms.core.models import Pin
from hms.core.sign_in import presence
from hms.core.sign_in.forms import PasskeySignInForm, PinForm


@access.signed_in
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """End the session here, to come back by PIN or passkey."""
    asked = request.POST.get("next", "")
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    presence.lock(request, back=asked if ours else "/")
    return redirect("locked")


@access.public
def locked(request: HttpRequest) -> HttpResponse:
    """The lock screen: who may come back, and their PIN. It shows nothing of what lies behind it."""
    if request.user.is_authenticated:
        return redirect("core:home")
    if not presence.is_locked(request):
        return redirect("account_login")
    wrong = ""
    if request.method == "POST":
        try:
            chosen = UUID(request.POST.get("person", ""))
        except ValueError:
            chosen = UUID(int=0)
        back = presence.way_back(request, chosen)
        if presence.unlock_by_pin(request, user_id=chosen, pin=request.POST.get("pin", "")[:20]):
            return redirect(back)
        wrong = _("That PIN did not fit. After five wrong ones only your password opens again.")
        if not any(place.user_id == chosen for place in presence.here(request)):
            wrong = _("Only your password opens for you here now: sign in below.")
    places = presence.here(request)
    chosen_now = request.POST.get("person") or (str(places[0].user_id) if places else "")
    context = {"places": places, "chosen": chosen_now, "wrong": wrong}
    return render(request, "account/locked.html", context, status=422 if wrong else 200)


@access.public
def unlock_by_passkey(request: HttpRequest) -> HttpResponse:
    """The browser asks for a challenge (GET), and sends what the passkey made of it (POST)."""
    if request.user.is_authenticated or not presence.is_locked(request):
        return redirect("account_login")
    if request.method != "POST":
        return JsonResponse(passkey.begin_authentication(user=None), json_dumps_params={"default": dict})
    form = PasskeySignInForm(data=request.POST)
    if form.is_valid():
        shown = form.cleaned_data["credential"]
        back = presence.way_back(request, shown.user.pk)
        if presence.unlock_by_passkey(request, user=shown.user):
            shown.record_usage()
            return redirect(back)
    messages.error(request, _("That passkey belongs to nobody who has signed in here. Sign in with your password."))
    return redirect("locked")


def pin(request: HttpRequest) -> HttpResponse:
    """One's own PIN for coming back at a locked computer."""
    raise_if_reauthentication_required(request, app="allauth.mfa")
    form = PinForm(request.POST or None)
    if form.carried_out(lambda data: presence.set_pin(request.user, pin=data["pin"])):
        messages.success(request, _("The PIN is set. Lock this computer from the menu under your name."))
        return redirect("mfa_index")
    return asking.fill_in(
        request,
        form,
        heading=_("PIN for locked computers"),
        label=_("Set"),
        back=reverse("mfa_index"),
        crumbs=[(_("Signing in"), reverse("mfa_index"))],
    )


def remove_pin(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        presence.remove_pin(request.user)
        messages.success(request, _("The PIN is removed."))
        return redirect("mfa_index")
    if not Pin.objects.filter(user=request.user).exists():
        return redirect("mfa_index")
    return asking.confirm(
        request,
        None,
        heading=_("Remove the PIN"),
        question=_("Remove your PIN?"),
        detail=_("At a locked computer your password or a passkey opens from then on."),
        label=_("Remove"),
        back=reverse("mfa_index"),
        crumbs=[(_("Signing in"), reverse("mfa_index"))],
    )
