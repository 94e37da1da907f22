from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.services import Charge
from billing.querysets import InvoiceQuerySet, OfPatientQuerySet
from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models import Encounter, Patient


class InvoiceStatus(models.TextChoices):
    DUE = "due", _("Due")
    PART_PAID = "part_paid", _("Part-paid")
    PAID = "paid", _("Paid")
    CREDITED = "credited", _("Credited")
    REFUND = "refund", _("To give back")


@tracked()
class Invoice(Record):
    """Issued once, never edited: what is owed goes down by payments and credit notes.

    due → part-paid → paid; due → credited. Reversing a payment goes back. What is credited after it was
    paid is `due_back`: money of the patient, until it is given back.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="invoices")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="invoices")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="invoices")
    number = models.CharField(_("number"), max_length=40, unique=True)
    currency = models.CharField(max_length=3)
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    total = models.DecimalField(_("total"), max_digits=12, decimal_places=2)
    paid = models.DecimalField(_("paid"), max_digits=12, decimal_places=2, default=Decimal("0.00"))
    credited = models.DecimalField(_("credited"), max_digits=12, decimal_places=2, default=Decimal("0.00"))
    due_back = models.DecimalField(_("to give back"), max_digits=12, decimal_places=2, default=Decimal("0.00"))
    balance = models.GeneratedField(
        expression=F("total") - F("paid") - F("credited") + F("due_back"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at", "-id"]
        permissions = [
            ("print_invoice", "Can print invoices, receipts and credit notes, which name the patient"),
            ("issue_invoice", "Can issue an invoice before the visit is closed"),
            ("credit_invoice", "Can issue a credit note"),
            ("give_discount", "Can give a discount on what is still owed"),
        ]
        indexes = [
            models.Index(fields=["facility", "-issued_at"], name="billing_invoice_facility"),
            models.Index(fields=["facility", "issued_at"], condition=Q(balance__gt=0), name="billing_invoice_unpaid"),
            models.Index(fields=["facility", "issued_at"], condition=Q(due_back__gt=0), name="billing_invoice_refund"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=0), name="billing_invoice_total"),
            models.CheckConstraint(
                condition=Q(paid__gte=0, credited__gte=0, total__gte=F("paid") + F("credited") - F("due_back")),
                name="billing_invoice_never_overpaid",
            ),
            models.CheckConstraint(condition=Q(credited__lte=F("total")), name="billing_invoice_never_overcredited"),
            models.CheckConstraint(
                condition=Q(due_back=0) | Q(due_back__gt=0, due_back=F("paid") + F("credited") - F("total")),
                name="billing_invoice_due_back",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def status(self) -> InvoiceStatus:
        if self.due_back > 0:
            return InvoiceStatus.REFUND
        if self.balance > 0:
            return InvoiceStatus.PART_PAID if self.paid or self.credited else InvoiceStatus.DUE
        return InvoiceStatus.CREDITED if self.credited and not self.paid else InvoiceStatus.PAID


class InvoiceLine(Record):
    """A charge as it stands on an invoice. A charge stands on one invoice at most. Append-only."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="invoice_line")
    position = models.PositiveSmallIntegerField()
    description = models.CharField(max_length=200)
    quantity = models.DecimalField(max_digits=10, decimal_places=2)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    append_only = True

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="billing_invoiceline_position"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.description}"


class PaymentMethod(models.TextChoices):
    CASH = "cash", _("Cash")
    CARD = "card", _("Card")
    TRANSFER = "transfer", _("Bank transfer")
    MOBILE = "mobile", _("Mobile money")
    CHEQUE = "cheque", _("Cheque")


class Payment(Record):
    """Money taken for an invoice, with its receipt number. Append-only.

    Below zero it was given back: a reversal names the payment that was wrong, a refund names none.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="payments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payments")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    number = models.CharField(_("receipt"), max_length=40, unique=True)
    method = models.CharField(_("method"), max_length=10, choices=PaymentMethod)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reference = models.CharField(_("reference"), max_length=80, blank=True)
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal")
    reason = models.CharField(max_length=300, blank=True)

    append_only = True
    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        permissions = [
            ("take_payment", "Can take a payment"),
            ("reverse_payment", "Can reverse a payment"),
            ("give_refund", "Can give money back that was credited after it was paid"),
        ]
        indexes = [models.Index(fields=["facility", "-received_at"], name="billing_payment_day")]
        constraints = [
            models.CheckConstraint(condition=Q(method__in=PaymentMethod.values), name="billing_payment_method"),
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0) | (~Q(amount=0) & ~Q(reason="")),
                name="billing_payment_sign",
            ),
        ]

    def __str__(self) -> str:
        return self.number


class CreditKind(models.TextChoices):
    CREDIT = "credit", _("Credit note")
    DISCOUNT = "discount", _("Discount")


class CreditNote(Record):
    """Takes back a part of an invoice: of what is still owed, or the lines whose charges were reversed
    (`reversals`). A discount lets the patient pay less than is owed. Append-only."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="credit_notes")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="credit_notes")
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    number = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=CreditKind, default=CreditKind.CREDIT)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    reason = models.CharField(max_length=300)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()

    append_only = True
    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_creditnote_amount"),
            models.CheckConstraint(condition=~Q(reason=""), name="billing_creditnote_says_why"),
            models.CheckConstraint(condition=Q(kind__in=CreditKind.values), name="billing_creditnote_kind"),
        ]

    def __str__(self) -> str:
        return self.number
