"""Medicines, what the facility stocks of them, prescriptions, and every movement of stock."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models import Service
from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models import Encounter, Patient
from pharmacy.querysets import (
    AtFacilityQuerySet,
    BatchQuerySet,
    OfPatientQuerySet,
    PrescriptionQuerySet,
    ProductQuerySet,
)


class Form(models.TextChoices):
    TABLET = "tablet", _("tablet")
    CAPSULE = "capsule", _("capsule")
    SYRUP = "syrup", _("syrup")
    SUSPENSION = "suspension", _("suspension")
    INJECTION = "injection", _("injection")
    INFUSION = "infusion", _("infusion")
    INHALER = "inhaler", _("inhaler")
    CREAM = "cream", _("cream")
    OINTMENT = "ointment", _("ointment")
    DROPS = "drops", _("drops")
    SUPPOSITORY = "suppository", _("suppository")
    SACHET = "sachet", _("sachet")
    PATCH = "patch", _("patch")


@tracked()
class Medicine(Record):
    """What can be prescribed: an active ingredient (INN) in a strength and a form, for the whole network."""

    name = models.CharField(_("active ingredient (INN)"), max_length=160)
    strength = models.CharField(_("strength"), max_length=60)
    form = models.CharField(_("form"), max_length=12, choices=Form)
    unit = models.CharField(_("counted in"), max_length=20, help_text=_("tablets, ml, vials …"))
    allergens = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("allergens"),
        default=list,
        help_text=_("Names under which an allergy to it is recorded, besides its own: penicillin, sulfonamide …"),
        blank=True,
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ["name", "strength"]
        permissions = [("view_stock", "Can see the stock")]
        indexes = [GinIndex(OpClass(F("name"), name="gin_trgm_ops"), name="pharmacy_medicine_name")]
        constraints = [
            models.UniqueConstraint(fields=["name", "strength", "form"], name="pharmacy_medicine_once"),
            models.CheckConstraint(condition=Q(form__in=Form.values), name="pharmacy_medicine_form"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.strength} {self.get_form_display()}"


@tracked()
class Product(Record):
    """A medicine as one facility stocks and sells it."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="products")
    medicine = models.ForeignKey(Medicine, on_delete=models.PROTECT, related_name="products")
    service = models.OneToOneField(Service, on_delete=models.PROTECT, related_name="product")
    reorder_level = models.PositiveIntegerField(_("reorder at"))
    reorder_quantity = models.PositiveIntegerField(_("reorder quantity"))
    active = models.BooleanField(_("active"), default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["medicine__name", "medicine__strength"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "medicine"], name="pharmacy_product_once"),
            models.CheckConstraint(condition=Q(reorder_quantity__gt=0), name="pharmacy_product_reorder_quantity"),
        ]

    def __str__(self) -> str:
        return str(self.medicine)


