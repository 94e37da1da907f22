"""What a form says when it was filled in wrongly."""

from __future__ import annotations

import pytest
from django import forms

from doctors.forms import AvailabilityForm
from hms.core.forms import Form


class Sample(Form):
    who = forms.CharField(max_length=3)
    sex = forms.ChoiceField(choices=[("f", "Female")])
    days = forms.MultipleChoiceField(choices=[("1", "Monday")])
    sure = forms.BooleanField()
    tablets = forms.IntegerField(min_value=1, max_value=30)
    price = forms.DecimalField(max_digits=5, decimal_places=2)
    reason = forms.CharField(error_messages={"required": "Say why."})


def test_a_form_left_empty_says_at_each_field_what_to_do():
    errors = Sample({}).errors
    assert errors["who"] == errors["tablets"] == ["Fill this in."]
    assert (errors["sex"], errors["days"], errors["sure"]) == (
        ["Choose one."],
        ["Choose at least one."],
        ["Tick this to go on."],
    )
    assert errors["reason"] == ["Say why."], "a field's own words stay"


def test_a_form_filled_in_wrongly_names_the_limit_in_plain_words():
    wrong = {"who": "Amara", "sex": "x", "days": "1", "sure": "1", "tablets": "31", "price": "1.234", "reason": "r"}
    errors = Sample(wrong).errors
    assert errors["who"] == ["At most 3 letters; this has 5."]
    assert errors["sex"] == ["Choose one of the list."]
    assert errors["tablets"] == ["At most 30."]
    assert errors["price"] == ["At most 2 digits after the point."]
    assert Sample({**wrong, "tablets": "0"}).errors["tablets"] == ["At least 1."]


HOURS = {"weekday": 0, "starts": "12:00", "ends": "09:00", "slot_minutes": 20, "valid_from": "2026-01-05"}


@pytest.mark.django_db
def test_a_rule_of_the_database_speaks_at_its_field_and_never_by_its_name():
    errors = AvailabilityForm(HOURS).errors
    assert errors == {"ends": ["Give a time later than “From”."]}


@pytest.mark.django_db
def test_a_rule_that_a_form_does_not_know_is_said_without_its_name(monkeypatch):
    monkeypatch.setattr(AvailabilityForm, "rules", {})
    errors = AvailabilityForm(HOURS).errors
    assert errors == {"__all__": ["These entries do not fit together. Check the dates, times and amounts."]}
