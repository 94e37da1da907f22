"""Who works where: the network's facilities, their departments, people and the roles they hold."""

from __future__ import annotations

import unicodedata
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.contrib.auth.models import AbstractUser, Group, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hms.core.ids import uuid7
from hms.core.models.base import Record
from hms.core.models.tracking import tracked


def known_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError(_("“%(zone)s” is not a time zone. Example: Europe/London."), params={"zone": value})


class PaperSize(models.TextChoices):
    A4 = "A4", "A4"
    LETTER = "letter", _("Letter")


@tracked()
class Facility(Record):
    """A branch of the network: its letterhead, clock, currency and paper."""

    code = models.CharField(
        _("code"),
        max_length=4,
        unique=True,
        validators=[RegexValidator(r"^[A-Z]{1,4}$", _("One to four capital letters."))],
        help_text=_("Stands in front of MRNs and document numbers. It cannot be changed once used."),
    )
    name = models.CharField(_("name"), max_length=120, unique=True)
    address = models.CharField(_("address"), max_length=200)
    phone = models.CharField(_("phone"), max_length=40)
    email = models.EmailField(_("e-mail"), blank=True)
    registration = models.CharField(_("registration number"), max_length=60)
    time_zone = models.CharField(_("time zone"), max_length=60, validators=[known_time_zone])
    currency = models.CharField(
        _("currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", _("An ISO 4217 code, such as EUR."))]
    )
    paper = models.CharField(_("paper"), max_length=10, choices=PaperSize, default=PaperSize.A4)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = _("facilities")

    def __str__(self) -> str:
        return self.name


@tracked()
class Department(Record):
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="departments")
    code = models.SlugField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=80)
    active = models.BooleanField(_("active"), default=True)
    sees_patients = models.BooleanField(
        _("sees patients"), default=True, help_text=_("Is offered where a visit is opened.")
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "code"], name="core_department_one_code_per_facility"),
        ]

    def __str__(self) -> str:
        return self.name


SYSTEM = "system"


def _one_way_to_write(password: str | None) -> str | None:
    """The same letters in the same form (NFKC), whatever keyboard typed them: NIST SP 800-63B-4, 3.1.1.2."""
    return unicodedata.normalize("NFKC", password) if password else password


class HospitalUserManager(UserManager):
    def create_user(self, username: str, email: str | None = None, password: str | None = None, **more: Any) -> User:
        return super().create_user(username, email, _one_way_to_write(password), **more)

    def system(self) -> User:
        """The actor of what no person does: the worker, the clock, an import."""
        from hms.core import audit

        if found := self.filter(username=SYSTEM).first():
            return found
        with transaction.atomic():
            user, made = self.get_or_create(
                username=SYSTEM, defaults={"is_active": False, "first_name": "System", "password": "!"}
            )
            if made:
                audit.record(user, "core.user.system_made", user)
        return user


@tracked(without=("password", "last_login", "first_password_until"))
class User(AbstractUser):
    """A person who signs in. Deactivated, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.CharField(_("title"), max_length=20, blank=True, help_text=_("Before the name: Dr, Prof. …"))
    email = models.EmailField(_("e-mail"), blank=True)
    # While somebody else's choice is the password: until then it signs in, and opens nothing but the page to change it.
    first_password_until = models.DateTimeField(null=True, editable=False)

    objects = HospitalUserManager()

    # Where the person works at this moment: set by FacilityMiddleware or by at(), never stored.
    _facility: Facility | None = None

    class Meta:
        ordering = ["username"]

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(_one_way_to_write(raw_password))

    def check_password(self, raw_password: str) -> bool:
        return super().check_password(_one_way_to_write(raw_password))

    def at(self, facility: Facility) -> User:
        """This person, working in `facility` from here on. Scope and permissions follow it."""
        self._facility = facility
        self.__dict__.pop("_permissions", None)
        self.__dict__.pop("_held", None)
        return self

    @property
    def facility(self) -> Facility:
        if self._facility is None:
            raise LookupError(f"{self.username} works in no facility here: call user.at(facility) first")
        return self._facility

    @property
    def has_facility(self) -> bool:
        return self._facility is not None

    @property
    def is_system(self) -> bool:
        """The actor of what no person does. Nobody signs in as it: an account of that name that can is a person."""
        return self.username == SYSTEM and not self.is_active

    @property
    def held(self) -> list[tuple[str, UUID | None]]:
        """(role's code, department's id) of each membership in the facility the person works in."""
        if self._facility is None:
            return []
        if "_held" not in self.__dict__:
            rows = self.memberships.filter(facility=self._facility, active=True).order_by("role__name")
            self.__dict__["_held"] = list(rows.values_list("role__name", "department_id"))
        return self.__dict__["_held"]

    @property
    def roles(self) -> list[str]:
        """Codes of the roles held in the facility the person works in; empty outside any."""
        return [role for role, _department in self.held]

    def departments_for(self, permission: str) -> set[UUID] | None:
        """The departments in which the person's roles give a permission; None where one gives it everywhere."""
        from hms.core import roles

        places = {department for role, department in self.held if permission in roles.ROLES[role].permissions}
        return None if None in places else places

    @property
    def first_password_is_over(self) -> bool:
        return self.first_password_until is not None and self.first_password_until <= timezone.now()

    @property
    def name(self) -> str:
        return f"{self.title} {self.get_full_name()}".strip() if self.get_full_name() else self.username

    def __str__(self) -> str:
        return self.name


@tracked()
class Membership(Record):
    """A person holds a role in a facility, perhaps in one department of it."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="memberships")
    role = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "facility", "role"],
                condition=Q(active=True),
                name="core_membership_one_per_role_and_facility",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role} · {self.facility}"

    def clean(self) -> None:
        if self.department_id and self.department.facility_id != self.facility_id:
            raise ValidationError({"department": _("This department belongs to another facility.")})
