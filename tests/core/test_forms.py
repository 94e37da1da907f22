"""What a form makes of what was typed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms

from hms.core.forms import Form, ModelForm, NumberText
from hms.core.models import Counter


class MeasureForm(Form):
    weight = forms.DecimalField(max_digits=6, decimal_places=2)
    pills = forms.IntegerField(min_value=1)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["later"] = forms.DecimalField(required=False)


class CounterForm(ModelForm):
    class Meta:
        model = Counter
        fields = ["value"]


@pytest.mark.parametrize(
    ("typed", "understood"), [("6,25", "6.25"), ("6.25", "6.25"), (" 38,9 ", "38.9"), ("0,5", "0.5"), ("150", "150")]
)
def test_a_decimal_comma_is_a_point_and_no_digit_is_lost(typed: str, understood: str) -> None:
    form = MeasureForm({"weight": typed, "pills": "3", "later": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["weight"] == form.cleaned_data["later"] == Decimal(understood)


@pytest.mark.parametrize("typed", ["1,234.5", "1.234,5", "1,2,3", "12a", "1 2"])
def test_what_may_mean_two_numbers_is_none(typed: str) -> None:
    assert "weight" in MeasureForm({"weight": typed, "pills": "3"}).errors


def test_a_whole_number_with_a_comma_is_not_ten_times_as_much() -> None:
    assert "pills" in MeasureForm({"weight": "1", "pills": "1,5"}).errors


def test_no_number_is_asked_for_in_a_box_that_drops_letters() -> None:
    for form in (MeasureForm(), CounterForm()):
        for bound in form:
            assert isinstance(bound.field.widget, NumberText)
            assert 'type="text"' in str(bound)
            assert "inputmode" in str(bound)
