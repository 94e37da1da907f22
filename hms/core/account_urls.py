"""Under /accounts/: every route of signing in, each with who may use it. Names with an underscore are those
that allauth looks up; a route of its that is not here does not exist."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import path

from hms.core import access
from hms.core.acts import once
from hms.core.views import factors, lock, sign_in

View = Callable[..., HttpResponse]


def _own(view: View) -> View:
    """A page of one's own account."""
    return access.signed_in(factors.signing_in_again(view))


def _act(view: View) -> View:
    """A page that changes one's own account."""
    return access.signed_in(once(factors.signing_in_again(view)))


urlpatterns = [
    path("login/", access.public(sign_in.SignIn.as_view()), name="account_login"),
    path("logout/", access.public(sign_in.SignOut.as_view()), name="account_logout"),
    path("logout/everywhere/", sign_in.sign_out_everywhere, name="sign_out_everywhere"),
    path("again/", _own(sign_in.PasswordAgain.as_view()), name="account_reauthenticate"),
    path("password/", access.signed_in(sign_in.PasswordChange.as_view()), name="account_change_password"),
    path("password/done/", sign_in.password_changed, name="password_changed"),
    path("lock/", lock.lock, name="lock"),
    path("locked/", lock.locked, name="locked"),
    path("locked/passkey/", lock.unlock_by_passkey, name="unlock_by_passkey"),
    path("security/pin/", _act(lock.pin), name="pin"),
    path("security/pin/remove/", _act(lock.remove_pin), name="remove_pin"),
    path("sso/<slug:provider_id>/", sign_in.single_sign_on, name="openid_connect_login"),
    path("sso/<slug:provider_id>/back/", sign_in.single_sign_on_back, name="openid_connect_callback"),
    path("sso-cancelled/", sign_in.single_sign_on_cancelled, name="socialaccount_login_cancelled"),
    path("security/single-sign-on/", _act(sign_in.single_sign_on_connect), name="single_sign_on_connect"),
    path(
        "security/single-sign-on/remove/",
        _act(sign_in.single_sign_on_disconnect),
        name="single_sign_on_disconnect",
    ),
    path("security/", _own(factors.Mine.as_view()), name="mfa_index"),
    path("code/", access.public(factors.Authenticate.as_view()), name="mfa_authenticate"),
    path("again/code/", _own(factors.CodeAgain.as_view()), name="mfa_reauthenticate"),
    path("again/passkey/", _own(factors.PasskeyAgain.as_view()), name="mfa_reauthenticate_webauthn"),
    path("passkey/", access.public(factors.PasskeySignIn.as_view()), name="mfa_login_webauthn"),
    path("security/app/", _act(factors.ActivateCodes.as_view()), name="mfa_activate_totp"),
    path("security/app/remove/", _act(factors.DeactivateCodes.as_view()), name="mfa_deactivate_totp"),
    path("security/recovery-codes/", _own(factors.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path("security/recovery-codes/new/", _act(factors.NewRecoveryCodes.as_view()), name="mfa_generate_recovery_codes"),
    path("security/passkeys/add/", _act(factors.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/", _act(factors.RenamePasskey.as_view()), name="mfa_edit_webauthn"),
    path("security/passkeys/<int:pk>/remove/", _act(factors.RemovePasskey.as_view()), name="mfa_remove_webauthn"),
]
