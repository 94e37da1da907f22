"""What a patient says is wrong in the record, and what became of it (45 CFR 164.526, GDPR article 16)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models.clinical import ClinicalNote
from patients.models.patient import Patient
from patients.querysets import AmendmentQuerySet


class AmendmentStatus(models.TextChoices):
    OPEN = "open", _("To be decided")
    ACCEPTED = "accepted", _("Accepted")
    DENIED = "denied", _("Denied")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Ground(models.TextChoices):
    """The grounds on which the law lets a request be denied, and no others: 45 CFR 164.526 (a)(2)."""

    ACCURATE = "accurate", _("The entry is accurate and complete")
    NOT_OURS = "not_ours", _("It was not made here, and whoever made it can still be asked")
    NOT_THE_RECORD = "not_the_record", _("It is not part of the record on which care or bills rest")
    NOT_OPEN = "not_open", _("The patient has no right to see this part of the record")


@tracked()
class AmendmentRequest(Record):
    """open → accepted, denied or withdrawn; denied → with the patient's disagreement → with the hospital's answer.

    `record_type` and `record_id` name the entry it is about, both empty where it is the record in general; `author` is
    whoever wrote that entry. `answer` is the amendment of one that was accepted, the reason of one that was denied.
    What was asked never changes (a trigger holds it).
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="amendment_requests")
    record_type = models.CharField(_("kind of entry"), max_length=80, blank=True, editable=False)
    record_id = models.UUIDField(_("entry"), null=True, blank=True, editable=False)
    about = models.CharField(_("about"), max_length=200)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    wanted = models.TextField(_("what it should say"))
    why = models.TextField(_("why"))
    asker = models.CharField(_("who asks"), max_length=160)
    identity = models.CharField(_("how that was checked"), max_length=200)
    received_on = models.DateField(_("received"))
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(_("to be answered by"))
    extended_on = models.DateField(_("extended"), null=True, blank=True)
    extension_reason = models.CharField(_("reason for more time"), max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=AmendmentStatus, default=AmendmentStatus.OPEN)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    ground = models.CharField(_("ground"), max_length=14, choices=Ground, blank=True)
    answer = models.TextField(_("answer"), blank=True)
    addendum = models.ForeignKey(ClinicalNote, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_reason = models.CharField(_("reason for withdrawing"), max_length=300, blank=True)
    disagreement = models.TextField(_("statement of disagreement"), blank=True)
    disagreed_on = models.DateField(_("disagreed"), null=True, blank=True)
    rebuttal = models.TextField(_("answer to the disagreement"), blank=True)
    rebutted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rebutted_at = models.DateTimeField(_("disagreement answered"), null=True, blank=True)

    objects = AmendmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for correction")
        verbose_name_plural = _("requests for correction")
        ordering = ["due_on", "id"]
        permissions = [
            ("enter_amendment", "Can enter a patient's request for correction"),
            ("decide_amendment", "Can decide on a patient's request for correction"),
            ("review_amendment", "Can watch over the answers to requests for correction"),
        ]
        indexes = [
            models.Index(
                fields=["facility", "due_on", "id"], condition=Q(status="open"), name="patients_amendment_open"
            ),
            models.Index(fields=["facility", "-received_on", "-id"], name="patients_amendment_facility"),
            models.Index(fields=["patient", "record_type", "record_id"], name="patients_amendment_entry"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=AmendmentStatus.values), name="patients_amendment_status"),
            models.CheckConstraint(
                condition=Q(record_type="", record_id=None) | ~Q(record_type="") & Q(record_id__isnull=False),
                name="patients_amendment_entry_whole",
            ),
            models.CheckConstraint(
                condition=~Q(wanted="") & ~Q(why="") & ~Q(asker="") & ~Q(identity=""),
                name="patients_amendment_says_what",
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("received_on")), name="patients_amendment_due_after"),
            models.CheckConstraint(
                condition=Q(extended_on=None, extension_reason="")
                | Q(extended_on__isnull=False) & ~Q(extension_reason=""),
                name="patients_amendment_extended_says_why",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["open", "withdrawn"], decided_by=None, decided_at=None, ground="", answer="")
                | Q(status="accepted", decided_by__isnull=False, decided_at__isnull=False, ground="") & ~Q(answer="")
                | Q(status="denied", decided_by__isnull=False, decided_at__isnull=False, ground__in=Ground.values)
                & ~Q(answer=""),
                name="patients_amendment_decision_whole",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("entered_by")), name="patients_amendment_by_another"
            ),
            models.CheckConstraint(
                condition=Q(addendum=None) | Q(status="accepted", record_type="patients.clinicalnote"),
                name="patients_amendment_addendum",
            ),
            models.CheckConstraint(
                condition=Q(status="withdrawn") & ~Q(withdrawn_reason="")
                | ~Q(status="withdrawn") & Q(withdrawn_reason=""),
                name="patients_amendment_withdrawn_says_why",
            ),
            models.CheckConstraint(
                condition=Q(disagreement="", disagreed_on=None)
                | Q(status="denied", disagreed_on__isnull=False) & ~Q(disagreement=""),
                name="patients_amendment_disagreement",
            ),
            models.CheckConstraint(
                condition=Q(rebuttal="", rebutted_by=None, rebutted_at=None)
                | Q(rebutted_by__isnull=False, rebutted_at__isnull=False) & ~Q(rebuttal="") & ~Q(disagreement=""),
                name="patients_amendment_rebuttal",
            ),
            models.UniqueConstraint(
                fields=["patient", "record_type", "record_id"],
                condition=Q(status="open", record_id__isnull=False),
                name="patients_amendment_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.about}: {self.get_status_display()}"
