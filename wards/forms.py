from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from hms.core.forms import DateInput, Form
from hms.core.models import Facility
from patients.forms import row
from staff.models import Employee
from wards.models import Bed, BedState, NoteKind


class BedChoice(forms.ModelChoiceField):
    """Free beds of the facility, named with ward and room."""

    def __init__(self, facility: Facility) -> None:
        free = (
            Bed.objects.free()
            .filter(room__ward__facility=facility)
            .select_related("room__ward")
            .order_by("room__ward__code", "room__name", "label")
        )
        super().__init__(
            free,
            label=_("Bed"),
            widget=forms.Select(attrs={"data-pick": ""}),
            error_messages={"invalid_choice": _("This bed is not free any more. Choose another.")},
        )

    def label_from_instance(self, bed: Bed) -> str:
        return f"{bed.label} · {bed.room.name} · {bed.room.ward}"


class DoctorChoice(forms.ModelChoiceField):
    """Whoever can be in charge, by name, with the specialty."""

    def __init__(self, facility: Facility) -> None:
        super().__init__(
            Employee.objects.filter(facility=facility, active=True, profession="doctor")
            .select_related("doctor__specialty")
            .order_by("family_name", "given_name"),
            label=_("Doctor in charge"),
            widget=forms.Select(attrs={"data-pick": ""}),
        )

    def label_from_instance(self, employee: Employee) -> str:
        consults = getattr(employee, "doctor", None)
        return f"{employee.name} · {consults.specialty}" if consults else employee.name


class AdmitForm(Form):
    reason = forms.CharField(label=_("Reason for admission"), max_length=200)
    expected_on = forms.DateField(label=_("Expected to leave"), required=False, widget=DateInput())

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bed"] = BedChoice(facility)
        self.fields["attending"] = DoctorChoice(facility)

    def layout(self) -> Layout:
        return Layout("bed", "reason", row("attending", "expected_on"))


class TransferForm(Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bed"] = BedChoice(facility)


class NoteForm(Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=NoteKind.choices)
    text = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}))


class DischargeForm(Form):
    diagnosis = forms.CharField(label=_("Diagnosis"), max_length=300)
    course = forms.CharField(
        label=_("What was found and done"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    instructions = forms.CharField(
        label=_("Instructions and medicines"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Begins with what was prescribed in this stay: strike what the patient does not take home."),
    )
    follow_up = forms.CharField(label=_("Follow-up"), max_length=200, required=False)


class BedStateForm(Form):
    state = forms.ChoiceField(label=_("State"), choices=BedState.choices)
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False, help_text=_("Needed when out of use."))
