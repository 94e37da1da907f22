"""Who the patient is."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from hms.core import audit, clock
from hms.core.models import Facility, Record, User
from hms.core.models.tracking import tracked
from patients.querysets import OfPatientQuerySet, PatientQuerySet


class Sex(models.TextChoices):
    """Administrative gender (FHIR R4, http://hl7.org/fhir/ValueSet/administrative-gender)."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Unknown")


class Confidentiality(models.TextChoices):
    """Who is kept narrower than a role lets see: known to those who treat them, and to those who register."""

    NORMAL = "normal", _("Normal")
    STAFF = "staff", _("Works here")
    VIP = "vip", _("Public person")
    RESTRICTED = "restricted", _("Restricted by the patient")


@tracked(without=("search_name", "name_tokens", "phone_digits"))
class Patient(Record):
    mrn = models.CharField(_("MRN"), max_length=20, unique=True, editable=False)
    registered_at = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="+", verbose_name=_("registered at")
    )
    given_name = models.CharField(_("given names"), max_length=120, blank=True)
    family_name = models.CharField(_("family name"), max_length=120)
    other_names = models.CharField(
        _("other names"),
        max_length=500,
        blank=True,
        help_text=_("Maiden name, former or other names they are asked for by; a comma between two."),
    )
    sex = models.CharField(_("sex"), max_length=8, choices=Sex)
    birth_date = models.DateField(_("birth date"))
    birth_date_estimated = models.BooleanField(_("birth date is an estimate"), default=False)
    deceased_at = models.DateTimeField(_("died"), null=True, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("street and number"), max_length=200, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    postal_code = models.CharField(_("postcode"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=60, blank=True)
    # None: nobody asked. True: asked, and there are none. Recorded allergies make it False.
    no_known_allergies = models.BooleanField(null=True, editable=False)
    active = models.BooleanField(_("active"), default=True, editable=False)
    inactive_reason = models.CharField(max_length=300, blank=True, editable=False)
    confidentiality = models.CharField(
        _("confidentiality"),
        max_length=10,
        choices=Confidentiality,
        default=Confidentiality.NORMAL,
        editable=False,
    )
    # Nothing of who it was is left in the row, and nothing is added to it any more.
    erased_at = models.DateTimeField(null=True, editable=False)

    # For the search: filled by services from the names and the phone number.
    search_name = models.CharField(max_length=260, editable=False)
    name_tokens = ArrayField(models.CharField(max_length=120), editable=False)
    phone_digits = models.CharField(max_length=20, blank=True, editable=False)
    name_vector = models.GeneratedField(
        expression=Func(F("name_tokens"), function="array_to_tsvector"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        ordering = ["family_name", "given_name", "id"]
        permissions = [
            ("search_patient", "Can search patients"),
            ("view_chart", "Can read the clinical chart"),
            ("change_clinical", "Can write the clinical record"),
            ("change_allergies", "Can record allergies"),
            ("record_vitals", "Can record vital signs"),
            ("deactivate_patient", "Can deactivate a patient record"),
            ("view_restricted", "Can find records that are kept narrower"),
            ("restrict_patient", "Can keep a record narrower"),
            ("release_patient", "Can open a record that was kept narrower"),
            ("release_record", "Can give the whole record to the patient or to whom they name"),
        ]
        indexes = [
            GinIndex(fields=["name_vector"], name="patients_patient_names"),
            GinIndex(OpClass(F("search_name"), name="gin_trgm_ops"), name="patients_patient_similar"),
            models.Index(fields=["birth_date", "family_name"], name="patients_patient_born"),
            # The list of patients, read in its order: sorting a million of them takes seconds.
            models.Index(
                fields=["family_name", "given_name", "id"], condition=Q(active=True), name="patients_patient_list"
            ),
            models.Index(
                OpClass(F("phone_digits"), name="text_pattern_ops"),
                condition=~Q(phone_digits=""),
                name="patients_patient_phone",
            ),
            models.Index(OpClass(F("mrn"), name="text_pattern_ops"), name="patients_patient_mrn_prefix"),
            models.Index(fields=["id"], condition=~Q(confidentiality="normal"), name="patients_patient_narrow"),
            models.Index(fields=["id"], condition=Q(erased_at__isnull=False), name="patients_patient_erased"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="patients_patient_sex"),
            models.CheckConstraint(
                condition=Q(confidentiality__in=Confidentiality.values), name="patients_patient_confidentiality"
            ),
            models.CheckConstraint(
                condition=Q(birth_date__gte=date(1880, 1, 1)), name="patients_patient_born_after_1880"
            ),
            models.CheckConstraint(
                condition=Q(active=True) | ~Q(inactive_reason=""), name="patients_patient_inactive_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Whoever reads it has seen the patient: the request that does so records it."""
        audit.seen(self.pk)
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def age_text(self) -> str:
        """The age now, or at death."""
        on = self.deceased_at.date() if self.deceased_at else clock.now().date()
        return clock.age_text(self.birth_date, on)

    @property
    def sex_label(self) -> str:
        return str(self.get_sex_display())


@tracked()
class PatientFacility(Record):
    """The patient is known to a facility: who works there may find them."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="facilities")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "facility"], name="patients_patientfacility_once"),
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} at {self.facility_id}"


@tracked()
class PatientIdentifier(Record):
    """A number someone else gave the patient: national identity, insurance, another hospital's."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    system = models.CharField(_("kind"), max_length=200)
    value = models.CharField(_("number"), max_length=120)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["system"]
        constraints = [
            models.UniqueConstraint(fields=["system", "value"], name="patients_patientidentifier_one_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.value}"


@tracked()
class Contact(Record):
    """Next of kin, and whom to call."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=160)
    relationship = models.CharField(_("relationship"), max_length=60)
    phone = models.CharField(_("phone"), max_length=40)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OfPatientQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.relationship})"
