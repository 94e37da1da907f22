from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import Record
from hms.core.models.identity import Facility, User
from hms.core.models.tracking import tracked


class ApprovalStatus(models.TextChoices):
    WITHIN = "within", _("Within own limit")
    WAITING = "waiting", _("Waiting")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    VOID = "void", _("No longer possible")


class ApprovalQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> ApprovalQuerySet:
        """One's own requests; all of the facility for those who watch over them."""
        here = self.filter(facility=user.facility)
        return here if user.has_perm("core.view_approval") else here.filter(asked_by=user)

    def waiting(self) -> ApprovalQuerySet:
        return self.filter(status=ApprovalStatus.WAITING)

    def requests(self) -> ApprovalQuerySet:
        """What somebody had to ask for, whatever became of it."""
        return self.exclude(status=ApprovalStatus.WITHIN)


class Approval(Record):
    """An act of a kind that has limits: done within the maker's own, or asked for and decided by a second person.

    within (done at once); waiting → approved (done by that), rejected, withdrawn, expired, or void: approved,
    and by then no longer possible. What was asked never changes, and a decision neither; no row goes away.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="approvals")
    kind = models.CharField(_("what"), max_length=40)
    subject_type = models.CharField(max_length=80)
    subject_id = models.UUIDField()
    # Names the subject by its number, lot or code: never a patient, never what they suffer from.
    subject_label = models.CharField(max_length=200)
    # What is counted together with it: the other lines of a visit, the other counts of a product.
    pool_id = models.UUIDField()
    patient_id = models.UUIDField(null=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    # This amount and what the same person did of this kind in this pool before, on their own.
    counted = models.DecimalField(max_digits=14, decimal_places=2)
    # The same as a part of what it was, where the kind is judged by that as well.
    percent = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3)
    # With what the act is carried out: ids and figures.
    arguments = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    expires_at = models.DateTimeField(null=True)
    status = models.CharField(_("status"), max_length=10, choices=ApprovalStatus)
    # Of whoever's authority it was done on: the maker's own limit or the checker's. None: any amount.
    limit = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    limit_percent = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    # What came of it: the refund, the credit note, the movement of stock.
    result_type = models.CharField(max_length=80, blank=True)
    result_id = models.UUIDField(null=True)

    objects = ApprovalQuerySet.as_manager()
    untracked = (
        "what was asked never changes, and the one decision stands in the row itself: a trigger refuses any other"
    )

    class Meta:
        ordering = ["-asked_at", "-id"]
        permissions = [
            ("ask_approval", "Does what may have to be approved, and follows their own requests"),
            ("decide_approval", "Can approve or reject, up to the limit of their role"),
        ]
        indexes = [
            models.Index(fields=["facility", "asked_at"], condition=Q(status="waiting"), name="core_approval_queue"),
            models.Index(fields=["facility", "-asked_at", "-id"], name="core_approval_history"),
            models.Index(fields=["asked_by", "-asked_at"], name="core_approval_own"),
            models.Index(fields=["pool_id", "asked_by"], condition=Q(status="within"), name="core_approval_pool"),
            models.Index(fields=["result_id"], condition=Q(result_id__isnull=False), name="core_approval_result"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id"],
                condition=Q(status="waiting"),
                name="core_approval_one_waiting",
            ),
            models.CheckConstraint(condition=Q(status__in=ApprovalStatus.values), name="core_approval_status"),
            models.CheckConstraint(condition=~Q(decided_by=F("asked_by")), name="core_approval_by_another"),
            models.CheckConstraint(
                condition=Q(status__in=["within", "waiting"], decided_by__isnull=True, decided_at__isnull=True)
                | Q(status__in=["approved", "rejected", "void"], decided_by__isnull=False, decided_at__isnull=False)
                | Q(status__in=["withdrawn", "expired"], decided_by__isnull=True, decided_at__isnull=False),
                name="core_approval_who_and_when",
            ),
            models.CheckConstraint(condition=Q(status="within") | ~Q(reason=""), name="core_approval_says_why"),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "void"]) | ~Q(decision_reason=""),
                name="core_approval_decision_says_why",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["within", "approved"], result_id__isnull=False)
                | (~Q(status__in=["within", "approved"]) & Q(result_id__isnull=True)),
                name="core_approval_done_has_its_act",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["within", "approved"])
                | (
                    (Q(limit__isnull=True) | Q(counted__lte=F("limit")))
                    & (Q(limit_percent__isnull=True) | Q(percent__isnull=True) | Q(percent__lte=F("limit_percent")))
                ),
                name="core_approval_within_a_limit",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0, counted__gte=F("amount")), name="core_approval_amount"),
            models.CheckConstraint(
                condition=Q(status="within") | Q(expires_at__isnull=False), name="core_approval_expires"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency}"


@tracked()
class ApprovalLimit(Record):
    """Up to how much a role does alone in one facility, where that differs from `hms/core/limits.py`.

    No amount: any amount. No percentage: any.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="approval_limits")
    kind = models.CharField(max_length=40)
    role = models.CharField(max_length=40)
    amount = models.DecimalField(_("up to"), max_digits=14, decimal_places=2, null=True)
    percent = models.DecimalField(_("and up to, in per cent"), max_digits=12, decimal_places=2, null=True)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "kind", "role"], name="core_approvallimit_once"),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | Q(amount__gte=0)) & (Q(percent__isnull=True) | Q(percent__gte=0)),
                name="core_approvallimit_not_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.role}"