@tracked()
class Batch(Record):
    """A delivery of a product with one lot number and one expiry date."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="batches")
    number = models.CharField(_("lot number"), max_length=60)
    expires_on = models.DateField(_("expires"))
    unit_cost = models.DecimalField(_("cost of one"), max_digits=12, decimal_places=4)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["expires_on", "id"]
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["product", "number", "expires_on"], name="pharmacy_batch_once"),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="pharmacy_batch_cost"),
        ]

    def __str__(self) -> str:
        return self.number


class StockBalance(models.Model):
    """How much of a batch is there: locked before it is changed, never below zero, the sum of its movements."""

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, primary_key=True, related_name="balance")
    quantity = models.IntegerField(default=0)

    untracked = "the sum of its movements, which only grow and are checked against it"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0), name="pharmacy_stockbalance_not_below_zero")
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}: {self.quantity}"


class MovementKind(models.TextChoices):
    RECEIPT = "receipt", _("Received")
    DISPENSE = "dispense", _("Dispensed")
    RETURN = "return", _("Taken back")
    ADJUSTMENT = "adjustment", _("Counted")
    WASTE = "waste", _("Thrown away")


class StockMovement(Record):
    """So much of a batch came or went, because of that. Append-only."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=MovementKind)
    quantity = models.IntegerField()
    source_type = models.CharField(max_length=80, blank=True)
    source_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    moved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    append_only = True

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [("receive_stock", "Can receive stock"), ("adjust_stock", "Can correct the stock")]
        indexes = [models.Index(fields=["batch", "-created_at"], name="pharmacy_movement_batch")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MovementKind.values), name="pharmacy_stockmovement_kind"),
            models.CheckConstraint(condition=~Q(quantity=0), name="pharmacy_stockmovement_not_zero"),
            models.CheckConstraint(
                condition=~Q(kind__in=["adjustment", "waste"]) | ~Q(reason=""), name="pharmacy_stockmovement_says_why"
            ),
            models.CheckConstraint(
                condition=Q(kind="adjustment")
                | Q(kind__in=["receipt", "return"], quantity__gt=0)
                | Q(kind__in=["dispense", "waste"], quantity__lt=0),
                name="pharmacy_stockmovement_sign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity}"


class PrescriptionStatus(models.TextChoices):
    PRESCRIBED = "prescribed", _("To be dispensed")
    PARTLY = "partly_dispensed", _("Partly dispensed")
    DISPENSED = "dispensed", _("Dispensed")
    CANCELLED = "cancelled", _("Cancelled")
    ENDED = "ended", _("Ended early")


OPEN_PRESCRIPTIONS = [PrescriptionStatus.PRESCRIBED, PrescriptionStatus.PARTLY]


class AllergyCheck(models.TextChoices):
    CLEAR = "clear", _("No known allergy against it")
    OVERRIDDEN = "overridden", _("Prescribed in spite of an allergy")
    NOT_CHECKED = "not_checked", _("Allergies not checked")


@tracked()
class Prescription(Record):
    """prescribed → partly dispensed → dispensed; prescribed → cancelled; partly dispensed → ended early."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="prescriptions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="prescriptions")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="prescriptions")
    prescriber = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=16, choices=PrescriptionStatus, default=PrescriptionStatus.PRESCRIBED)
    advice = models.CharField(_("advice"), max_length=300, blank=True)
    prescribed_at = models.DateTimeField()
    end_reason = models.CharField(max_length=300, blank=True)

    objects = PrescriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-prescribed_at", "-id"]
        permissions = [
            ("prescribe", "Can prescribe"),
            ("dispense", "Can dispense"),
            ("end_prescription", "Can cancel a prescription, or end what is left of it"),
        ]
        indexes = [
            models.Index(
                fields=["facility", "prescribed_at"],
                condition=Q(status__in=["prescribed", "partly_dispensed"]),
                name="pharmacy_prescription_open",
            ),
            models.Index(fields=["facility", "-prescribed_at"], name="pharmacy_prescription_facility"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=PrescriptionStatus.values), name="pharmacy_prescription_status"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["cancelled", "ended"]) | ~Q(end_reason=""),
                name="pharmacy_prescription_end_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.number


@tracked()
class PrescriptionLine(Record):
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="prescription_lines")
    position = models.PositiveSmallIntegerField()
    dosage = models.CharField(_("how to take it"), max_length=200)
    days = models.PositiveSmallIntegerField(_("days"))
    quantity = models.PositiveIntegerField(_("quantity"))
    dispensed = models.PositiveIntegerField(default=0)
    allergy_check = models.CharField(max_length=12, choices=AllergyCheck)
    override_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "position"], name="pharmacy_prescriptionline_position"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, dispensed__lte=F("quantity")), name="pharmacy_prescriptionline_quantity"
            ),
            models.CheckConstraint(condition=Q(days__gt=0), name="pharmacy_prescriptionline_days"),
            models.CheckConstraint(
                condition=Q(allergy_check__in=AllergyCheck.values), name="pharmacy_prescriptionline_check"
            ),
            models.CheckConstraint(
                condition=~Q(allergy_check="overridden") | ~Q(override_reason=""),
                name="pharmacy_prescriptionline_override_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.dosage}"

    @property
    def left(self) -> int:
        return self.quantity - self.dispensed


@tracked()
class Dispense(Record):
    """Handed over the counter at one time; its lines say from which batch. Reversed as a whole."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="dispenses")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="dispenses")
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="dispenses")
    handed_out_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    handed_out_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_reason = models.CharField(max_length=300, blank=True)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["-handed_out_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reversed_at__isnull=True) | ~Q(reversed_reason=""),
                name="pharmacy_dispense_reversed_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.handed_out_at:%Y-%m-%d %H:%M}"


class DispenseLine(Record):
    """From this batch so much. Each is charged once. Append-only."""

    dispense = models.ForeignKey(Dispense, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(PrescriptionLine, on_delete=models.PROTECT, related_name="dispense_lines")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="dispense_lines")
    quantity = models.PositiveIntegerField()

    append_only = True

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["dispense", "line", "batch"], name="pharmacy_dispenseline_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="pharmacy_dispenseline_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.batch_id}"


class ReorderAlert(Record):
    """A product fell to its reorder level; one open alert at a time, closed when stock comes in."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="reorder_alerts")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="reorder_alerts")
    quantity = models.PositiveIntegerField()
    raised_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    untracked = "a notice made from the balances by itself"

    objects = AtFacilityQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(resolved_at__isnull=True), name="pharmacy_reorderalert_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.quantity} left"
