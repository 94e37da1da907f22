"""What is typed at the door."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal import flows
from allauth.account.models import Login
from allauth.core import context
from allauth.mfa.adapter import get_adapter as factors
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn import forms as passkey_forms
from allauth.mfa.webauthn.internal import auth as passkey
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from hms.core import audit
from hms.core.forms import ActForm, Form
from hms.core.models import User
from hms.core.sign_in import throttle

Password = forms.PasswordInput


class SignInForm(Form):
    username = forms.CharField(label=_("Username"), max_length=150)
    password = forms.CharField(label=_("Password"), strip=False, max_length=4096, widget=Password)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors:
            adapter = get_adapter(self.request)
            self.user = adapter.authenticate(self.request, username=data["username"], password=data["password"])
            if self.user is None:
                raise adapter.validation_error("username_password_mismatch")
        return data

    def login(self, request: HttpRequest, redirect_url: str | None = None) -> HttpResponse:
        return flows.login.perform_password_login(request, {}, Login(user=self.user, redirect_url=redirect_url))


class PasswordAgainForm(Form):
    """Asked before an act that a colleague at an open screen must not do."""

    password = forms.CharField(
        label=_("Password"), strip=False, max_length=4096, widget=Password({"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self) -> str:
        adapter = get_adapter(context.request)
        password = self.cleaned_data["password"]
        if adapter.authenticate(context.request, username=self.user.username, password=password) != self.user:
            raise adapter.validation_error("incorrect_password")
        return password


class CodeForm(Form):
    """Of the app, or a recovery code. Each opens once, whichever process is asked."""

    again = False
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}),
        help_text=_("The six digits of your app, or one of your recovery codes."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        tried = throttle.attempt(context.request, "code", self.user.username)
        self.authenticator = self._opened_by(code)
        if self.authenticator is None:
            audit.record(None, "core.user.sign_in_failed", self.user, detail={"by": "code"})
            raise factors().validation_error("incorrect_code")
        tried.succeeded()
        return code

    @transaction.atomic
    def _opened_by(self, code: str) -> Authenticator | None:
        """Locks: the person's authenticators, so that one code cannot open twice at the same moment."""
        held = Authenticator.objects.select_for_update().filter(user=self.user).order_by("pk")
        for found in held:
            if found.type == Authenticator.Type.TOTP and _totp_opens(found, code):
                return found
            if found.type == Authenticator.Type.RECOVERY_CODES and found.wrap().validate_code(code):
                return found
        return None

    def save(self) -> None:
        post_authentication(context.request, self.authenticator, reauthenticated=self.again)


class CodeAgainForm(CodeForm):
    again = True


class PinForm(Form):
    pin = forms.CharField(
        label=_("PIN"),
        max_length=20,
        widget=Password({"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Four to eight digits. It opens a computer that you have signed in at and locked; nothing else."),
    )
    again = forms.CharField(
        label=_("Once more"), max_length=20, widget=Password({"inputmode": "numeric", "autocomplete": "off"})
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "pin" in data and "again" in data and data["pin"] != data["again"]:
            self.add_error("again", _("The two are not the same. Type the PIN again."))
        return data


class _Credential:
    """What a browser sends for a passkey is JSON of anybody's making: whatever has another shape fits nothing."""

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential() if hasattr(super(), "clean_credential") else self._made()
        except (TypeError, ValueError, KeyError, AttributeError):
            raise factors().validation_error("incorrect_code") from None

    def _made(self) -> Any:
        credential = self.cleaned_data["credential"]
        passkey.parse_registration_response(credential)
        return credential


class PasskeyForm(_Credential, passkey_forms.AuthenticateWebAuthnForm):
    pass


class PasskeyAgainForm(_Credential, passkey_forms.ReauthenticateWebAuthnForm):
    pass


class PasskeySignInForm(_Credential, passkey_forms.LoginWebAuthnForm):
    pass


class ActivateCodesForm(ActForm, ActivateTOTPForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class RenamePasskeyForm(ActForm, passkey_forms.EditWebAuthnForm):
    name = forms.CharField(label=_("What to call it"), max_length=60)


class NewPasskeyForm(_Credential, passkey_forms.AddWebAuthnForm):
    def clean_name(self) -> str:
        return super().clean_name()[:60]

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (TypeError, ValueError, KeyError, AttributeError):
            raise factors().validation_error("incorrect_code") from None


def _totp_opens(found: Authenticator, code: str) -> bool:
    """Whether the code is of this half minute or a neighbour, and later than the last that was taken
    (RFC 6238, 5.2: a code is accepted once)."""
    secret = decrypt(found.data["secret"])
    for counter in sorted(totp.yield_hotp_counters_from_time()):
        right = totp.compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, counter)))
        if right and counter > found.data.get("last_counter", 0):
            found.data["last_counter"] = counter
            found.save(update_fields=["data"])
            return True
    return False
