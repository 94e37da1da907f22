from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from hms.core.forms import DateInput, DateTimeInput, Form, ModelForm, ReasonForm, TimeInput, row
from hms.core.models import Department, Facility, User
from staff.models import Attendance, Credential, Employee, Shift


class EmployeeForm(ModelForm):
    """Hiring somebody, and changing what is known of them."""

    rules = {"staff_employee_left_after_hired": ("hired_on", _("Give a day before the last one."))}

    class Meta:
        model = Employee
        fields = [
            "title",
            "given_name",
            "family_name",
            "profession",
            "department",
            "phone",
            "email",
            "hired_on",
            "user",
        ]
        widgets = {
            "hired_on": DateInput(),
            "phone": forms.TextInput(attrs={"type": "tel"}),
            "user": forms.Select(attrs={"data-pick": ""}),
        }

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["department"].queryset = Department.objects.filter(facility=facility, active=True)
        free = User.objects.filter(memberships__facility=facility, memberships__active=True, employee=None)
        mine = User.objects.filter(pk=self.instance.user_id)
        self.fields["user"].queryset = (free | mine).distinct()
        self.fields["user"].empty_label = _("No sign-in")
        self.fields["user"].help_text = _("People with a role in this facility who are no employee yet.")

    def layout(self) -> Layout:
        return Layout(
            Fieldset(_("Person"), row("title", "given_name", "family_name"), row("phone", "email")),
            Fieldset(_("Work"), row("profession", "department"), row("hired_on", "user")),
        )


class LeaveForm(ReasonForm):
    left_on = forms.DateField(label=_("Last day"), widget=DateInput())
    field_order = ["left_on", "reason"]


class CredentialForm(ModelForm):
    class Meta:
        model = Credential
        fields = ["kind", "number", "issuer", "issued_on", "valid_until"]
        widgets = {"issued_on": DateInput(), "valid_until": DateInput()}
        help_texts = {"valid_until": _("Empty: it does not expire.")}

    rules = {"staff_credential_valid_after_issue": ("valid_until", _("Give the day of issue or a later one."))}

    def layout(self) -> Layout:
        return Layout(row("kind", "number"), "issuer", row("issued_on", "valid_until"))


class ShiftForm(ModelForm):
    class Meta:
        model = Shift
        fields = ["name", "starts", "ends", "active"]
        widgets = {"starts": TimeInput(), "ends": TimeInput()}
        help_texts = {"ends": _("Earlier than the start: it ends the next day.")}

    rules = {"staff_shift_has_length": ("ends", _("Give another time than the start."))}

    def layout(self) -> Layout:
        return Layout("name", row("starts", "ends"), "active")


class PlanForm(Form):
    """One employee, one shift, the days of one week."""

    employee = forms.ModelChoiceField(
        Employee.objects.none(), label=_("Who"), widget=forms.Select(attrs={"data-pick": ""})
    )
    shift = forms.ModelChoiceField(Shift.objects.none(), label=_("Shift"))
    days = forms.MultipleChoiceField(label=_("Days"), widget=forms.CheckboxSelectMultiple)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Department"), required=False, empty_label=_("Their own")
    )

    def __init__(self, *args: Any, user: User, monday: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["employee"].queryset = Employee.objects.visible_to(user).working()
        self.fields["shift"].queryset = Shift.objects.visible_to(user).in_use()
        self.fields["department"].queryset = Department.objects.filter(facility=user.facility, active=True)
        week = [monday + timedelta(days=n) for n in range(7)]
        self.fields["days"].choices = [(day.isoformat(), date_format(day, "D d M")) for day in week]

    def layout(self) -> Layout:
        return Layout("employee", row("shift", "department"), "days")

    def clean_days(self) -> list[date]:
        return [date.fromisoformat(day) for day in self.cleaned_data["days"]]


class AttendanceForm(ModelForm):
    """When somebody really came and left."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    class Meta:
        model = Attendance
        fields = ["came_at", "left_at"]
        widgets = {"came_at": DateTimeInput(), "left_at": DateTimeInput()}
        help_texts = {"left_at": _("Empty: still here.")}

    rules = {"staff_attendance_left_after_came": ("left_at", _("Give a time after the coming."))}

    def layout(self) -> Layout:
        return Layout(row("came_at", "left_at"), "reason")
