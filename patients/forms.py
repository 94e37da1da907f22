from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from crispy_forms.layout import HTML, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from hms.core import clock, roles, units
from hms.core.forms import DateInput, DateTimeInput, Form, ModelForm, row
from hms.core.models import Department, ErasureGround, Facility, HoldAsker, User
from patients import amendable
from patients.models import (
    Allergy,
    CarePlan,
    Contact,
    DiagnosisCode,
    Immunization,
    MedicationStatement,
    Patient,
)
from patients.models.amendments import Ground
from patients.models.encounter import EncounterKind
from patients.models.grants import Verdict
from patients.models.patient import Confidentiality
from patients.services.clinical import VITALS, vitals_faults
from patients.services.grants import LONGEST_SHARE
from patients.services.registration import FIELDS
from staff.models import Employee


class PatientForm(ModelForm):
    class Meta:
        model = Patient
        fields = FIELDS
        widgets = {"birth_date": DateInput(), "phone": forms.TextInput(attrs={"type": "tel"})}

    rules = {"patients_patient_born_after_1880": ("birth_date", _("Give the year in full: 1880 or later."))}

    def layout(self) -> Layout:
        return Layout(
            Fieldset(
                _("Person"),
                row("given_name", "family_name"),
                "other_names",
                row("sex", "birth_date"),
                "birth_date_estimated",
            ),
            Fieldset(
                _("How to reach"),
                row("phone", "email"),
                row("address", "city"),
                row("postal_code", "country"),
                "language",
            ),
        )


