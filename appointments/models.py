"""Who comes when to whom, and whose turn it is."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from appointments.querysets import AppointmentQuerySet, TokenQuerySet
from doctors.models import Doctor
from hms.core.models import Department, Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models import Encounter, Patient


class AppointmentKind(models.TextChoices):
    NEW = "new", _("New patient")
    FOLLOW_UP = "follow_up", _("Follow-up")
    VIDEO = "video", _("Video")


class AppointmentStatus(models.TextChoices):
    """FHIR R4, http://hl7.org/fhir/ValueSet/appointmentstatus."""

    BOOKED = "booked", _("Booked")
    ARRIVED = "arrived", _("Arrived")
    FULFILLED = "fulfilled", _("Seen")
    CANCELLED = "cancelled", _("Cancelled")
    # FHIR says "cancelled" of these too; here the patient still comes, at another time.
    MOVED = "moved", _("Moved")
    NO_SHOW = "no_show", _("Did not come")


ACTIVE = [AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED]
GIVEN_BACK = [AppointmentStatus.CANCELLED, AppointmentStatus.MOVED]
WITH_VISIT = [AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED]


@tracked()
class Appointment(Record):
    """booked → arrived → fulfilled; booked → cancelled, moved or no_show; both ways back
    are supervised: no_show → booked, arrived → booked or no_show when the visit is cancelled."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, related_name="appointments")
    # Half-open: [start, end).
    period = DateTimeRangeField()
    starts_at = models.GeneratedField(
        expression=Func(F("period"), function="lower"), output_field=models.DateTimeField(), db_persist=True
    )
    room = models.CharField(_("room"), max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=AppointmentKind)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    status = models.CharField(max_length=10, choices=AppointmentStatus, default=AppointmentStatus.BOOKED)
    encounter = models.OneToOneField(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="appointment"
    )
    booked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    cancelled_reason = models.CharField(max_length=300, blank=True)
    rescheduled_from = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="rescheduled_to"
    )

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        permissions = [("check_in", "Can check a patient in")]
        indexes = [
            models.Index(fields=["facility", "starts_at"], name="appointments_day"),
            models.Index(fields=["patient", "-starts_at", "-id"], name="appointments_of_patient"),
        ]
        constraints = [
            ExclusionConstraint(
                name="appointments_appointment_doctor_once",
                expressions=[("doctor", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=Q(status__in=ACTIVE),
            ),
            ExclusionConstraint(
                name="appointments_appointment_patient_once",
                expressions=[("patient", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=Q(status__in=ACTIVE),
            ),
            models.CheckConstraint(
                condition=Q(
                    period__isempty=False,
                    period__lower_inf=False,
                    period__upper_inf=False,
                    period__lower_inc=True,
                    period__upper_inc=False,
                ),
                name="appointments_appointment_has_period",
            ),
            models.CheckConstraint(condition=Q(kind__in=AppointmentKind.values), name="appointments_appointment_kind"),
            models.CheckConstraint(
                condition=Q(status__in=AppointmentStatus.values), name="appointments_appointment_status"
            ),
            models.CheckConstraint(
                condition=Q(status__in=WITH_VISIT, encounter__isnull=False)
                | (~Q(status__in=WITH_VISIT) & Q(encounter__isnull=True)),
                name="appointments_appointment_visit_when_arrived",
            ),
            models.CheckConstraint(
                condition=(Q(status__in=GIVEN_BACK) & ~Q(cancelled_reason=""))
                | (~Q(status__in=GIVEN_BACK) & Q(cancelled_reason="")),
                name="appointments_appointment_cancelled_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period.lower:%Y-%m-%d %H:%M}"

    @property
    def ends_at(self) -> datetime:
        return self.period.upper


class TokenStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CALLED = "called", _("Called")
    DONE = "done", _("Done")
    LEFT = "left", _("Left")


class QueueToken(Record):
    """The number a patient waits with, booked or walked in: waiting → called → done; waiting or called →
    left; a call that nobody followed goes back to waiting, and one that was ended too early is called again."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="queue_tokens")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="queue_tokens")
    day = models.DateField()
    number = models.PositiveIntegerField()
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="tokens")
    doctor = models.ForeignKey(Doctor, on_delete=models.PROTECT, null=True, blank=True, related_name="tokens")
    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="queue_token")
    status = models.CharField(max_length=8, choices=TokenStatus, default=TokenStatus.WAITING)
    called_at = models.DateTimeField(null=True, blank=True)
    room = models.CharField(_("room"), max_length=40, blank=True)

    untracked = "a ticket of one day; giving, calling and finishing it are acts in the audit"

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["day", "number"]
        permissions = [("call_token", "Can call patients from the queue")]
        indexes = [
            models.Index(fields=["facility", "day", "status"], name="appointments_queue_of_day"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["department", "day", "number"], name="appointments_queuetoken_one_number"),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(status__in=["waiting", "called"]),
                name="appointments_queuetoken_one_open",
            ),
            models.CheckConstraint(condition=Q(status__in=TokenStatus.values), name="appointments_queuetoken_status"),
            models.CheckConstraint(
                condition=~Q(status="called") | Q(called_at__isnull=False), name="appointments_queuetoken_called_at"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """The appointment; of somebody who walked in, the visit."""
        if self.appointment_id:
            return reverse("appointments:appointment", args=[self.appointment_id])
        return reverse("patients:visit", args=[self.encounter_id])

    @property
    def code(self) -> str:
        """As the paper and the display show it: 007."""
        return f"{self.number:03d}"
