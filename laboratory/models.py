"""What the laboratory can measure, what was asked of it, and what it found."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from billing.models import Service
from hms.core import units
from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from laboratory.querysets import OfOrderQuerySet, OfPatientQuerySet, OrderQuerySet, TestQuerySet
from patients.models import Encounter, Observation, Patient


class SpecimenKind(models.TextChoices):
    BLOOD_EDTA = "blood-edta", _("Blood, EDTA (lavender)")
    BLOOD_SERUM = "blood-serum", _("Blood, serum (gold)")
    BLOOD_CITRATE = "blood-citrate", _("Blood, citrate (blue)")
    BLOOD_FLUORIDE = "blood-fluoride", _("Blood, fluoride (grey)")
    URINE = "urine", _("Urine")
    STOOL = "stool", _("Stool")
    SWAB = "swab", _("Swab")
    SPUTUM = "sputum", _("Sputum")
    CSF = "csf", _("Cerebrospinal fluid")
    OTHER = "other", _("Other")


@tracked()
class TestDefinition(Record):
    """A test of the facility's catalogue."""

    __test__ = False  # not for pytest

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="tests")
    service = models.OneToOneField(Service, on_delete=models.PROTECT, related_name="lab_test")
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=120)
    loinc = models.CharField("LOINC", max_length=12, blank=True)
    specimen = models.CharField(_("specimen"), max_length=16, choices=SpecimenKind)
    numeric = models.BooleanField(_("result is a number"), default=True)
    unit = models.CharField(_("unit (UCUM)"), max_length=30, blank=True)
    decimals = models.PositiveSmallIntegerField(_("decimals"), default=1)
    active = models.BooleanField(_("active"), default=True)

    objects = TestQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "code"], name="laboratory_testdefinition_one_code"),
            models.CheckConstraint(
                condition=Q(specimen__in=SpecimenKind.values), name="laboratory_testdefinition_specimen"
            ),
            models.CheckConstraint(condition=Q(decimals__lte=6), name="laboratory_testdefinition_decimals"),
        ]

    def __str__(self) -> str:
        return self.name


class AgeRange(Func):
    function = "int4range"
    output_field = IntegerRangeField()


class RangeSex(models.TextChoices):
    ANY = "any", _("Anyone")
    FEMALE = "female", _("Women and girls")
    MALE = "male", _("Men and boys")


