"""What is known of the patient's health. Nothing here is deleted: mistakes are marked as such."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from hms.core import units
from hms.core.models import Record, User
from hms.core.models.tracking import tracked
from patients.models.encounter import Encounter
from patients.models.patient import Patient
from patients.querysets import NoteQuerySet, OfPatientQuerySet


class ClinicalRecord(Record):
    """Belongs to a patient, perhaps to one visit; says who recorded it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="%(class)s_set")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="%(class)s_set"
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_in_error = models.BooleanField(default=False)
    error_reason = models.CharField(max_length=300, blank=True)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        abstract = True


class AllergyCategory(models.TextChoices):
    MEDICATION = "medication", _("Medicine")
    FOOD = "food", _("Food")
    ENVIRONMENT = "environment", _("Environment")
    BIOLOGIC = "biologic", _("Biological")


class Criticality(models.TextChoices):
    LOW = "low", _("Low risk")
    HIGH = "high", _("High risk")
    UNABLE = "unable-to-assess", _("Not assessed")


@tracked()
class Allergy(ClinicalRecord):
    substance = models.CharField(_("substance"), max_length=200)
    code = models.CharField(max_length=40, blank=True, editable=False)
    category = models.CharField(_("kind"), max_length=12, choices=AllergyCategory, default=AllergyCategory.MEDICATION)
    criticality = models.CharField(_("risk"), max_length=20, choices=Criticality, default=Criticality.UNABLE)
    reaction = models.CharField(_("reaction"), max_length=200, blank=True)
    active = models.BooleanField(default=True)
    onset_on = models.DateField(_("since"), null=True, blank=True)

    class Meta:
        verbose_name_plural = _("allergies")
        ordering = ["-criticality", "substance"]
        constraints = [
            models.CheckConstraint(condition=Q(category__in=AllergyCategory.values), name="patients_allergy_category"),
            models.CheckConstraint(
                condition=Q(criticality__in=Criticality.values), name="patients_allergy_criticality"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.substance}: {self.reaction}" if self.reaction else self.substance

    @property
    def text(self) -> str:
        return str(self)


class DiagnosisCode(models.Model):
    """ICD-10-CM, loaded by `manage.py load_icd10`."""

    code = models.CharField(max_length=10, primary_key=True)
    title = models.CharField(max_length=300)
    billable = models.BooleanField()
    search = models.CharField(max_length=320, editable=False)

    untracked = "the published ICD-10-CM table, loaded whole by a command"

    class Meta:
        ordering = ["code"]
        indexes = [
            models.Index(OpClass(F("code"), name="text_pattern_ops"), name="patients_diagnosiscode_prefix"),
            GinIndex(OpClass(F("search"), name="gin_trgm_ops"), name="patients_diagnosiscode_words"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class ConditionCategory(models.TextChoices):
    PROBLEM = "problem-list-item", _("Problem")
    DIAGNOSIS = "encounter-diagnosis", _("Diagnosis of the visit")


@tracked()
class Condition(ClinicalRecord):
    """A problem on the list, or a diagnosis of one visit."""

    note = models.ForeignKey(
        "ClinicalNote", on_delete=models.PROTECT, null=True, blank=True, related_name="diagnoses", editable=False
    )
    category = models.CharField(max_length=20, choices=ConditionCategory, default=ConditionCategory.PROBLEM)
    system = models.CharField(max_length=100, default="http://hl7.org/fhir/sid/icd-10-cm", editable=False)
    code = models.CharField(_("code"), max_length=40, blank=True)
    display = models.CharField(_("problem"), max_length=300)
    onset_on = models.DateField(_("since"), null=True, blank=True)
    resolved_on = models.DateField(_("resolved"), null=True, blank=True)

    class Meta:
        ordering = ["-onset_on", "-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=ConditionCategory.values), name="patients_condition_category"
            ),
            models.CheckConstraint(
                condition=Q(resolved_on__isnull=True) | Q(onset_on__isnull=True) | Q(resolved_on__gte=F("onset_on")),
                name="patients_condition_forward",
            ),
            models.UniqueConstraint(
                fields=["note", "code"],
                condition=Q(note__isnull=False, entered_in_error=False),
                name="patients_condition_once_per_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display} ({self.code})" if self.code else self.display


class ObservationCategory(models.TextChoices):
    VITALS = "vital-signs", _("Vital signs")
    LABORATORY = "laboratory", _("Laboratory")
    SOCIAL = "social-history", _("Social history")
    SURVEY = "survey", _("Survey")
    OTHER = "other", _("Other")


@tracked()
class Observation(ClinicalRecord):
    """One measured or observed value. Code: LOINC. Unit: UCUM."""

    category = models.CharField(max_length=16, choices=ObservationCategory, default=ObservationCategory.VITALS)
    code = models.CharField(max_length=40)
    display = models.CharField(max_length=300)
    value = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    # As it was written: "13.20" stays 13.20.
    value_text = models.CharField(max_length=1000, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    observed_at = models.DateTimeField()

    class Meta:
        ordering = ["-observed_at", "code"]
        indexes = [models.Index(fields=["patient", "code", "-observed_at"], name="patients_observation_series")]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=ObservationCategory.values), name="patients_observation_category"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | ~Q(value_text=""), name="patients_observation_has_value"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.display} {self.value_text} {units.text(self.unit)}".strip()


@tracked()
class Immunization(ClinicalRecord):
    code = models.CharField(max_length=40, blank=True)
    vaccine = models.CharField(_("vaccine"), max_length=200)
    given_at = models.DateTimeField(_("given"))
    lot = models.CharField(_("lot number"), max_length=60, blank=True)

    class Meta:
        ordering = ["-given_at"]

    def __str__(self) -> str:
        return self.vaccine


@tracked()
class Procedure(ClinicalRecord):
    code = models.CharField(max_length=40, blank=True)
    display = models.CharField(max_length=300)
    performed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-performed_at"]

    def __str__(self) -> str:
        return self.display


class MedicationStatus(models.TextChoices):
    ACTIVE = "active", _("Taking")
    COMPLETED = "completed", _("Finished")
    STOPPED = "stopped", _("Stopped")


@tracked()
class MedicationStatement(ClinicalRecord):
    """A medicine the patient takes or took, prescribed elsewhere or told by them."""

    code = models.CharField(max_length=40, blank=True)
    display = models.CharField(_("medicine"), max_length=300)
    dosage = models.CharField(_("how it is taken"), max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=MedicationStatus, default=MedicationStatus.ACTIVE)
    started_on = models.DateField(_("since"), null=True, blank=True)

    class Meta:
        ordering = ["status", "-started_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=MedicationStatus.values), name="patients_medicationstatement_status"
            ),
        ]

    def __str__(self) -> str:
        return self.display


class NoteStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SIGNED = "signed", _("Signed")
    ENTERED_IN_ERROR = "entered_in_error", _("Entered in error")


@tracked(unless=("status", "draft"))
class ClinicalNote(Record):
    """draft → signed → (entered in error). A signed note never changes (a trigger holds it):
    it is amended by an addendum, a note of its own."""

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="notes")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    complaint = models.TextField(_("complaint and history"), blank=True)
    examination = models.TextField(_("examination"), blank=True)
    assessment = models.TextField(_("assessment"), blank=True)
    plan = models.TextField(_("plan"), blank=True)
    # Diagnoses chosen in a draft; signing turns them into conditions of the visit.
    draft_codes = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=16, choices=NoteStatus, default=NoteStatus.DRAFT)
    saved_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True, blank=True)
    amends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="addenda")
    error_reason = models.CharField(max_length=300, blank=True)

    objects = NoteQuerySet.as_manager()

    deletable = True

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=NoteStatus.values), name="patients_clinicalnote_status"),
            models.CheckConstraint(
                condition=Q(status="draft", signed_at__isnull=True) | (~Q(status="draft") & Q(signed_at__isnull=False)),
                name="patients_clinicalnote_signed_at",
            ),
            models.UniqueConstraint(
                fields=["encounter", "author"], condition=Q(status="draft"), name="patients_clinicalnote_one_draft"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} note, {self.created_at:%Y-%m-%d}"


class CarePlanStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    COMPLETED = "completed", _("Completed")
    REVOKED = "revoked", _("Stopped")


@tracked()
class CarePlan(ClinicalRecord):
    """What was agreed to do, until when."""

    title = models.CharField(_("goal"), max_length=200)
    activities = models.TextField(_("what is done"))
    review_on = models.DateField(_("review on"), null=True, blank=True)
    status = models.CharField(max_length=10, choices=CarePlanStatus, default=CarePlanStatus.ACTIVE)

    class Meta:
        ordering = ["status", "-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=CarePlanStatus.values), name="patients_careplan_status"),
        ]

    def __str__(self) -> str:
        return self.title
