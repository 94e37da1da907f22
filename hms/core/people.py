"""Accounts, roles and facilities: the services behind the admin and the set-up."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.utils.translation import gettext as _

from hms.core import approvals, audit
from hms.core.models import Department, Facility, Membership, User
from hms.core.refusals import Refused


@dataclass(frozen=True)
class NewFacility:
    code: str
    name: str
    time_zone: str
    currency: str


def facilities_exist() -> bool:
    return Facility.objects.exists()


@transaction.atomic
def create_administrator(*, username: str, password: str, first_facility: NewFacility | None) -> User:
    """An account with the administrator's role in every facility. Refuses a user name that is taken."""
    if User.objects.filter(username=username).exists():
        raise Refused(_("The user name “%(name)s” is taken.") % {"name": username})
    if first_facility:
        facility = Facility(
            code=first_facility.code,
            name=first_facility.name,
            time_zone=first_facility.time_zone,
            currency=first_facility.currency,
            address="-",
            phone="-",
            registration="-",
        )
        facility.full_clean()
        facility.save()
    user = User.objects.create_user(username=username, password=password, is_staff=True)
    for facility in Facility.objects.all():
        grant(user, user=user, facility=facility, role="administrator")
    audit.record(user, "core.user.created", user)
    return user


@transaction.atomic
def grant(
    actor: User | None, *, user: User, facility: Facility, role: str, department: Department | None = None
) -> Membership:
    """Let `user` hold `role` in `facility`. Done twice it is done once."""
    membership, made = Membership.objects.get_or_create(
        user=user,
        facility=facility,
        role=Group.objects.get(name=role),
        active=True,
        defaults={"department": department},
    )
    if made:
        audit.record(actor, "core.membership.granted", membership, detail={"role": role, "user": str(user.pk)})
    return membership


def administered(user: User) -> models.QuerySet[Facility]:
    """The facilities whose administrator somebody is."""
    return Facility.objects.filter(
        memberships__user=user, memberships__active=True, memberships__role__name="administrator"
    ).distinct()


def may_change(administrator: User, facility: Facility) -> bool:
    """Whether somebody may change a facility: one whose administrator they are, or that has nobody yet."""
    ours = administered(administrator).filter(pk=facility.pk).exists()
    return ours or not facility.memberships.filter(active=True).exists()


def known_to(administrator: User) -> models.Q:
    """Users who work where one is administrator, or nowhere yet."""
    here = Membership.objects.filter(user=models.OuterRef("pk"), active=True)
    return models.Q(models.Exists(here.filter(facility__in=administered(administrator)))) | ~models.Q(
        models.Exists(here)
    )


def works_elsewhere(user: User, *, than: models.QuerySet[Facility]) -> bool:
    return user.memberships.filter(active=True).exclude(facility__in=than).exists()


@transaction.atomic
def withdraw(actor: User, *, membership: Membership) -> None:
    """End a membership; the row stays. Locks: the membership."""
    locked = Membership.objects.select_for_update().get(pk=membership.pk)
    locked.active = False
    locked.save(update_fields=["active"])
    audit.record(actor, "core.membership.withdrawn", locked, detail={"user": str(locked.user_id)})


@transaction.atomic
def keep_membership(actor: User, *, row: Membership) -> Membership:
    """Give a role, or change one that is held. Refuses one's own, by whichever account: another administrator does it."""
    if row.user_id == actor.pk or row.user_id in approvals.others_of(actor.pk):
        raise Refused(_("Nobody gives themselves a role. Another administrator does it."))
    return keep(actor, row=row, fields=["facility", "role", "department", "active"])


@transaction.atomic
def keep(actor: User, *, row: models.Model, fields: list[str]) -> models.Model:
    """Add or change a row of master data; the audit names the fields. Its own checks are made first."""
    adding = row._state.adding
    row.full_clean()
    row.save()
    verb = "added" if adding else "changed"
    audit.record(actor, f"{row._meta.app_label}.{row._meta.model_name}.{verb}", row, detail={"fields": fields})
    return row
