"""One's own second factors: an app's codes, passkeys, recovery codes."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any, ClassVar

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.mfa.webauthn.internal import auth as passkey
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import audit
from hms.core.models import Pin
from hms.core.sign_in import factors as rules
from hms.core.sign_in import sessions, tying

View = Callable[..., HttpResponse]


def signing_in_again(view: View) -> View:
    """Where allauth wants the person to sign in again it would keep the whole request to play it back past
    our checks. Instead: sign in again, then the page is opened anew."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ReauthenticationRequired:
            return HttpResponseRedirect(way_to_sign_in_again(request, request.path))

    return answer


def way_to_sign_in_again(request: HttpRequest, back: str) -> str:
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    return f"{methods[0]['url'] if methods else reverse('account_login')}?{urlencode({'next': back})}"


def _options(data: dict[str, Any]) -> str:
    """What the browser's own dialogue is given: fido2's objects as JSON."""
    return json.dumps(data, default=dict)


class Page:
    """A page of one's own account in the shape of `form_page.html` or `confirm_page.html`."""

    words: ClassVar[dict[str, Any]] = {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        back = reverse("mfa_index")
        return {**super().get_context_data(**kwargs), "back": back, "crumbs": [(_("Signing in"), back)], **self.words}


class LastQuestion(Page):
    """Asks, and has no field of its own."""

    template_name = "confirm_page.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "form": None}


class Removal(LastQuestion):
    """Of a second step: not of the last one of somebody whose role demands it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = get_object_or_404(Authenticator, user=request.user, type=self.kind, **kwargs)
        if not rules.may_go(found):
            messages.error(request, _("Your role demands a second step, and this is your last. Add another one first."))
            return HttpResponseRedirect(reverse("mfa_index"))
        return super().dispatch(request, *args, **kwargs)


class Mine(base.IndexView):
    template_name = "mfa/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "sessions": sessions.listed(self.request),
            "second_step_missing": rules.is_missing(self.request),
            "single_sign_on": settings.OIDC_NAME if settings.OIDC_URL else "",
            "tied": tying.of(self.request.user),
            "pin": Pin.objects.filter(user=self.request.user).first(),
        }


class Authenticate(base.AuthenticateView):
    template_name = "mfa/authenticate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        held = set(Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True))
        options = _options(context["js_data"]["request_options"])
        return context | {"held": held, "options": options}


class CodeAgain(base.ReauthenticateView):
    template_name = "mfa/reauthenticate.html"

    def form_valid(self, form: Any) -> HttpResponse:
        audit.record(self.request.user, "core.user.reauthenticated", self.request.user, detail={"by": "code"})
        return super().form_valid(form)


class PasskeyAgain(passkeys.ReauthenticateWebAuthnView):
    template_name = "mfa/webauthn/reauthenticate.html"

    def form_invalid(self, form: Any) -> HttpResponse:
        messages.error(self.request, _("That passkey did not fit. Try again, or take another way."))
        return HttpResponseRedirect(self.request.get_full_path())

    def form_valid(self, form: Any) -> HttpResponse:
        audit.record(self.request.user, "core.user.reauthenticated", self.request.user, detail={"by": "passkey"})
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {"options": _options(context["js_data"]["request_options"])}


class PasskeySignIn(passkeys.LoginWebAuthnView):
    """The browser asks for a challenge (GET), and sends what the passkey made of it (POST)."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse(passkey.begin_authentication(user=None), json_dumps_params={"default": dict})

    def form_invalid(self, form: Any) -> HttpResponse:
        audit.record(None, "core.user.sign_in_failed", detail={"by": "passkey"})
        messages.error(self.request, _("No account here knows this passkey. Sign in with your password."))
        return HttpResponseRedirect(reverse("account_login"))


class ActivateCodes(Page, totp.ActivateTOTPView):
    template_name = "mfa/totp/activate_form.html"
    words: ClassVar = {"heading": gettext_lazy("Codes of an app"), "label": gettext_lazy("Set up")}

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.record(self.request.user, "core.user.factor_added", self.request.user, detail={"kind": "totp"})
        messages.success(self.request, _("From now on you sign in with your password and a code of the app."))
        return answer


class DeactivateCodes(Removal, totp.DeactivateTOTPView):
    kind = Authenticator.Type.TOTP
    words: ClassVar = {
        "heading": gettext_lazy("Remove the app's codes"),
        "question": gettext_lazy("Sign in without the codes of your app from now on?"),
        "detail": gettext_lazy("The recovery codes go with the last second step."),
        "label": gettext_lazy("Remove"),
    }

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.record(self.request.user, "core.user.factor_removed", self.request.user, detail={"kind": "totp"})
        messages.success(self.request, _("The app's codes are no longer asked for."))
        return answer


class AddPasskey(passkeys.AddWebAuthnView):
    template_name = "mfa/webauthn/add_form.html"

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.record(self.request.user, "core.user.factor_added", self.request.user, detail={"kind": "webauthn"})
        messages.success(self.request, _("The passkey is added."))
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth leaves out what the form found wrong.
        context = {**super().get_context_data(**kwargs), **kwargs}
        return context | {"options": _options(context["js_data"]["creation_options"])}


class RenamePasskey(Page, passkeys.EditWebAuthnView):
    template_name = "form_page.html"
    words: ClassVar = {"heading": gettext_lazy("Rename a passkey"), "label": gettext_lazy("Rename")}
    success_url = reverse_lazy("mfa_index")


class RemovePasskey(Removal, passkeys.RemoveWebAuthnView):
    kind = Authenticator.Type.WEBAUTHN
    words: ClassVar = {
        "heading": gettext_lazy("Remove a passkey"),
        "question": gettext_lazy("Remove this passkey?"),
        "detail": gettext_lazy("It opens nothing here from then on. Delete it on the device that keeps it as well."),
        "label": gettext_lazy("Remove"),
    }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"who": self.object.wrap().name}

    success_url = reverse_lazy("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.record(self.request.user, "core.user.factor_removed", self.request.user, detail={"kind": "webauthn"})
        messages.success(self.request, _("The passkey is removed."))
        return answer


class RecoveryCodes(recovery_codes.ViewRecoveryCodesView):
    template_name = "mfa/recovery_codes/index.html"


class NewRecoveryCodes(LastQuestion, recovery_codes.GenerateRecoveryCodesView):
    words: ClassVar = {
        "heading": gettext_lazy("New recovery codes"),
        "question": gettext_lazy("Make ten new recovery codes?"),
        "detail": gettext_lazy("The old ones open nothing from then on."),
        "label": gettext_lazy("Make new ones"),
    }

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        audit.record(self.request.user, "core.user.recovery_codes_made", self.request.user)
        return answer
