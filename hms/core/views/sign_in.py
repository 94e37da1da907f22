"""The door: signing in and out, signing in again, a new password, single sign-on."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows.reauthentication import (
    raise_if_reauthentication_required,
    reauthenticate_by_password,
)
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView, OAuth2View
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import PasswordChangeForm as DjangoPasswordChangeForm
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from hms.core import access, asking, audit
from hms.core.acts import once
from hms.core.sign_in import devices, first_password, presence, sessions, tying
from hms.core.sign_in import single_sign_on as single_sign_on_by
from hms.core.sign_in.forms import PasswordAgainForm, SignInForm

PROVIDER = "sso"  # the one that HMS_OIDC_URL configures


class SignIn(account.LoginView):
    template_name = "account/login.html"

    def get_form_class(self) -> type[SignInForm]:
        return SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"single_sign_on": settings.OIDC_NAME if settings.OIDC_URL else ""}


class SignOut(account.LogoutView):
    template_name = "account/logout.html"

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        answer = super().post(*args, **kwargs)
        answer.headers["Clear-Site-Data"] = '"cache"'  # what "back" might still show
        return answer


class PasswordAgain(account.ReauthenticateView):
    template_name = "account/reauthenticate.html"

    def get_form_class(self) -> type[PasswordAgainForm]:
        return PasswordAgainForm

    def form_valid(self, form: PasswordAgainForm) -> HttpResponse:
        audit.record(self.request.user, "core.user.reauthenticated", self.request.user)
        reauthenticate_by_password(self.request)
        return account.BaseReauthenticateView.form_valid(self, form)


class PasswordChangeForm(DjangoPasswordChangeForm):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if (new := data.get("new_password1")) and new == data.get("old_password"):
            self.add_error("new_password1", _("This is the password you have now. Choose another."))
        return data


class PasswordChange(PasswordChangeView):
    form_class = PasswordChangeForm
    template_name = "account/password_change.html"
    success_url = "/accounts/password/done/"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"first": first_password.must_choose(self.request)}

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            ended = sessions.end_all(self.request.user, but=self.request.session.session_key)
            presence.end_all(self.request.user, but_at=devices.of(self.request))
            first_password.was_chosen(self.request.user)
            audit.record(self.request.user, "core.user.password_changed", self.request.user, detail={"ended": ended})
        return answer


@access.signed_in
@require_safe
def password_changed(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_changed.html")


@access.signed_in
@once
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End one's sessions wherever they are; with `but_here`, all but this one."""
    stay = "but_here" in request.POST
    ended = sessions.end_all(request.user, but=request.session.session_key if stay else None)
    presence.end_all(request.user, but_at=devices.of(request) if stay else "")
    audit.record(request.user, "core.user.signed_out_everywhere", request.user, detail={"ended": ended})
    if not stay:
        logout(request)
        return redirect("account_login")
    messages.success(
        request, ngettext("%(n)s other session is ended.", "%(n)s other sessions are ended.", ended) % {"n": ended}
    )
    return redirect("mfa_index")


@access.public
def single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """To the provider and nowhere else: tying a subject to an account is not asked for from here."""
    if request.user.is_authenticated:
        return redirect("core:home")
    if request.GET.get("process", "login") != "login" or request.POST.get("process", "login") != "login":
        raise BadRequest("process")
    return _with_the_provider(OAuth2LoginView, request, provider_id)


@access.public
@require_safe
def single_sign_on_back(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    if request.user.is_authenticated and not _ties(request):
        return redirect("core:home")
    return _with_the_provider(OAuth2CallbackView, request, provider_id)


def _ties(request: HttpRequest) -> bool:
    """Whether this comes back from an attempt, of this very session, to tie the provider to one's own account."""
    state = statekit.get_states(request).get(request.GET.get("state", ""))
    return state is not None and state[0].get("process") == AuthProcess.CONNECT


def single_sign_on_connect(request: HttpRequest) -> HttpResponse:
    """To the provider, to tie it to one's own account. Who did not just sign in does it again first."""
    if not settings.OIDC_URL:
        raise Http404
    raise_if_reauthentication_required(request, app="hms")
    if request.method == "POST":
        return _to_the_provider(request)
    return asking.confirm(
        request,
        None,
        heading=_("Connect %(provider)s") % {"provider": settings.OIDC_NAME},
        question=_("Go there, sign in as yourself, and open your account here with it from then on?"),
        detail=_("Your password, and your second step, open it as before."),
        label=_("Go there"),
        back=reverse("mfa_index"),
        crumbs=[(_("Signing in"), reverse("mfa_index"))],
    )


def _to_the_provider(request: HttpRequest) -> HttpResponse:
    adapter = single_sign_on_by.Adapter(request, PROVIDER)
    provider = adapter.get_provider()
    try:
        return provider.redirect(request, process=AuthProcess.CONNECT, data={"user": str(request.user.pk)})
    except (OAuth2Error, RequestException) as error:
        return render_authentication_error(request, provider, exception=error)


def single_sign_on_disconnect(request: HttpRequest) -> HttpResponse:
    raise_if_reauthentication_required(request, app="hms")
    if request.method == "POST":
        tying.untie(request.user)
        messages.success(request, _("Disconnected: it opens your account no longer."))
        return redirect("mfa_index")
    if tying.of(request.user) is None:
        return redirect("mfa_index")
    return asking.confirm(
        request,
        None,
        heading=_("Disconnect single sign-on"),
        question=_("Sign in without it from now on?"),
        label=_("Disconnect"),
        back=reverse("mfa_index"),
        crumbs=[(_("Signing in"), reverse("mfa_index"))],
    )


def _with_the_provider(view: type[OAuth2View], request: HttpRequest, provider_id: str) -> HttpResponseBase:
    adapter = single_sign_on_by.Adapter(request, provider_id)
    try:
        return view.adapter_view(adapter)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (OAuth2Error, RequestException) as error:
        return render_authentication_error(request, adapter.get_provider(), exception=error)


@access.public
@require_safe
def single_sign_on_cancelled(request: HttpRequest) -> HttpResponse:
    return render(request, "socialaccount/login_cancelled.html")
