"""Wards, rooms and beds; who lies where, since when, and what was noted of it."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models import Service
from hms.core.models import Department, Facility, Record, User
from hms.core.models.tracking import tracked
from patients.models import Encounter, Patient
from wards.querysets import AdmissionQuerySet, BedQuerySet, OfAdmissionQuerySet, WardQuerySet


@tracked()
class Ward(Record):
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="wards")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=80)
    bed_service = models.ForeignKey(
        Service, on_delete=models.PROTECT, related_name="+", verbose_name=_("charged for a bed-day")
    )
    active = models.BooleanField(_("active"), default=True)

    objects = WardQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        permissions = [("view_board", "Can see the bed board")]
        constraints = [models.UniqueConstraint(fields=["facility", "code"], name="wards_ward_one_code")]

    def __str__(self) -> str:
        return f"{self.code} · {self.name}"


@tracked()
class Room(Record):
    ward = models.ForeignKey(Ward, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=40)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["ward", "name"], name="wards_room_one_name")]

    def __str__(self) -> str:
        return self.name


class BedState(models.TextChoices):
    READY = "ready", _("Ready")
    CLEANING = "cleaning", _("To be cleaned")
    BLOCKED = "blocked", _("Out of use")


@tracked()
class Bed(Record):
    """Ready, to be cleaned after a patient left, or out of use. Whether it is taken is its stays' to say."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="beds")
    label = models.CharField(_("label"), max_length=20)
    state = models.CharField(_("state"), max_length=10, choices=BedState, default=BedState.READY)
    state_reason = models.CharField(max_length=200, blank=True)
    state_since = models.DateTimeField(null=True, blank=True)

    objects = BedQuerySet.as_manager()

    class Meta:
        ordering = ["label"]
        permissions = [("change_bed_state", "Can mark a bed as clean or out of use")]
        constraints = [
            models.UniqueConstraint(fields=["room", "label"], name="wards_bed_one_label"),
            models.CheckConstraint(condition=Q(state__in=BedState.values), name="wards_bed_state"),
            models.CheckConstraint(
                condition=~Q(state="blocked") | ~Q(state_reason=""), name="wards_bed_blocked_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class AdmissionStatus(models.TextChoices):
    ADMITTED = "admitted", _("Admitted")
    DISCHARGED = "discharged", _("Discharged")
    CANCELLED = "cancelled", _("Cancelled")


@tracked()
class Admission(Record):
    """admitted → discharged; admitted → cancelled while nothing was charged."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="admissions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="admissions")
    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="admission")
    status = models.CharField(max_length=10, choices=AdmissionStatus, default=AdmissionStatus.ADMITTED)
    reason = models.CharField(_("reason for admission"), max_length=200)
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expected_on = models.DateField(_("expected to leave"), null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True)

    objects = AdmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-admitted_at", "-id"]
        permissions = [
            ("admit", "Can admit a patient"),
            ("transfer", "Can move a patient to another bed"),
            ("discharge", "Can discharge a patient"),
            ("add_note", "Can write ward notes"),
        ]
        indexes = [models.Index(fields=["facility", "-admitted_at"], name="wards_admission_facility")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=AdmissionStatus.values), name="wards_admission_status"),
            models.CheckConstraint(
                condition=Q(status="admitted", ended_at__isnull=True)
                | (~Q(status="admitted") & Q(ended_at__isnull=False)),
                name="wards_admission_ended_when_over",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("admitted_at")), name="wards_admission_forward"
            ),
            models.UniqueConstraint(
                fields=["patient"], condition=Q(status="admitted"), name="wards_admission_one_open_per_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} {self.admitted_at:%Y-%m-%d}"


@tracked()
class BedStay(Record):
    """One patient in one bed for the half-open time [from, until). Neither is ever double-booked."""

    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="stays")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="stays")
    period = DateTimeRangeField()
    moved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["period"]
        constraints = [
            ExclusionConstraint(
                name="wards_bedstay_one_patient_per_bed",
                expressions=[("bed", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            ExclusionConstraint(
                name="wards_bedstay_one_bed_per_patient",
                expressions=[("admission", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="wards_bedstay_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.bed}"


class BedDay(Record):
    """One hospital day of a stay: the act that a bed-day is charged for. Append-only."""

    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="bed_days")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()

    append_only = True

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["admission", "day"], name="wards_bedday_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}"


class NoteKind(models.TextChoices):
    NURSING = "nursing", _("Nursing")
    TREATMENT = "treatment", _("Treatment")
    ROUND = "round", _("Doctor's round")
    HANDOVER = "handover", _("Handover")


class NursingNote(Record):
    """What was seen and done at the bedside. Append-only: a correction is a further note."""

    admission = models.ForeignKey(Admission, on_delete=models.PROTECT, related_name="notes")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="nursing_notes")
    kind = models.CharField(_("kind"), max_length=10, choices=NoteKind, default=NoteKind.NURSING)
    text = models.TextField(_("note"))
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")

    append_only = True
    objects = OfAdmissionQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=NoteKind.values), name="wards_nursingnote_kind"),
            models.CheckConstraint(condition=~Q(text=""), name="wards_nursingnote_not_empty"),
            models.UniqueConstraint(fields=["corrects"], name="wards_nursingnote_one_correction"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.written_at:%Y-%m-%d %H:%M}"


class DischargeSummary(Record):
    """What the patient takes home: signed at discharge. Append-only."""

    admission = models.OneToOneField(Admission, on_delete=models.PROTECT, related_name="summary")
    number = models.CharField(_("number"), max_length=40, unique=True, editable=False)
    diagnosis = models.CharField(_("diagnosis"), max_length=300)
    course = models.TextField(_("what was found and done"))
    instructions = models.TextField(_("instructions and medicines"))
    follow_up = models.CharField(_("follow-up"), max_length=200, blank=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    append_only = True

    def __str__(self) -> str:
        return self.diagnosis
