"""The house's machinery: news on its way, gapless numbers, forms already answered."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hms.core.models.identity import Facility, User


class OutboxMessage(models.Model):
    """News for one handler, written in the transaction of the change that it tells of.

    waiting → (claimed under a lease by the relay → handed to a worker) → done
    A failure puts it back with a growing pause; after too many it is a dead letter, which an
    administrator sees and can send again.
    """

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=80)
    handler = models.CharField(max_length=160)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    available_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    untracked = "work under way; what it does leaves its own history"

    class Meta:
        ordering = ["id"]
        verbose_name = _("outbox message")
        permissions = [("resend_outboxmessage", "Can send a dead letter again")]
        indexes = [
            models.Index(
                fields=["available_at", "id"],
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
                name="core_outbox_waiting",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(dead_at__isnull=True), name="core_outbox_done_or_dead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic} → {self.handler}"


class Counter(models.Model):
    """The last number given out in a series. Locked last of all rows, so that numbers have no gaps."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="counters")
    series = models.CharField(max_length=40)
    value = models.PositiveBigIntegerField(default=0)

    untracked = "the last number given; every number given is checked against it"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "series"], name="core_counter_one_per_series"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.series}: {self.value}"


class SubmittedForm(models.Model):
    """A form that was acted upon, with the answer it got: sent again, it gets the same answer."""

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    route = models.CharField(max_length=120)
    fingerprint = models.CharField(max_length=64)
    location = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    untracked = "which forms were sent, for a day"

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="core_submittedform_age")]
