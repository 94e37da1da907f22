from __future__ import annotations

from typing import Any

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from doctors import fees
from doctors.models import SIGNATURE_BYTES, Availability, Doctor, ExceptionKind
from hms.core.forms import DateInput, Form, ModelForm, TimeInput, row
from hms.core.models import Facility
from patients.models import CarePlan, DiagnosisCode
from staff.models import Employee, Profession

UPLOAD_BYTES = 10 * SIGNATURE_BYTES
TEXT = 20_000  # characters of one part of a note


class DoctorForm(ModelForm):
    class Meta:
        model = Doctor
        fields = ["specialty", "licence_number", "fee", "room", "accepts_new"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doctor = self.instance
        if doctor.employee_id and (service := fees.listed(doctor.employee.facility, doctor.specialty)):
            self.fields["fee"].help_text = _("Empty: the price list's, for %(specialty)s now %(price)s.") % {
                "specialty": doctor.specialty.name,
                "price": service.price,
            }

    def layout(self) -> Layout:
        return Layout(row("specialty", "licence_number"), row("fee", "room"), "accepts_new")


class ChangeDoctorForm(DoctorForm):
    reason = forms.CharField(
        label=_("Why the fee changes"),
        max_length=300,
        required=False,
        help_text=_("Needed where a second person has to approve it."),
    )

    def layout(self) -> Layout:
        return Layout(*super().layout().fields, "reason")


class AddDoctorForm(DoctorForm):
    reason = forms.CharField(
        label=_("Why a fee of their own"),
        max_length=300,
        required=False,
        help_text=_(
            "Needed where a second person has to approve the fee. Until then consultations cost what the price list says."
        ),
    )
    employee = forms.ModelChoiceField(
        Employee.objects.none(), label=_("Employee"), widget=forms.Select(attrs={"data-pick": ""})
    )

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clinicians = [Profession.DOCTOR, Profession.PATHOLOGIST, Profession.MIDWIFE, Profession.PHYSIOTHERAPIST]
        self.fields["employee"].queryset = Employee.objects.filter(
            facility=facility, active=True, doctor=None, profession__in=clinicians
        )
        self.fields["employee"].help_text = _("Clinicians who have no profile yet. Hire them first under Staff.")

    def layout(self) -> Layout:
        return Layout("employee", *super().layout().fields, "reason")


class SignatureForm(Form):
    picture = forms.FileField(
        label=_("Picture of your signature"),
        help_text=_("PNG or JPEG, the signature alone on white, 2 MB at most."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    def clean_picture(self) -> bytes:
        upload = self.cleaned_data["picture"]
        if upload.size > UPLOAD_BYTES:
            raise forms.ValidationError(_("This file is larger than 2 MB. Scan the signature alone."))
        return upload.read()


class AvailabilityForm(ModelForm):
    class Meta:
        model = Availability
        fields = ["weekday", "starts", "ends", "slot_minutes", "room", "valid_from", "valid_until"]
        widgets = {
            "starts": TimeInput(),
            "ends": TimeInput(),
            "valid_from": DateInput(),
            "valid_until": DateInput(),
        }
        help_texts = {"room": _("Empty: the doctor's own."), "valid_until": _("Empty: until further notice.")}

    rules = {
        "doctors_availability_forward": ("ends", _("Give a time later than “From”.")),
        "doctors_availability_validity": ("valid_until", _("Give the first day or a later one.")),
    }

    def layout(self) -> Layout:
        return Layout(row("weekday", "starts", "ends"), row("slot_minutes", "room"), row("valid_from", "valid_until"))


class EndAvailabilityForm(Form):
    last_day = forms.DateField(
        label=_("Last day"), widget=DateInput(), help_text=_("Before the first day: the hours are taken away whole.")
    )


class ExceptionForm(Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=ExceptionKind)
    first = forms.DateField(label=_("Day, or the first"), widget=DateInput())
    last = forms.DateField(label=_("The last"), required=False, widget=DateInput(), help_text=_("Empty: one day."))
    starts = forms.TimeField(label=_("From"), required=False, widget=TimeInput(), help_text=_("Empty: the whole day."))
    ends = forms.TimeField(label=_("Until"), required=False, widget=TimeInput())
    slot_minutes = forms.IntegerField(
        label=_("Minutes a patient"), required=False, min_value=5, max_value=240, help_text=_("For extra hours.")
    )
    room = forms.CharField(label=_("Room"), max_length=40, required=False, help_text=_("For extra hours."))
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def layout(self) -> Layout:
        return Layout(
            row("kind", "first", "last"),
            row("starts", "ends"),
            Fieldset(_("Extra hours"), row("slot_minutes", "room")),
            "reason",
        )


class CodesField(forms.TypedMultipleChoiceField):
    """Diagnosis codes in the order in which they were picked; the service checks that they exist."""

    def valid_value(self, value: str) -> bool:
        return True


class NoteForm(Form):
    """The note of a consultation. Every part may be empty; signing refuses a note that is empty whole."""

    complaint = forms.CharField(
        label=_("Complaint and history"), required=False, max_length=TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
    examination = forms.CharField(
        label=_("Examination"), required=False, max_length=TEXT, widget=forms.Textarea(attrs={"rows": 3})
    )
    codes = CodesField(
        label=_("Diagnoses, coded"),
        required=False,
        widget=forms.SelectMultiple(
            attrs={"data-pick": "", "data-pick-url": "/patients/diagnoses", "data-placeholder": "add a diagnosis…"}
        ),
    )
    typed_codes = forms.CharField(label=_("Codes, with commas between them"), required=False, max_length=200)
    assessment = forms.CharField(
        label=_("Assessment"), required=False, max_length=TEXT, widget=forms.Textarea(attrs={"rows": 2})
    )
    plan = forms.CharField(label=_("Plan"), required=False, max_length=TEXT, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.getlist("codes") if self.is_bound else self.initial.get("codes", [])
        known = {row.code: str(row) for row in DiagnosisCode.objects.filter(pk__in=chosen)} if chosen else {}
        self.fields["codes"].choices = [(code, known.get(code, code)) for code in chosen]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        typed = [code.strip().upper() for code in data.pop("typed_codes", "").split(",") if code.strip()]
        data["codes"] = list(dict.fromkeys([*data.get("codes", []), *typed]))
        return data


class PlanForm(ModelForm):
    class Meta:
        model = CarePlan
        fields = ["title", "activities", "review_on"]
        widgets = {"review_on": DateInput(), "activities": forms.Textarea(attrs={"rows": 3})}
