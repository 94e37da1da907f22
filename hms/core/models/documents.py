from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hms.core.models.base import Record
from hms.core.models.identity import Facility, User
from hms.core.models.tracking import tracked


class DocumentKind(models.TextChoices):
    PRESCRIPTION = "prescription", _("Prescription")
    LAB_REPORT = "lab_report", _("Laboratory report")
    INVOICE = "invoice", _("Invoice")
    RECEIPT = "receipt", _("Receipt")
    CREDIT_NOTE = "credit_note", _("Credit note")
    DISCHARGE_SUMMARY = "discharge_summary", _("Discharge summary")
    SPECIMEN_LABEL = "specimen_label", _("Specimen label")
    QUEUE_TOKEN = "queue_token", _("Queue token")
    AMENDMENT_ANSWER = "amendment_answer", _("Answer to a request for correction")


class DocumentStatus(models.TextChoices):
    ISSUED = "issued", _("Issued")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    ERASED = "erased", _("No longer kept")


class Paper(models.TextChoices):
    A4 = "A4", "A4"
    LETTER = "letter", _("Letter")
    A5 = "A5", "A5"
    RECEIPT = "receipt", _("80 mm receipt")
    LABEL = "label", _("Label")


@tracked(without=("content", "snapshot", "prints"))
class Document(Record):
    """A PDF as it was issued: its bytes, their SHA-256, the snapshot it was drawn from, and the code
    by which anyone can check the paper in their hand. Never edited; a later one supersedes it.

    `dated` is the moment of the act, which stands on the paper; `created_at` is when it was drawn."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=20, choices=DocumentKind)
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    paper = models.CharField(max_length=10, choices=Paper)
    dated = models.DateTimeField(_("date it bears"))
    patient_id = models.UUIDField(null=True, db_index=True)
    source_type = models.CharField(max_length=80)
    source_id = models.UUIDField()
    template = models.CharField(max_length=100)
    snapshot = models.JSONField()
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    code = models.CharField(max_length=16, unique=True)
    status = models.CharField(max_length=12, choices=DocumentStatus, default=DocumentStatus.ISSUED)
    prints = models.PositiveIntegerField(default=0)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["source_type", "source_id"], name="core_document_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["source_type", "source_id", "kind"],
                condition=Q(status="issued"),
                name="core_document_one_issued_per_source",
            ),
            models.CheckConstraint(condition=Q(kind__in=DocumentKind.values), name="core_document_kind"),
            models.CheckConstraint(condition=Q(status__in=DocumentStatus.values), name="core_document_status"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
