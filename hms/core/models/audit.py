"""The memory that cannot be talked out of what it saw. Rows are written by `hms.core.audit` only."""

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from hms.core.models.identity import Facility, User


class CurrentTransaction(models.Func):
    """The id of the running transaction: 64 bits, never reused."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class AuditEvent(models.Model):
    """One act, one look or one refusal. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

    id = models.BigAutoField(primary_key=True)
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=160)
    role = models.CharField(max_length=120, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    patient_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    detail = models.JSONField(default=dict)
    source = models.CharField(max_length=60, blank=True)

    append_only = True

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["patient_id", "-id"], condition=Q(patient_id__isnull=False), name="core_audit_patient"
            ),
            models.Index(fields=["actor", "-id"], name="core_audit_actor"),
            models.Index(fields=["facility", "-id"], name="core_audit_facility"),
            models.Index(fields=["transaction"], name="core_audit_transaction"),
            # Rows come in the order of time: a few pages of this index find a day among years.
            BrinIndex(fields=["at"], name="core_audit_day", pages_per_range=32),
            # Whom a list showed: {"patients": [ids]}.
            GinIndex(
                fields=["detail"],
                opclasses=["jsonb_path_ops"],
                condition=Q(detail__has_key="patients"),
                name="core_audit_lists",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name} {self.action}"


class AuditSeal(models.Model):
    """A link of the chain: a hash over every audit row of a range of finished transactions.

    A seal covers the transactions [first_transaction, next_transaction). It is made only once no
    transaction below `next_transaction` is still running, so that its rows are final.
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    first_transaction = models.BigIntegerField()
    next_transaction = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    last_id = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64, blank=True)

    append_only = True

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["first_transaction"], name="core_auditseal_one_start"),
            models.UniqueConstraint(fields=["previous"], name="core_auditseal_one_chain"),
            models.CheckConstraint(
                condition=Q(next_transaction__gt=F("first_transaction")), name="core_auditseal_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.pk}: {self.rows} rows, {self.digest[:12]}"
