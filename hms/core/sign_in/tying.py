"""Which subject of the identity provider opens which account: tied at the door once, or by its owner, signed in."""

from __future__ import annotations

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hms.core import audit
from hms.core.models import User
from hms.core.refusals import Refused


def of(user: User) -> SocialAccount | None:
    """What is tied to an account: one subject at most."""
    return SocialAccount.objects.filter(user=user).first()


@transaction.atomic
def at_the_door(user: User, account: SocialAccount) -> str:
    """Tie a subject to the account that it names. Answers with "", or why not: the account has a subject already, or
    somebody has signed in to it before, who alone may say whose it is. Locks: the person."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if of(held):
        # A name that was claimed once belongs to the subject that claimed it first.
        return "subject"
    if held.last_login is not None:
        return "in use"
    _tie(held, account)
    return ""


@transaction.atomic
def from_within(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """Tie a subject to one's own account. Refuses when who comes back is another than who went, or their last sign-in
    is too long ago; a subject of another account; and a second one. Locks: the person."""
    user = request.user
    went = (sociallogin.state.get("data") or {}).get("user")
    if not user.is_authenticated or went != str(user.pk) or is_reauthentication_required(request, app="hms"):
        raise Refused(_("This took too long, or somebody else has signed in meanwhile. Begin again."))
    held = User.objects.select_for_update().get(pk=user.pk)
    if sociallogin.is_existing and sociallogin.user.pk != held.pk:
        raise Refused(_("This sign-in opens another account here. Ask whose it is before anything is changed."))
    if of(held):
        raise Refused(_("Your account is connected already. Disconnect it first."))
    _tie(held, sociallogin.account)


def _tie(user: User, account: SocialAccount) -> None:
    account.user = user
    account.save()
    audit.record(user, "core.user.single_sign_on_linked", user)


@transaction.atomic
def untie(user: User) -> None:
    """Let one's account be opened without the provider again. Refuses where nothing else opens it. Locks: the person."""
    held = User.objects.select_for_update().get(pk=user.pk)
    if not held.has_usable_password():
        raise Refused(_("Nothing else opens your account. Ask an administrator for a password first."))
    if tied := of(held):
        tied.delete()
        audit.record(user, "core.user.single_sign_on_unlinked", held)
