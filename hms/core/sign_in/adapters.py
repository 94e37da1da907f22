"""What allauth asks of the house: who may come in, under which name, and what it may say about it."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from typing import Any

import requests
import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from hms.core import audit
from hms.core.models import User
from hms.core.refusals import Refused
from hms.core.sign_in import factors, single_sign_on, throttle, tying

# What stands at once for an unknown user, a wrong password and an account that is closed.
NO_MATCH = _("User name and password do not match. Check both; capital letters count.")


class AccountAdapter(DefaultAccountAdapter):
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": NO_MATCH,
        "incorrect_password": _("This is not your password. Type it again; capital letters count."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by administrators."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages only: allauth's JSON answers would be a second door beside the forms."""
        return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **named: Any
    ) -> None:
        """Our views say what they did; only errors that allauth words itself pass."""
        if named.get("message"):
            super().add_message(request, level, None, *args, **named)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        tried = throttle.attempt(request, "password", credentials["username"])
        user = authenticate(request, **credentials)
        if user is not None:
            tried.succeeded()
        return user

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """By a passkey or single sign-on to an account that is closed: the same words as for none."""
        return render(request, "account/no_account.html", status=403)


def _lockers() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [hashlib.sha256(f"hms.second-factor:{key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class FactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This did not match. Take the code that the app shows now, or an unused recovery code."),
    }

    def encrypt(self, text: str) -> str:
        """A copy of the database alone opens nobody's second factor."""
        return _lockers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        try:
            return _lockers().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            # The secret key was changed and the old one is not among HMS_SECRET_KEY_FALLBACKS: no code fits.
            return base64.b32encode(Fernet.generate_key()[:20]).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return factors.may_go(authenticator)

    def build_totp_svg(self, url: str) -> str:
        drawn = BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", scale=4, border=2, light="#fff")
        return drawn.getvalue().decode()

    def _get_user_identifier(self, user: User) -> str:
        return user.username

    def _get_site_name(self) -> str:
        return settings.NETWORK_NAME

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        taken = Authenticator.objects.filter(user=user, type=type).count()
        return str(_("Passkey %(number)s") % {"number": taken + 1})


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Lets in whoever has an account here; never makes one."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_requests_session(self) -> requests.Session:
        return single_sign_on.session()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """A subject that is not yet known is tied to the account it names, once, and at the door only where nobody has
        signed in to that account yet: an address can be changed by an administrator, and would open an account in use
        to whoever owns the new one. Who has signed in before ties their own, signed in (`tying`)."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_connected(request, sociallogin))
        if sociallogin.is_existing:
            return
        user = _named_by(sociallogin)
        if user is None:
            audit.record(None, "core.user.sign_in_failed", detail={"by": "single sign-on"})
            raise ImmediateHttpResponse(render(request, "account/no_account.html", status=403))
        if why := tying.at_the_door(user, sociallogin.account):
            audit.record(None, "core.user.sign_in_failed", user, detail={"by": "single sign-on", "why": why})
            raise ImmediateHttpResponse(render(request, "account/no_account.html", status=403))
        sociallogin.user = user


def _connected(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """The way back from the provider of somebody who ties it to their own account, on the page where they began."""
    try:
        tying.from_within(request, sociallogin)
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Connected. From now on you may sign in with it."))
    return redirect("mfa_index")


def _named_by(sociallogin: SocialLogin) -> User | None:
    """The one active account that the provider's claims name: by a verified e-mail address, and by the
    user name where HMS_OIDC_MATCH trusts the provider with it."""
    active = User.objects.filter(is_active=True)
    found: list[User] = []
    if "email" in settings.OIDC_MATCH:
        for address in sociallogin.email_addresses:
            if address.verified is True and address.email:
                found = list(active.filter(email__iexact=address.email)[:2])
    if not found and "username" in settings.OIDC_MATCH:
        claims = sociallogin.account.extra_data
        claims = claims.get("userinfo") or claims.get("id_token") or {}
        if isinstance(name := claims.get("preferred_username"), str) and name:
            found = list(active.filter(username=name))
    return found[0] if len(found) == 1 else None
