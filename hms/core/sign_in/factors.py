"""Who must have a second step, and whether they have one."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from hms.core import audit, roles
from hms.core.models import Membership, User
from hms.core.sign_in import sessions

STEPS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
# What somebody who still has to set one up may open: the way to it, and the way out.
THE_WAY_THERE = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_view_recovery_codes",
    "account_reauthenticate",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "account_change_password",
    "password_changed",
    "sign_out_everywhere",
    "core:no-facility",
}


def roles_that_must() -> set[str]:
    """Codes of the roles in HMS_MFA_ROLES; "all" are those of the staff."""
    named = set(settings.MFA_ROLES)
    return set(roles.ROLES) - {"patient"} if "all" in named else named


def must_have(memberships: Iterable[Membership]) -> bool:
    return not roles_that_must().isdisjoint(each.role.name for each in memberships)


def has_one(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=STEPS).exists()


def is_missing(request: HttpRequest) -> bool:
    """Whether the person has to set a second step up before anything else. Asked of the database until they
    have: then the session remembers, and nobody who must have one can remove their last."""
    if not settings.MFA_ROLES or not must_have(request.memberships) or request.session.get("second_step"):
        return False
    if has_one(request.user):
        request.session["second_step"] = True
        return False
    return True


def may_go(authenticator: Authenticator) -> bool:
    """Not the last second step of somebody whose role demands one."""
    others = Authenticator.objects.filter(user=authenticator.user, type__in=STEPS).exclude(pk=authenticator.pk)
    held = Membership.objects.filter(user=authenticator.user, active=True).select_related("role")
    return others.exists() or not must_have(held)


@transaction.atomic
def take_off(actor: User, *, user: User) -> int:
    """Remove somebody's second steps, for one who has lost them; they are signed out everywhere, and set up
    new ones where their role demands it. Locks: their authenticators."""
    held = list(Authenticator.objects.select_for_update().filter(user=user).order_by("pk"))
    if held:
        Authenticator.objects.filter(pk__in=[each.pk for each in held]).delete()
        sessions.end_all(user)
        kinds = sorted(each.type for each in held)
        audit.record(actor, "core.user.factors_taken_off", user, detail={"kinds": kinds})
    return len(held)
