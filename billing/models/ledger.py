from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.querysets import AtFacilityQuerySet
from hms.core.models import Facility, Record, User


class Account(models.TextChoices):
    """The chart of accounts. Debits are positive, credits negative."""

    UNBILLED = "unbilled", _("Unbilled care")
    RECEIVABLE = "receivable", _("Patients' accounts")
    CASH = "cash", _("Cash")
    CARD = "card", _("Card terminal")
    BANK = "bank", _("Bank")
    MOBILE = "mobile", _("Mobile money")
    CHEQUES = "cheques", _("Cheques in hand")
    REVENUE_CONSULTATION = "revenue-consultation", _("Revenue: consultations")
    REVENUE_LABORATORY = "revenue-laboratory", _("Revenue: laboratory")
    REVENUE_PHARMACY = "revenue-pharmacy", _("Revenue: pharmacy")
    REVENUE_BED = "revenue-bed", _("Revenue: beds and nursing")
    REVENUE_PROCEDURE = "revenue-procedure", _("Revenue: procedures")
    REVENUE_OTHER = "revenue-other", _("Revenue: other")
    CREDITS = "credits", _("Credits granted")


class LedgerTransaction(Record):
    """One movement of value between accounts. Append-only; its entries sum to zero, which the
    database checks at commit."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="ledger_transactions")
    kind = models.CharField(max_length=30)
    occurred_at = models.DateTimeField()
    source_type = models.CharField(max_length=80)
    source_id = models.UUIDField()
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    append_only = True
    objects = AtFacilityQuerySet.as_manager()

    class Meta:
        ordering = ["-occurred_at", "-id"]
        permissions = [("view_ledger", "Can read the ledger")]
        indexes = [models.Index(fields=["facility", "-occurred_at"], name="billing_ledger_day")]
        constraints = [
            models.UniqueConstraint(fields=["source_type", "source_id", "kind"], name="billing_ledgertransaction_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


class LedgerEntry(Record):
    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=30, choices=Account)
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    patient_id = models.UUIDField(null=True)

    append_only = True

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["account", "transaction"], name="billing_ledgerentry_account")]
        constraints = [
            models.CheckConstraint(condition=Q(account__in=Account.values), name="billing_ledgerentry_account_known"),
            models.CheckConstraint(condition=~Q(amount=0), name="billing_ledgerentry_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"
