"""Who works in the hospital, with which licences, when they are planned, and when they were there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from hms.core import clock
from hms.core.models import Department, Facility, Record, User
from hms.core.models.tracking import tracked
from staff.querysets import (
    AttendanceQuerySet,
    CredentialQuerySet,
    EmployeeQuerySet,
    RosterQuerySet,
    ShiftQuerySet,
)

EXPIRES_SOON = timedelta(days=60)


class Profession(models.TextChoices):
    DOCTOR = "doctor", _("Doctor")
    NURSE = "nurse", _("Nurse")
    MIDWIFE = "midwife", _("Midwife")
    PHARMACIST = "pharmacist", _("Pharmacist")
    LAB_TECHNICIAN = "lab_technician", _("Laboratory technician")
    PATHOLOGIST = "pathologist", _("Pathologist")
    RADIOGRAPHER = "radiographer", _("Radiographer")
    PHYSIOTHERAPIST = "physiotherapist", _("Physiotherapist")
    RECEPTIONIST = "receptionist", _("Receptionist")
    CASHIER = "cashier", _("Cashier")
    ACCOUNTANT = "accountant", _("Accountant")
    HR = "hr", _("HR officer")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")
    AUDITOR = "auditor", _("Auditor")
    TECHNICIAN = "technician", _("Technician")
    PORTER = "porter", _("Porter")
    CLEANER = "cleaner", _("Cleaner")
    COOK = "cook", _("Cook")
    DRIVER = "driver", _("Driver")
    GUARD = "guard", _("Guard")


@tracked()
class Employee(Record):
    """A person who works in a facility. Leaves and may come back; never deleted."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="employees")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="employees", verbose_name=_("department")
    )
    user = models.OneToOneField(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="employee", verbose_name=_("sign-in")
    )
    number = models.CharField(_("staff number"), max_length=20, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=20, blank=True, help_text=_("Before the name: Dr, Prof. …"))
    given_name = models.CharField(_("given names"), max_length=120)
    family_name = models.CharField(_("family name"), max_length=120)
    profession = models.CharField(_("profession"), max_length=20, choices=Profession)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    hired_on = models.DateField(_("hired on"))
    left_on = models.DateField(_("last day"), null=True, blank=True, editable=False)
    active = models.BooleanField(_("active"), default=True, editable=False)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        ordering = ["family_name", "given_name", "id"]
        indexes = [
            models.Index(fields=["facility", "family_name", "given_name", "id"], name="staff_employee_by_name"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(profession__in=Profession.values), name="staff_employee_profession"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=F("hired_on")),
                name="staff_employee_left_after_hired",
            ),
            models.CheckConstraint(
                condition=Q(active=True, left_on__isnull=True) | Q(active=False, left_on__isnull=False),
                name="staff_employee_inactive_when_left",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.title, self.given_name, self.family_name)))

    @property
    def status(self) -> str:
        return "active" if self.active else "inactive"

    def get_status_display(self) -> str:
        return str(_("Working") if self.active else _("Left"))


class CredentialKind(models.TextChoices):
    LICENCE = "licence", _("Licence to practise")
    REGISTRATION = "registration", _("Professional registration")
    DEGREE = "degree", _("Degree")
    CERTIFICATE = "certificate", _("Certificate")
    WORK_PERMIT = "work_permit", _("Work permit")
    INSURANCE = "insurance", _("Liability insurance")


# One that holds is enough: an older one of the kind is no news once a newer one is on file. Certificates
# are each for something else.
ONE_IS_ENOUGH = [
    CredentialKind.LICENCE,
    CredentialKind.REGISTRATION,
    CredentialKind.WORK_PERMIT,
    CredentialKind.INSURANCE,
]


