"""What every form of the house has: crispy layout, refusals beside the field, nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Row
from django import forms
from django.core import validators
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from hms.core.refusals import Refused

# Django's own sentences → ours, which say what to do. Known by identity, so that a field's own words stay.
_LEFT_EMPTY = forms.Field.default_error_messages["required"]
_IN_PLAIN_WORDS = {
    id(validators.MinValueValidator.message): _("At least %(limit_value)s."),
    id(validators.MaxValueValidator.message): _("At most %(limit_value)s."),
    id(validators.MaxLengthValidator.message): _("At most %(limit_value)s letters; this has %(show_value)s."),
    id(validators.DecimalValidator.messages["max_digits"]): _("At most %(max)s digits."),
    id(validators.DecimalValidator.messages["max_decimal_places"]): _("At most %(max)s digits after the point."),
    id(validators.DecimalValidator.messages["max_whole_digits"]): _("At most %(max)s digits before the point."),
    id(forms.ChoiceField.default_error_messages["invalid_choice"]): _("Choose one of the list."),
    id(forms.ModelChoiceField.default_error_messages["invalid_choice"]): _("Choose one of the list."),
}


# What Django says of a rule of the database that stands in no form: its name, which helps nobody.
_RULE = re.compile(r"^Constraint “(\w+)” is violated\.$")


def _what_is_missing(field: forms.Field | None) -> Any:
    if isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return _("Choose at least one.")
    if isinstance(field, forms.ChoiceField):
        return _("Choose one.")
    return _("Tick this to go on.") if isinstance(field, forms.BooleanField) else _("Fill this in.")


class NumberText(forms.TextInput):
    """A number as text: a browser's own number box drops a comma without a word, and 1,50 becomes 150.
    A decimal comma is a point; anything else that is no number is said to be none."""

    def __init__(self, attrs: dict | None = None, *, whole: bool = False) -> None:
        kept = {name: value for name, value in (attrs or {}).items() if name not in ("step", "min", "max")}
        super().__init__({"inputmode": "numeric" if whole else "decimal", "autocomplete": "off", **kept})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        if isinstance(typed, str) and typed.count(",") == 1 and "." not in typed:
            typed = typed.replace(",", ".")
        return typed


class _Fields(dict):
    """A form's fields; a number among them is asked for as NumberText, however it was declared."""

    def __setitem__(self, name: str, field: forms.Field) -> None:
        if isinstance(field.widget, forms.NumberInput):
            whole = not isinstance(field, forms.DecimalField | forms.FloatField)
            field.widget = NumberText(field.widget.attrs, whole=whole)
        super().__setitem__(name, field)


class ActForm:
    """Mixin for forms that carry out one act. The page draws the `<form>` tag, the key and the button."""

    result: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declared, self.fields = self.fields, _Fields()
        for name, field in declared.items():
            self.fields[name] = field

    # A rule of the database, by name → the field that breaks it, and what to do there.
    rules: ClassVar[dict[str, tuple[str, Any]]] = {}

    def full_clean(self) -> None:
        super().full_clean()
        for name, errors in (self._errors or {}).items():
            for error in errors.data:
                if error.message is _LEFT_EMPTY:
                    error.message = _what_is_missing(self.fields.get(name))
                else:
                    error.message = _IN_PLAIN_WORDS.get(id(error.message), error.message)
        self._name_broken_rules()

    def _name_broken_rules(self) -> None:
        for error in list(self.errors.get(NON_FIELD_ERRORS, forms.utils.ErrorList()).data):
            if rule := _RULE.match(str(error.message)):
                field, error.message = self.rules.get(
                    rule[1], ("", _("These entries do not fit together. Check the dates, times and amounts."))
                )
                if field in self.fields:
                    self.errors[NON_FIELD_ERRORS].data.remove(error)
                    self.add_error(field, error.message)
        if NON_FIELD_ERRORS in self.errors and not self.errors[NON_FIELD_ERRORS].data:
            del self.errors[NON_FIELD_ERRORS]

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        helper.layout = self.layout() if hasattr(self, "layout") else None
        return helper

    def carried_out(self, act: Callable[[dict[str, Any]], Any]) -> bool:
        """Whether the form was sent, was valid, and `act(cleaned_data)` was not refused.

        A refusal undoes what the act began and stands beside the field that it names.
        The act's return value is kept in `result`.
        """
        if not self.is_bound or not self.is_valid():
            return False
        try:
            with transaction.atomic():
                self.result = act(self.cleaned_data)
        except Refused as refusal:
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)
            return False
        return True


class Form(ActForm, forms.Form):
    pass


class ModelForm(ActForm, forms.ModelForm):
    """Shapes and checks input for a model; a service saves it, never `save()`."""


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs=attrs, format="%H:%M")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


def row(*names: str) -> Row:
    """Fields side by side; one under the other on a phone."""
    return Row(*(Column(name, css_class="col-md") for name in names))


class ReasonForm(Form):
    """Why: asked wherever an act is undone or a state is left by its supervised exit."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class DecideForm(Form):
    """What a second person says about a request; the two buttons of its page are `decision`."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed to reject. Whoever asked reads it."),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        return {"reason": data.get("reason", ""), "decision": self.data.get("decision", "")}


class LimitForm(Form):
    any_amount = forms.BooleanField(label=_("Any amount"), required=False)
    amount = forms.DecimalField(label=_("Up to"), max_digits=14, decimal_places=2, min_value=0, required=False)
    percent = forms.DecimalField(
        label=_("And up to, in per cent"),
        max_digits=12,
        decimal_places=2,
        min_value=0,
        required=False,
        help_text=_("Of the former price or of what is owed. Empty: any percentage."),
    )
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].help_text = _("In %(currency)s. 0: never alone.") % {"currency": currency}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        boundless = data.pop("any_amount", False)
        if boundless:
            data["amount"] = None
        elif data.get("amount") is None and "amount" not in self.errors:
            self.add_error("amount", _("Say up to how much, or tick “Any amount”."))
        return data
