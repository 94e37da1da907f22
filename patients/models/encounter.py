"""A visit: what holds together all that is done for a patient at one time."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from hms.core.models import Department, Facility, Record
from hms.core.models.tracking import tracked
from patients.models.patient import Patient
from patients.querysets import EncounterQuerySet


class EncounterKind(models.TextChoices):
    """FHIR calls it the class of the encounter: AMB, EMER, IMP, VR."""

    OUTPATIENT = "outpatient", _("Outpatient")
    EMERGENCY = "emergency", _("Emergency")
    INPATIENT = "inpatient", _("Inpatient")
    VIRTUAL = "virtual", _("Video")


class EncounterStatus(models.TextChoices):
    ARRIVED = "arrived", _("Waiting")
    IN_PROGRESS = "in_progress", _("In consultation")
    FINISHED = "finished", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")
    # Only of imported visits: they were running at the source, or nobody there says whether they ended.
    UNENDED = "unended", _("End not known")


# When it ended, or that it did not: what is open lasts until for ever.
UNTIL = Coalesce(F("ended_at"), Cast(Value("infinity"), models.DateTimeField()))

OPEN = [EncounterStatus.ARRIVED, EncounterStatus.IN_PROGRESS]


@tracked()
class Encounter(Record):
    """arrived → in_progress → finished; arrived → cancelled; finished → in_progress by reopening;
    entered_in_error and unended are only said by the source of what was brought in, which is never open here."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="encounters")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    attending = models.ForeignKey(
        "staff.Employee", on_delete=models.PROTECT, null=True, blank=True, related_name="encounters"
    )
    kind = models.CharField(max_length=12, choices=EncounterKind)
    status = models.CharField(max_length=16, choices=EncounterStatus, default=EncounterStatus.ARRIVED)
    reason = models.CharField(_("reason for the visit"), max_length=200, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)
    part_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="parts")
    # True for history brought in from elsewhere: nothing was done here, so nothing is charged.
    imported = models.BooleanField(default=False, editable=False)

    objects = EncounterQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        permissions = [("cancel_encounter", "Can cancel a visit")]
        indexes = [
            models.Index(fields=["patient", "-started_at"], name="patients_encounter_patient"),
            models.Index(fields=["facility", "-started_at"], name="patients_encounter_facility"),
            # Who treats whom (patients.care) is asked of what is open or ended lately, not of ten years.
            models.Index(F("department"), UNTIL, condition=Q(imported=False), name="patients_encounter_lately"),
            models.Index(F("facility"), UNTIL, condition=Q(imported=False), name="patients_encounter_there"),
            models.Index(F("attending"), UNTIL, name="patients_encounter_treated"),
            models.Index(
                fields=["attending", "started_at"], condition=Q(status__in=OPEN), name="patients_encounter_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EncounterKind.values), name="patients_encounter_kind"),
            models.CheckConstraint(condition=Q(status__in=EncounterStatus.values), name="patients_encounter_status"),
            models.CheckConstraint(
                condition=Q(status__in=[*OPEN, "unended"], ended_at__isnull=True)
                | (~Q(status__in=[*OPEN, "unended"]) & Q(ended_at__isnull=False)),
                name="patients_encounter_ended_when_not_open",
            ),
            models.CheckConstraint(
                condition=~Q(status="unended") | Q(imported=True), name="patients_encounter_unended_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")), name="patients_encounter_forward"
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=Q(kind="inpatient", status__in=OPEN),
                name="patients_encounter_one_open_stay",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.started_at:%Y-%m-%d}"

    def get_status_display(self) -> str:
        """A patient in a bed is not "in consultation"."""
        if self.kind == EncounterKind.INPATIENT and self.status == EncounterStatus.IN_PROGRESS:
            return str(_("In the ward"))
        return str(EncounterStatus(self.status).label)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
