from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from appointments.models import AppointmentKind
from doctors.models import Doctor
from hms.core.forms import DateInput, Form, ReasonForm


def read_start(text: str) -> datetime | None:
    """The start of a slot as an address carries it, in UTC; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


class FindForm(Form):
    """What to look for: one of these doctors, a specialty or anyone, from a day on."""

    doctor = forms.ChoiceField(
        label=_("Doctor"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select", "data-submit-on-change": ""}),
    )
    specialty = forms.ChoiceField(
        label=_("Specialty"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select", "data-submit-on-change": ""}),
    )
    start = forms.DateField(
        label=_("From"), required=False, widget=DateInput(attrs={"class": "form-control", "data-submit-on-change": ""})
    )

    def __init__(self, *args: Any, doctors: list[Doctor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.doctors = doctors
        specialties = {doctor.specialty.name: doctor.specialty.code for doctor in doctors}
        self.fields["doctor"].choices = [("", _("Any doctor")), *((str(one.pk), one.name) for one in doctors)]
        self.fields["specialty"].choices = [
            ("", _("Any specialty")),
            *((code, name) for name, code in sorted(specialties.items())),
        ]

    def chosen(self) -> list[Doctor]:
        """The doctors that fit; all of them when the choice makes no sense."""
        asked = self.cleaned_data if self.is_valid() else {}
        if asked.get("doctor"):
            return [one for one in self.doctors if str(one.pk) == asked["doctor"]]
        if asked.get("specialty"):
            return [one for one in self.doctors if one.specialty.code == asked["specialty"]]
        return self.doctors


class BookForm(Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=AppointmentKind.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False, help_text=_("As the patient says it."))


class MoveForm(Form):
    reason = forms.CharField(label=_("Why it is moved"), max_length=300, required=False)


class UndoCheckInForm(ReasonForm):
    left = forms.BooleanField(label=_("The patient left without being seen"), required=False)

    def layout(self) -> Layout:
        return Layout("reason", "left")


class CallForm(Form):
    """Whom to call next: of a department, or of one of its doctors; into which room."""

    department = forms.UUIDField(required=False)
    doctor = forms.UUIDField(required=False)
    room = forms.CharField(max_length=40, required=False)
