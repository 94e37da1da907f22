"""Charts opened to one person by name: by a colleague, or by themselves in an emergency."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from hms.core.models import AuditEvent, Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models.patient import Patient
from patients.querysets import GrantQuerySet


class GrantKind(models.TextChoices):
    BREAK_GLASS = "break_glass", _("Emergency access")
    SHARED = "shared", _("Shared")


class Verdict(models.TextChoices):
    JUSTIFIED = "justified", _("Justified")
    NOT_JUSTIFIED = "not_justified", _("Not justified")


@tracked()
class ChartGrant(Record):
    """A chart is open to `user` in [created_at, until); `ended_at` where it was closed before.

    An emergency access waits for the auditor's verdict. The row says what happened; what opens the
    chart is its PatientUserObjectPermission, which goes when the grant ends.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="chart_grants")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("colleague"))
    kind = models.CharField(max_length=12, choices=GrantKind)
    reason = models.CharField(_("reason"), max_length=300)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(_("until"))
    ended_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=14, choices=Verdict, blank=True)
    comment = models.CharField(_("comment"), max_length=300, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        permissions = [
            ("break_glass", "Can open a chart in an emergency"),
            ("share_chart", "Can share a chart with a colleague"),
            ("review_grant", "Can review emergency access"),
        ]
        indexes = [
            models.Index(
                fields=["facility", "created_at"],
                condition=Q(kind="break_glass", verdict=""),
                name="patients_chartgrant_to_review",
            ),
            models.Index(fields=["patient", "-created_at"], name="patients_chartgrant_patient"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=GrantKind.values), name="patients_chartgrant_kind"),
            models.CheckConstraint(condition=~Q(reason=""), name="patients_chartgrant_says_why"),
            models.CheckConstraint(condition=Q(until__gt=F("created_at")), name="patients_chartgrant_forward"),
            models.CheckConstraint(
                condition=Q(kind="shared") & ~Q(granted_by=F("user")) | Q(kind="break_glass", granted_by=F("user")),
                name="patients_chartgrant_shared_by_another",
            ),
            models.CheckConstraint(
                condition=Q(verdict="", reviewed_by=None, reviewed_at=None)
                | Q(
                    verdict__in=Verdict.values, kind="break_glass", reviewed_by__isnull=False, reviewed_at__isnull=False
                ),
                name="patients_chartgrant_verdict_whole",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user")), name="patients_chartgrant_judged_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"

    def looks(self) -> models.QuerySet[AuditEvent]:
        """What its holder did with this patient's record while it was open, in the order of time."""
        span = (self.created_at, self.ended_at or self.until)
        return AuditEvent.objects.filter(actor=self.user, patient_id=self.patient_id, at__range=span).order_by("id")


@tracked()
class PatientUserObjectPermission(UserObjectPermissionBase):
    """django-guardian's direct table for exceptions on one patient: who may do what for as long as a grant holds."""

    content_object = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    grant = models.OneToOneField(ChartGrant, on_delete=models.PROTECT, related_name="opens")

    deletable = True

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("exception for a patient")
        verbose_name_plural = _("exceptions for patients")
