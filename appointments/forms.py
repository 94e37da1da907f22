from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _

from appointments.models import AppointmentKind
from doctors.models import Doctor, Specialty
from hms.core.forms import DateInput, Form, ReasonForm
from hms.core.models import User


def read_start(text: str) -> datetime | None:
    """The start of a slot as an address carries it, in UTC; None for anything else."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


class FindForm(Form):
    """What to look for: a doctor, a specialty or anyone, from a day on."""

    doctor = forms.ModelChoiceField(
        Doctor.objects.none(),
        label=_("Doctor"),
        required=False,
        empty_label=_("Any doctor"),
        widget=forms.Select(attrs={"class": "form-select", "data-submit-on-change": ""}),
    )
    specialty = forms.ModelChoiceField(
        Specialty.objects.none(),
        label=_("Specialty"),
        required=False,
        empty_label=_("Any specialty"),
        widget=forms.Select(attrs={"class": "form-select", "data-submit-on-change": ""}),
    )
    start = forms.DateField(
        label=_("From"), required=False, widget=DateInput(attrs={"class": "form-control", "data-submit-on-change": ""})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        doctors = Doctor.objects.visible_to(user).consulting()
        self.fields["doctor"].queryset = doctors
        self.fields["specialty"].queryset = Specialty.objects.filter(doctors__in=doctors.values("pk")).distinct()


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


def read_day(text: str) -> Any:
    """A day as an address carries it; None for anything else."""
    try:
        return parse_date(text)
    except ValueError:
        return None
