from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.querysets import AtFacilityQuerySet, ChargeQuerySet
from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models import Encounter, Patient


class ServiceCategory(models.TextChoices):
    CONSULTATION = "consultation", _("Consultation")
    LABORATORY = "laboratory", _("Laboratory")
    PHARMACY = "pharmacy", _("Pharmacy")
    BED = "bed", _("Bed and nursing")
    PROCEDURE = "procedure", _("Procedure")
    OTHER = "other", _("Other")


@tracked()
class Service(Record):
    """A line of the charge master: what can be charged in a facility, and its price."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="services")
    code = models.CharField(_("code"), max_length=30)
    name = models.CharField(_("name"), max_length=160)
    category = models.CharField(_("category"), max_length=14, choices=ServiceCategory)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2)
    active = models.BooleanField(_("active"), default=True)

    objects = AtFacilityQuerySet.as_manager()

    class Meta:
        ordering = ["category", "name"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "code"], name="billing_service_one_code"),
            models.CheckConstraint(condition=Q(price__gte=0), name="billing_service_price"),
            models.CheckConstraint(condition=Q(category__in=ServiceCategory.values), name="billing_service_category"),
        ]

    def __str__(self) -> str:
        return self.name


class Charge(Record):
    """What one act costs. Append-only; a wrong one is answered by a second that reverses it.

    The source is the row of the act (`app.model`, id). Of a source and service one charge stands at most:
    the first names nothing before it, each later one names the reversal that it comes `after`, and each
    reversal is named once.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="charges")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="charges")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="charges")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="charges")
    source_type = models.CharField(max_length=80)
    source_id = models.UUIDField()
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # When the act was done, which is its day on the invoice and in the revenue; posted when it was written down.
    occurred_at = models.DateTimeField()
    posted_at = models.DateTimeField()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal")
    after = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, db_index=False, related_name="next_charges"
    )
    # Of a reversal: the act itself was undone, so nothing is to be charged for it again.
    act_undone = models.BooleanField(default=False)
    # Of a reversal: the act stands and stays free of charge.
    waived = models.BooleanField(default=False)
    # Of the reversal of an invoiced charge: where it stands, as the charge stands on its invoice.
    credit_note = models.ForeignKey(
        "billing.CreditNote", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals"
    )
    reason = models.CharField(max_length=300, blank=True)

    append_only = True
    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["occurred_at", "id"]
        permissions = [("reverse_charge", "Can reverse a charge"), ("view_account", "Can see what a patient owes")]
        indexes = [models.Index(fields=["facility", "occurred_at"], name="billing_charge_of_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "service", "after", "reverses"],
                nulls_distinct=False,
                name="billing_charge_one_per_act",
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, act_undone=False, waived=False, credit_note__isnull=True)
                | Q(reverses__isnull=False, after__isnull=True),
                name="billing_charge_first_again_or_reversal",
            ),
            models.CheckConstraint(condition=~Q(act_undone=True, waived=True), name="billing_charge_undone_or_waived"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, quantity__gt=0, amount__gte=0)
                | Q(reverses__isnull=False, quantity__lt=0, amount__lte=0),
                name="billing_charge_sign",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="billing_charge_unit_price"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reason=""), name="billing_charge_reversal_says_why"
            ),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True) | ~Q(reverses=F("id")), name="billing_charge_not_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description}: {self.amount}"