@tracked()
class ReferenceRange(Record):
    """What is usual for a sex and an age (in days, half-open), and beyond what it is critical.

    Bounds belong to the usual range; an empty one is open. A row for a sex goes before one for anyone.
    """

    test = models.ForeignKey(TestDefinition, on_delete=models.PROTECT, related_name="ranges")
    sex = models.CharField(_("for"), max_length=6, choices=RangeSex, default=RangeSex.ANY)
    from_days = models.PositiveIntegerField(_("from age, days"), default=0)
    until_days = models.PositiveIntegerField(_("below age, days"), default=55_000)
    low = models.DecimalField(_("low"), max_digits=14, decimal_places=4, null=True, blank=True)
    high = models.DecimalField(_("high"), max_digits=14, decimal_places=4, null=True, blank=True)
    critical_low = models.DecimalField(_("critical below"), max_digits=14, decimal_places=4, null=True, blank=True)
    critical_high = models.DecimalField(_("critical above"), max_digits=14, decimal_places=4, null=True, blank=True)
    usual_text = models.CharField(
        _("usual result in words"), max_length=60, blank=True, help_text=_("For results that are not numbers: negative")
    )

    class Meta:
        ordering = ["sex", "from_days"]
        constraints = [
            ExclusionConstraint(
                name="laboratory_referencerange_no_overlap",
                expressions=[
                    ("test", RangeOperators.EQUAL),
                    ("sex", RangeOperators.EQUAL),
                    (AgeRange("from_days", "until_days", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(until_days__gt=F("from_days")), name="laboratory_referencerange_ages"),
            models.CheckConstraint(condition=Q(sex__in=RangeSex.values), name="laboratory_referencerange_sex"),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(high__gte=F("low")),
                name="laboratory_referencerange_low_below_high",
            ),
            models.CheckConstraint(
                condition=(Q(critical_low__isnull=True) | Q(low__isnull=True) | Q(critical_low__lte=F("low")))
                & (Q(critical_high__isnull=True) | Q(high__isnull=True) | Q(critical_high__gte=F("high"))),
                name="laboratory_referencerange_critical_outside",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """As it stands beside a result: 3.9–5.6, < 5, > 40, negative."""
        if self.low is not None and self.high is not None:
            return f"{self.low.normalize():f}–{self.high.normalize():f}"
        if self.high is not None:
            return f"≤ {self.high.normalize():f}"
        if self.low is not None:
            return f"≥ {self.low.normalize():f}"
        return self.usual_text


class Priority(models.TextChoices):
    ROUTINE = "routine", _("Routine")
    URGENT = "urgent", _("Urgent")


class OrderStatus(models.TextChoices):
    ORDERED = "ordered", _("To be collected")
    COLLECTED = "collected", _("In the laboratory")
    ENTERED = "entered", _("To be verified")
    VERIFIED = "verified", _("Verified")
    CANCELLED = "cancelled", _("Cancelled")


@tracked()
class LabOrder(Record):
    """Follows its results: it is as far as the one that is least far."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="lab_orders")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="lab_orders")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="lab_orders")
    number = models.CharField(max_length=40, unique=True)
    ordered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()
    priority = models.CharField(_("priority"), max_length=8, choices=Priority, default=Priority.ROUTINE)
    question = models.CharField(_("clinical question"), max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=OrderStatus, default=OrderStatus.ORDERED)
    cancelled_reason = models.CharField(max_length=300, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-ordered_at", "-id"]
        permissions = [
            ("cancel_laborder", "Can cancel a laboratory order"),
            ("collect", "Can collect specimens"),
            ("enter_result", "Can enter results"),
            ("verify_result", "Can verify results"),
        ]
        indexes = [
            models.Index(
                fields=["facility", "status", "ordered_at"],
                condition=Q(status__in=["ordered", "collected", "entered"]),
                name="laboratory_laborder_worklist",
            ),
            models.Index(fields=["facility", "-ordered_at"], name="laboratory_laborder_facility"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="laboratory_laborder_status"),
            models.CheckConstraint(condition=Q(priority__in=Priority.values), name="laboratory_laborder_priority"),
            models.CheckConstraint(
                condition=~Q(status="cancelled") | ~Q(cancelled_reason=""),
                name="laboratory_laborder_cancelled_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class Specimen(Record):
    """What was taken from the patient, under one barcode."""

    order = models.ForeignKey(LabOrder, on_delete=models.PROTECT, related_name="specimens")
    kind = models.CharField(max_length=16, choices=SpecimenKind)
    accession = models.CharField(_("accession number"), max_length=20, unique=True)
    collected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    collected_at = models.DateTimeField()
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejected_reason = models.CharField(max_length=300, blank=True)

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        ordering = ["accession"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SpecimenKind.values), name="laboratory_specimen_kind"),
            models.CheckConstraint(
                condition=Q(rejected_at__isnull=True) | ~Q(rejected_reason=""),
                name="laboratory_specimen_rejected_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.accession


class Flag(models.TextChoices):
    NORMAL = "normal", _("normal")
    LOW = "low", _("low")
    HIGH = "high", _("high")
    CRITICAL_LOW = "critical-low", _("critically low")
    CRITICAL_HIGH = "critical-high", _("critically high")
    ABNORMAL = "abnormal", _("not usual")
    UNKNOWN = "unknown", _("no range")


@tracked()
class Result(Record):
    """One test of an order: ordered → collected → entered → verified by a second person.

    ordered, collected, entered → cancelled; verified → entered by a correction that keeps the old value.
    """

    order = models.ForeignKey(LabOrder, on_delete=models.PROTECT, related_name="results")
    test = models.ForeignKey(TestDefinition, on_delete=models.PROTECT, related_name="results")
    specimen = models.ForeignKey(Specimen, on_delete=models.PROTECT, null=True, blank=True, related_name="results")
    status = models.CharField(max_length=10, choices=OrderStatus, default=OrderStatus.ORDERED)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    # As it was entered: "13.20" stays 13.20.
    value_text = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=30, blank=True)
    range_text = models.CharField(max_length=60, blank=True)
    flag = models.CharField(max_length=14, choices=Flag, blank=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    entered_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)
    observation = models.OneToOneField(
        Observation, on_delete=models.PROTECT, null=True, blank=True, related_name="lab_result"
    )

    objects = OfOrderQuerySet.as_manager()

    class Meta:
        ordering = ["test__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "test"], condition=~Q(status="cancelled"), name="laboratory_result_once_per_order"
            ),
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="laboratory_result_status"),
            models.CheckConstraint(
                condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("entered_by")),
                name="laboratory_result_second_person",
            ),
            models.CheckConstraint(
                condition=~Q(status="verified")
                | (Q(verified_by__isnull=False, entered_by__isnull=False) & ~Q(value_text="")),
                name="laboratory_result_verified_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.test}: {self.value_text} {units.text(self.unit)}".strip()

    @property
    def is_critical(self) -> bool:
        return self.flag in (Flag.CRITICAL_LOW, Flag.CRITICAL_HIGH)


class ResultRevision(Record):
    """A verified value that was corrected: what it was, and why it changed. Append-only."""

    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="revisions")
    value_text = models.CharField(max_length=200)
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField()
    corrected_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)

    append_only = True

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="laboratory_resultrevision_says_why"),
        ]

    def __str__(self) -> str:
        return self.value_text


@tracked()
class DiagnosticReport(Record):
    """The report of an order, or one brought in from elsewhere (then without an order)."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="diagnostic_reports")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="diagnostic_reports")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="diagnostic_reports"
    )
    order = models.OneToOneField(LabOrder, on_delete=models.PROTECT, null=True, blank=True, related_name="report")
    code = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    issued_at = models.DateTimeField()
    observations = models.ManyToManyField(Observation, related_name="diagnostic_reports", blank=True)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-id"]
        indexes = [models.Index(fields=["patient", "-issued_at"], name="laboratory_report_patient")]

    def __str__(self) -> str:
        return self.title
