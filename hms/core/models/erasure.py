"""What a patient may ask to be forgotten, and what forbids it. Both name the patient by key alone."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import CurrentTransaction, Record
from hms.core.models.identity import Facility, User
from hms.core.models.tracking import tracked


class HoldAsker(models.TextChoices):
    COURT = "court", _("A court")
    AUTHORITY = "authority", _("An authority")
    INSURER = "insurer", _("An insurer")
    COMPLAINT = "complaint", _("A complaint or claim")
    OTHER = "other", _("Somebody else")


class OfFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> OfFacilityQuerySet:
        return self.filter(facility=user.facility)


class HoldQuerySet(OfFacilityQuerySet):
    def standing(self) -> HoldQuerySet:
        return self.filter(lifted_at=None)


@tracked()
class LegalHold(Record):
    """Nothing of this patient's record is erased while it stands. Several may; one is placed and lifted once."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField()
    asked_for = models.CharField(_("asked for by"), max_length=10, choices=HoldAsker)
    reference = models.CharField(_("file number"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(_("placed"))
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_reason = models.CharField(_("why it was lifted"), max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-id"]
        verbose_name = _("legal hold")
        permissions = [("keep_legalhold", "Can place and lift legal holds")]
        indexes = [
            models.Index(fields=["patient_id"], name="core_legalhold_patient"),
            models.Index(fields=["facility", "-placed_at", "-id"], name="core_legalhold_list"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(asked_for__in=HoldAsker.values), name="core_legalhold_asked_for"),
            models.CheckConstraint(condition=~Q(reason=""), name="core_legalhold_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_by=None, lifted_at=None, lifted_reason="")
                | (Q(lifted_by__isnull=False, lifted_at__isnull=False) & ~Q(lifted_reason="")),
                name="core_legalhold_lifted_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_asked_for_display()}, {self.placed_at:%Y-%m-%d}"


class ErasureGround(models.TextChoices):
    ASKED = "asked", _("The patient asks for it, and the time of keeping is over")
    MISTAKE = "mistake", _("Registered by mistake: nothing was done for them")
    ORDERED = "ordered", _("A court or an authority orders it")


class ErasureStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    DONE = "done", _("Erased")


class ErasureQuerySet(OfFacilityQuerySet):
    def readable_by(self, user: User) -> ErasureQuerySet:
        """Those of the facility, and those of which it was told because the patient is known here as well. Only
        the first are decided here (`visible_to`)."""
        return self.filter(Q(facility=user.facility) | Q(told__has_key=str(user.facility.pk)))


@tracked()
class Erasure(Record):
    """A request to erase a patient's record: asked for by one person, decided by another, and done at once.

    waiting → approved → done, in the transaction of the decision; or rejected, or withdrawn. What was asked does not
    change, and only the owner's function (hms_erase) makes it done. The words of it are erased with the record.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField()
    ground = models.CharField(_("ground"), max_length=10, choices=ErasureGround)
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    # Each other facility in which the patient is known → how many of its privacy officers were told when it was asked.
    told = models.JSONField(_("told elsewhere"), default=dict)
    status = models.CharField(_("status"), max_length=10, choices=ErasureStatus, default=ErasureStatus.WAITING)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True)
    decision_reason = models.CharField(_("reason for the decision"), max_length=300, blank=True)
    done_at = models.DateTimeField(_("erased"), null=True)
    # Table → rows that were emptied or removed.
    counts = models.JSONField(_("rows"), default=dict, encoder=DjangoJSONEncoder)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name = _("erasure")
        permissions = [
            ("ask_erasure", "Can ask for a patient's record to be erased"),
            ("decide_erasure", "Can decide about the erasure of a record"),
        ]
        indexes = [
            models.Index(fields=["patient_id"], name="core_erasure_patient"),
            models.Index(fields=["facility", "-asked_at", "-id"], name="core_erasure_list"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id"],
                condition=Q(status__in=["waiting", "approved", "done"]),
                name="core_erasure_one_of_a_patient",
            ),
            models.CheckConstraint(condition=Q(ground__in=ErasureGround.values), name="core_erasure_ground"),
            models.CheckConstraint(condition=Q(status__in=ErasureStatus.values), name="core_erasure_status"),
            models.CheckConstraint(condition=~Q(reason=""), name="core_erasure_says_why"),
            models.CheckConstraint(condition=~Q(decided_by=F("asked_by")), name="core_erasure_by_another"),
            models.CheckConstraint(
                condition=Q(status="waiting", decided_by=None, decided_at=None, done_at=None)
                | Q(status="withdrawn", decided_by=None, decided_at__isnull=False, done_at=None)
                | Q(
                    status__in=["approved", "rejected"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                    done_at=None,
                )
                | Q(status="done", decided_by__isnull=False, decided_at__isnull=False, done_at__isnull=False),
                name="core_erasure_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="rejected") | ~Q(decision_reason=""), name="core_erasure_rejection_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ground} {self.asked_at:%Y-%m-%d}"


class AuditErasure(models.Model):
    """Audit rows whose typed reason and details were emptied with a patient's record, written by the owner's function.

    `marks`: row → the short hash that it has now, of the sealed ones; `seals`: each seal they lie in → [rows, the hash
    over the hashes of its rows]. `retired`: the last retirement before it. An audit row (`core.erasure.done`) of the
    same transaction holds the hash of this one. `hms.core.sealing` takes these changes for none, and no others.
    """

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    transaction = models.BigIntegerField(db_default=CurrentTransaction())
    erasure = models.OneToOneField(Erasure, on_delete=models.PROTECT, related_name="+")
    retired = models.BigIntegerField(default=0)
    rows = models.BigIntegerField()
    marks = models.JSONField(default=dict)
    seals = models.JSONField(default=dict)

    append_only = True
    written_by_triggers = True

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.rows} rows emptied on {self.made_at:%Y-%m-%d}"
