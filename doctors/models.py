"""Who consults: specialty, fee, signature, and the hours in which a doctor sees patients."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import DateRangeField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from doctors.querysets import DoctorQuerySet, OfDoctorQuerySet
from hms.core.models import Record
from hms.core.models.tracking import tracked
from staff.models import Employee

SHORTEST_SLOT, LONGEST_SLOT = 5, 240
SIGNATURE_BYTES = 200 * 1024


@tracked()
class Specialty(Record):
    """A branch of medicine. Its consultations are charged as the service `CONSULT-<CODE>` of billing."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = _("specialties")

    def __str__(self) -> str:
        return self.name


@tracked(without=("signature",))
class Doctor(Record):
    """An employee who consults."""

    employee = models.OneToOneField(Employee, on_delete=models.PROTECT, related_name="doctor")
    specialty = models.ForeignKey(
        Specialty, on_delete=models.PROTECT, related_name="doctors", verbose_name=_("specialty")
    )
    licence_number = models.CharField(_("licence number"), max_length=60)
    fee = models.DecimalField(
        _("own consultation fee"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text=_("Empty: the price of the specialty in the price list."),
    )
    room = models.CharField(_("room"), max_length=40, blank=True)
    signature = models.BinaryField(null=True, editable=False)
    accepts_new = models.BooleanField(_("takes new patients"), default=True)
    active = models.BooleanField(_("active"), default=True, editable=False)

    objects = DoctorQuerySet.as_manager()

    class Meta:
        ordering = ["employee__family_name", "employee__given_name", "id"]
        permissions = [
            ("use_desk", "Can use the consultation desk"),
            ("change_availability", "Can plan consultation hours"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(fee__gte=0), name="doctors_doctor_fee"),
            models.CheckConstraint(condition=~Q(licence_number=""), name="doctors_doctor_licensed"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.employee.name

    @property
    def status(self) -> str:
        return "active" if self.active else "inactive"

    def get_status_display(self) -> str:
        return str(_("Consulting") if self.active else _("Not consulting"))


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class WallMinutes(Func):
    """A wall time as minutes since midnight: PostgreSQL has no range of times."""

    template = "(extract(epoch from %(expressions)s) / 60)::integer"
    output_field = models.IntegerField()


class WallRange(Func):
    """The half-open range of wall minutes between two times."""

    function = "int4range"
    output_field = IntegerRangeField()

    def __init__(self, starts: str, ends: str) -> None:
        super().__init__(WallMinutes(starts), WallMinutes(ends))


class DayRange(Func):
    """The days from the first to the last, which may be open."""

    function = "daterange"
    output_field = DateRangeField()

    def __init__(self, first: str, last: str) -> None:
        super().__init__(first, last, Value("[]"))


SLOT_VALIDATORS = [MinValueValidator(SHORTEST_SLOT), MaxValueValidator(LONGEST_SLOT)]


@tracked()
class Availability(Record):
    """Weekly consultation hours, by the wall clock of the doctor's facility."""

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="availability")
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    slot_minutes = models.PositiveSmallIntegerField(_("minutes a patient"), default=20, validators=SLOT_VALIDATORS)
    room = models.CharField(_("room"), max_length=40, blank=True)
    valid_from = models.DateField(_("first day"))
    valid_until = models.DateField(_("last day"), null=True, blank=True)

    objects = OfDoctorQuerySet.as_manager()

    deletable = True

    class Meta:
        ordering = ["weekday", "starts"]
        verbose_name_plural = _("availability")
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="doctors_availability_weekday"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="doctors_availability_forward"),
            models.CheckConstraint(
                condition=Q(slot_minutes__range=(SHORTEST_SLOT, LONGEST_SLOT)), name="doctors_availability_slot"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="doctors_availability_validity",
            ),
            ExclusionConstraint(
                name="doctors_availability_no_overlap",
                expressions=[
                    ("doctor", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    (WallRange("starts", "ends"), RangeOperators.OVERLAPS),
                    (DayRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class ExceptionKind(models.TextChoices):
    AWAY = "away", _("Away")
    EXTRA = "extra", _("Extra hours")


@tracked()
class AvailabilityException(Record):
    """A day that differs from the week: away (the whole day, or some hours), or extra hours."""

    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="exceptions")
    date = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=6, choices=ExceptionKind)
    starts = models.TimeField(_("from"), null=True, blank=True)
    ends = models.TimeField(_("until"), null=True, blank=True)
    slot_minutes = models.PositiveSmallIntegerField(
        _("minutes a patient"), null=True, blank=True, validators=SLOT_VALIDATORS
    )
    room = models.CharField(_("room"), max_length=40, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = OfDoctorQuerySet.as_manager()

    deletable = True

    class Meta:
        ordering = ["date", "starts"]
        indexes = [models.Index(fields=["doctor", "date"], name="doctors_exception_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ExceptionKind.values), name="doctors_availabilityexception_kind"
            ),
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True)
                | Q(starts__isnull=False, ends__isnull=False, ends__gt=F("starts")),
                name="doctors_availabilityexception_forward",
            ),
            models.CheckConstraint(
                condition=Q(kind="away", slot_minutes__isnull=True)
                | Q(
                    kind="extra",
                    starts__isnull=False,
                    ends__isnull=False,
                    slot_minutes__range=(SHORTEST_SLOT, LONGEST_SLOT),
                ),
                name="doctors_availabilityexception_extra_has_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.date:%Y-%m-%d}"