@tracked()
class Credential(Record):
    """A paper that lets an employee do their work, until when. A wrong one is withdrawn, not deleted."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="credentials")
    kind = models.CharField(_("kind"), max_length=14, choices=CredentialKind)
    number = models.CharField(_("number"), max_length=80)
    issuer = models.CharField(_("issued by"), max_length=120)
    issued_on = models.DateField(_("issued on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_reason = models.CharField(max_length=300, blank=True, editable=False)

    objects = CredentialQuerySet.as_manager()

    class Meta:
        ordering = [F("valid_until").asc(nulls_last=True), "kind"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CredentialKind.values), name="staff_credential_kind"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("issued_on")),
                name="staff_credential_valid_after_issue",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="staff_credential_withdrawn_says_why",
            ),
            models.UniqueConstraint(
                fields=["employee", "kind", "number"],
                condition=Q(withdrawn_at__isnull=True),
                name="staff_credential_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    def state(self, today: date) -> str:
        """withdrawn, expired, expiring (within 60 days) or active."""
        if self.withdrawn_at:
            return "withdrawn"
        if self.valid_until is None:
            return "active"
        if self.valid_until < today:
            return "expired"
        return "expiring" if self.valid_until <= today + EXPIRES_SOON else "active"


WARNED_AT = (60, 30, 7)  # days before a paper ends; and once more when it has


class CredentialWarning(Record):
    """Somebody was told that a paper runs out in so many days (60, 30, 7), or has ended (0). Once each."""

    credential = models.ForeignKey(Credential, on_delete=models.PROTECT, related_name="warnings")
    days = models.PositiveSmallIntegerField()

    untracked = "that a warning was sent, so that it is sent once"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credential", "days"], name="staff_credentialwarning_once"),
            models.CheckConstraint(condition=Q(days__in=[*WARNED_AT, 0]), name="staff_credentialwarning_days"),
        ]

    def __str__(self) -> str:
        return f"{self.credential_id} {self.days}"


@tracked()
class Shift(Record):
    """Working hours that have a name, by the wall clock. One that ends before it starts ends the next day."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="shifts")
    name = models.CharField(_("name"), max_length=40)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    active = models.BooleanField(_("in use"), default=True)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering = ["starts", "name"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "name"], name="staff_shift_one_name"),
            models.CheckConstraint(condition=~Q(starts=F("ends")), name="staff_shift_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.starts:%H:%M}–{self.ends:%H:%M}"

    @property
    def crosses_midnight(self) -> bool:
        return self.ends < self.starts

    def period_on(self, day: date) -> tuple[datetime, datetime]:
        """The instants between which this shift of `day` lies. In the night of a change to or from
        summer time it is an hour shorter or longer, as it is for those who work it."""
        until = day + timedelta(days=1) if self.crosses_midnight else day
        return self._instant(day, self.starts), self._instant(until, self.ends)

    def _instant(self, day: date, wall: time) -> datetime:
        # A wall time that the clocks skip becomes the same distance after the change.
        return datetime.combine(day, wall, tzinfo=clock.zone(self.facility))


@tracked()
class RosterEntry(Record):
    """An employee is planned for a shift of a day, in a department."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="roster")
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="entries")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="roster")
    date = models.DateField(_("day"))
    period = DateTimeRangeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = RosterQuerySet.as_manager()

    deletable = True

    class Meta:
        ordering = ["date", "period", "id"]
        verbose_name_plural = _("roster entries")
        permissions = [("view_roster", "Can see the roster"), ("change_roster", "Can plan the roster")]
        indexes = [models.Index(fields=["date", "department"], name="staff_roster_day")]
        constraints = [
            ExclusionConstraint(
                name="staff_rosterentry_no_overlap",
                expressions=[("employee", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="staff_rosterentry_has_length"),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.date:%Y-%m-%d}"


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


@tracked()
class Attendance(Record):
    """An employee came, and left. A wrong one is corrected with a reason; a false one is voided."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="attendances")
    roster_entry = models.ForeignKey(
        RosterEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="attendances"
    )
    came_at = models.DateTimeField(_("came"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    correction = models.CharField(_("correction"), max_length=300, blank=True)
    void = models.BooleanField(default=False)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        ordering = ["-came_at", "-id"]
        permissions = [("record_attendance", "Can record who came and left")]
        indexes = [models.Index(fields=["employee", "-came_at"], name="staff_attendance_employee")]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gt=F("came_at")), name="staff_attendance_left_after_came"
            ),
            models.UniqueConstraint(
                fields=["employee"], condition=Q(left_at__isnull=True, void=False), name="staff_attendance_one_open"
            ),
            ExclusionConstraint(
                name="staff_attendance_no_overlap",
                expressions=[
                    ("employee", RangeOperators.EQUAL),
                    (TsTzRange("came_at", "left_at"), RangeOperators.OVERLAPS),
                ],
                condition=Q(void=False),
            ),
            models.CheckConstraint(condition=Q(void=False) | ~Q(correction=""), name="staff_attendance_void_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.came_at:%Y-%m-%d %H:%M}"