class RegisterForm(PatientForm):
    identifier = forms.CharField(label=_("Identity number"), max_length=120, required=False)
    contact_name = forms.CharField(label=_("Next of kin"), max_length=160, required=False)
    contact_relationship = forms.CharField(label=_("Relationship"), max_length=60, required=False)
    contact_phone = forms.CharField(label=_("Their phone"), max_length=40, required=False)
    duplicates_seen = forms.BooleanField(label=_("I have checked: this is another person"), required=False)

    def layout(self) -> Layout:
        return Layout(
            Fieldset(
                _("Person"),
                row("given_name", "family_name"),
                "other_names",
                row("sex", "birth_date"),
                row("birth_date_estimated"),
                row("identifier", "phone"),
            ),
            HTML('<div id="duplicates" aria-live="polite">{% include "patients/duplicates.html" %}</div>'),
            Fieldset(
                _("How to reach"), row("email", "language"), row("address", "city"), row("postal_code", "country")
            ),
            Fieldset(
                _("Whom to call"),
                HTML('<p class="muted">' + _("The next of kin: all three, or none of them.") + "</p>"),
                row("contact_name", "contact_relationship", "contact_phone"),
            ),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kin = {name: data.get(name) for name in ("contact_name", "contact_relationship", "contact_phone")}
        for name, told in kin.items():
            if any(kin.values()) and not told and name not in self.errors:
                self.add_error(name, _("Fill this in too, or leave all three of the next of kin empty."))
        return data


class AmendmentForm(Form):
    entry = forms.ChoiceField(
        label=_("What it is about"),
        help_text=_("The kind, the day and the writer: ask the patient. What the entry says is not shown here."),
    )
    wanted = forms.CharField(
        label=_("What it should say"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In the patient's own words: what is wrong or missing, and what is right."),
    )  # fmt: skip
    why = forms.CharField(label=_("Why"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    asker = forms.CharField(
        label=_("Who asks"), max_length=160, help_text=_("The patient, or who acts for them: name and relation.")
    )
    identity = forms.CharField(
        label=_("How that was checked"), max_length=200, help_text=_("“Passport”, “known to us”.")
    )
    received_on = forms.DateField(label=_("Received"), widget=DateInput())

    def __init__(self, *args: Any, patient_id: UUID, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grouped: dict[str, list[tuple[str, str]]] = {}
        for kind, pk, said in amendable.entries(patient_id, facility):
            grouped.setdefault(str(kind.label), []).append((f"{kind.name}:{pk}", said))
        self.fields["entry"].choices = [("", "…"), ("general", amendable.general()), *grouped.items()]

    def layout(self) -> Layout:
        return Layout("entry", "wanted", "why", row("asker", "identity"), "received_on")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        record_type, _colon, record_id = data.pop("entry", "").partition(":")
        if record_id:
            data |= {"record_type": record_type, "record_id": UUID(record_id)}
        return data


class AcceptAmendmentForm(Form):
    answer = forms.CharField(
        label=_("What is amended"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It stands with the entry from now on, and in the letter to the patient. The original stays."),
    )  # fmt: skip


class DenyAmendmentForm(Form):
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=_("Reason"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In plain words: the patient reads it."),
    )  # fmt: skip


class DisagreementForm(Form):
    disagreement = forms.CharField(
        label=_("Statement of disagreement"), max_length=4000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("In the patient's own words. It stands with the entry from now on."),
    )  # fmt: skip


class RebuttalForm(Form):
    rebuttal = forms.CharField(
        label=_("Answer to the disagreement"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("It stands with the entry as well; give the patient a copy."),
    )  # fmt: skip


class DeathForm(Form):
    died_at = forms.DateTimeField(label=_("Died"), widget=DateTimeInput())


class BringOverForm(Form):
    mrn = forms.CharField(label=_("MRN"), max_length=20)
    birth_date = forms.DateField(label=_("Birth date"), widget=DateInput())


class VitalsForm(Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for vital in VITALS:
            unit = units.text(vital.unit)
            self.fields[vital.name] = forms.DecimalField(
                label=f"{vital.label}{', ' + unit if unit else ''}",
                required=False,
                max_digits=6,
                decimal_places=1,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )
        self.fields["observed_at"] = forms.DateTimeField(
            label=_("Measured at"), required=False, widget=DateTimeInput(), help_text=_("Empty: now.")
        )

    def layout(self) -> Layout:
        return Layout(
            row("systolic", "diastolic", "pulse"),
            row("respiration", "saturation", "temperature"),
            row("weight", "height", "glucose"),
            row("pain", "observed_at"),
        )

    def clean(self) -> dict[str, Any]:
        """Every value that cannot be true, at once; the service looks again."""
        data = super().clean() or self.cleaned_data
        values = {vital.name: data.get(vital.name) for vital in VITALS}
        for field, fault in vitals_faults(values, data.get("observed_at")).items():
            self.add_error(field, fault)
        return data


class AllergyForm(ModelForm):
    class Meta:
        model = Allergy
        fields = ["substance", "category", "criticality", "reaction", "onset_on"]
        widgets = {"onset_on": DateInput()}

    def layout(self) -> Layout:
        return Layout(row("substance", "category"), row("reaction", "criticality", "onset_on"))


class ConditionForm(Form):
    code = forms.CharField(
        label=_("Diagnosis"), required=False, max_length=10, help_text=_("ICD-10-CM, by word or code")
    )
    display = forms.CharField(
        label=_("In words"), required=False, max_length=300, help_text=_("Where no code fits, or to be more exact")
    )
    onset_on = forms.DateField(label=_("Since"), required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.get("code", "") if self.is_bound else ""
        known = DiagnosisCode.objects.filter(pk=chosen).first() if chosen else None
        self.fields["code"].widget = DiagnosisPick(choices=[("", "")] + ([(known.code, str(known))] if known else []))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        code = data.get("code", "")
        known = DiagnosisCode.objects.filter(pk=code).first() if code else None
        if code and known is None:
            self.add_error("code", _("This is not an ICD-10-CM code. Pick one from the list."))
        if not code and not data.get("display"):
            self.add_error("code", _("Pick a diagnosis, or write it in words."))
        if known and not data.get("display"):
            data["display"] = known.title
        return data


class DiagnosisPick(forms.Select):
    """A pick list that asks the server while one types."""

    def __init__(self, attrs: dict[str, Any] | None = None, choices: Any = ()) -> None:
        base = {"data-pick": "", "data-pick-url": "/patients/diagnoses", "data-placeholder": "diabetes, E11…"}
        super().__init__({**base, **(attrs or {})}, choices)


class ImmunizationForm(ModelForm):
    class Meta:
        model = Immunization
        fields = ["vaccine", "given_at", "lot"]
        widgets = {"given_at": DateTimeInput()}


class MedicationForm(ModelForm):
    class Meta:
        model = MedicationStatement
        fields = ["display", "dosage", "status", "started_on"]
        widgets = {"started_on": DateInput()}


class ContactForm(ModelForm):
    class Meta:
        model = Contact
        fields = ["name", "relationship", "phone"]


class IdentifierForm(Form):
    system = forms.CharField(label=_("Kind of number"), max_length=200, help_text=_("For example: passport, insurance"))
    value = forms.CharField(label=_("Number"), max_length=120)


class CarePlanForm(ModelForm):
    class Meta:
        model = CarePlan
        fields = ["title", "activities", "review_on"]
        widgets = {"review_on": DateInput(), "activities": forms.Textarea(attrs={"rows": 4})}


class VisitForm(Form):
    """A visit without an appointment: the patient walked in."""

    kind = forms.ChoiceField(
        label=_("Kind of visit"),
        choices=[choice for choice in EncounterKind.choices if choice[0] != EncounterKind.INPATIENT],
    )
    department = forms.ModelChoiceField(Department.objects.none(), label=_("Department"))
    attending = forms.ModelChoiceField(
        Employee.objects.none(),
        label=_("Doctor"),
        required=False,
        empty_label=_("Whoever is free"),
        widget=forms.Select(attrs={"data-pick": ""}),
    )
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(
            facility=facility, active=True, sees_patients=True
        )
        self.fields["attending"].queryset = Employee.objects.filter(
            facility=facility, active=True, profession="doctor"
        ).order_by("family_name", "given_name")

    def layout(self) -> Layout:
        return Layout(row("kind", "department"), "attending", "reason")


class AmendForm(Form):
    text = forms.CharField(label=_("Addendum"), widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000)


class BreakGlassForm(Form):
    """Why a chart has to be opened in an emergency."""

    reason = forms.CharField(
        label=_("Why you need this chart now"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For example: collapsed in the corridor; on call for the ward; asked by the doctor in charge."),
    )


class EmergencyForm(BreakGlassForm):
    mrn = forms.CharField(
        label=_("MRN"), max_length=20, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    birth_date = forms.DateField(label=_("Birth date"), widget=DateInput())

    def layout(self) -> Layout:
        return Layout(row("mrn", "birth_date"), "reason")


class HoldForm(Form):
    """Who needs the record, and what for."""

    asked_for = forms.ChoiceField(label=_("Asked for by"), choices=HoldAsker)
    reference = forms.CharField(label=_("File number"), max_length=120, required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class LiftForm(Form):
    reason = forms.CharField(label=_("Why it is no longer needed"), max_length=300)


class EraseForm(Form):
    """On what ground a record is to be erased, and why."""

    ground = forms.ChoiceField(label=_("Ground"), choices=ErasureGround, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Do not name the patient: somebody else decides without knowing who it is."),
    )


class RejectErasureForm(Form):
    reason = forms.CharField(label=_("Why the record stays"), max_length=300)


class ShareForm(Form):
    user = forms.ModelChoiceField(
        User.objects.none(), label=_("Colleague"), widget=forms.Select(attrs={"data-pick": ""})
    )
    until = forms.DateField(label=_("Until the end of"), widget=DateInput())
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.facility = user.facility
        able = [code for code, role in roles.ROLES.items() if "patients.view_chart" in role.permissions]
        colleagues = User.objects.filter(
            is_active=True,
            memberships__facility=user.facility,
            memberships__active=True,
            memberships__role__name__in=able,
        ).exclude(pk=user.pk)
        self.fields["user"].queryset = colleagues.distinct().order_by("last_name", "first_name")

    def clean_until(self) -> datetime:
        last: date = self.cleaned_data["until"]
        first = clock.today(self.facility)
        # Also keeps it within what the calendar's arithmetic can bear.
        if not first <= last < first + LONGEST_SHARE:
            raise forms.ValidationError(
                _("Choose a day within the next %(days)s days."), params={"days": LONGEST_SHARE.days}
            )
        return clock.day_bounds(self.facility, last)[1]


class ReviewForm(Form):
    verdict = forms.ChoiceField(label=_("Verdict"), choices=Verdict.choices, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("Comment"), max_length=300, required=False, help_text=_("Needed when it was not justified.")
    )


class ConfidentialityForm(Form):
    confidentiality = forms.ChoiceField(label=_("This record"), choices=Confidentiality.choices)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not user.has_perm("patients.release_patient"):
            self.fields["confidentiality"].choices = Confidentiality.choices[1:]
