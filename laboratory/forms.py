from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from hms.core.forms import Form, ModelForm
from hms.core.models import Facility
from laboratory.models import LabOrder, OrderStatus, Priority, ReferenceRange, Result, TestDefinition
from laboratory.services import results
from patients.forms import row


class TestsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, test: TestDefinition) -> str:
        """With its code, so that CRP and WBC are found."""
        return f"{test.name} ({test.code})"


class OrderForm(Form):
    tests = TestsField(
        TestDefinition.objects.none(),
        label=_("Tests"),
        widget=forms.SelectMultiple(attrs={"data-pick": "", "data-placeholder": "CRP, creatinine, HbA1c…"}),
    )
    priority = forms.ChoiceField(label=_("Priority"), choices=Priority.choices)
    question = forms.CharField(label=_("Clinical question"), max_length=200, required=False)

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tests"].queryset = TestDefinition.objects.offered().filter(facility=facility)

    def layout(self) -> Layout:
        return Layout("tests", row("priority", "question"))


class Sure(forms.CheckboxInput):
    """A tick for just this text: what is typed anew is asked about anew."""

    def __init__(self, text: str) -> None:
        super().__init__(check_test=lambda value: False)
        self.text = text

    def format_value(self, value: Any) -> str:
        return self.text

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return data.get(name, "")


def _sure(text: str) -> forms.CharField:
    return forms.CharField(
        label=_("I have checked: %(value)s is right") % {"value": text}, required=False, widget=Sure(text)
    )


class ResultsForm(Form):
    """A field for each result that can be entered: `result-<id>`. A value far outside what is usual is asked
    about by a tick, `sure-<id>`, before it is stored."""

    def __init__(self, *args: Any, order: LabOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results = list(
            order.results.filter(status__in=[OrderStatus.COLLECTED, OrderStatus.ENTERED])
            .select_related("test", "specimen", "entered_by")
            .prefetch_related("test__ranges")
        )
        for result in self.results:
            result.range = results.usual_for(order, result)
            attrs = {"inputmode": "decimal"} if result.test.numeric else {}
            self.fields[f"result-{result.pk}"] = forms.CharField(
                label=result.test.name,
                max_length=200,
                required=False,
                initial=result.value_text,
                widget=forms.TextInput(attrs=attrs),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        values = {result.pk: data.get(f"result-{result.pk}") or "" for result in self.results}
        confirmed = set()
        for result in self.results:  # all of them, so that one look mends all
            name, text = f"result-{result.pk}", values[result.pk].strip()
            if not text:
                continue
            if wrong := results.unreadable(result, result.range, text):
                self.add_error(name, wrong)
            elif asked := results.doubtful(result, result.range, text):
                self.fields[f"sure-{result.pk}"] = _sure(text)
                if self.data.get(f"sure-{result.pk}", "") == text:
                    confirmed.add(result.pk)
                else:
                    self.add_error(name, asked)
        return {"values": values, "confirmed": confirmed}

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """Result, its field, and the tick that is asked for, or None."""
        names = [(result, f"result-{result.pk}", f"sure-{result.pk}") for result in self.results]
        return [(result, self[name], self[sure] if sure in self.fields else None) for result, name, sure in names]


class CorrectForm(Form):
    value = forms.CharField(label=_("New value"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, result: Result, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.result_row, self.range = result, results.usual_for(result.order, result)
        usual = results.usual_text(result, self.range)
        self.fields["value"].help_text = _("Usual here: %(usual)s") % {"usual": usual} if usual else ""

    def layout(self) -> Layout:
        return Layout("value", *(["sure"] if "sure" in self.fields else []), "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        text = data.get("value", "").strip()
        sure = self.data.get("sure", "") == text
        data.pop("sure", None)
        if text and (wrong := results.unreadable(self.result_row, self.range, text)):
            self.add_error("value", wrong)
        elif text and (asked := results.doubtful(self.result_row, self.range, text)):
            self.fields["sure"] = _sure(text)
            if not sure:
                self.add_error("value", asked)
        return {**data, "confirmed": sure}


class TestForm(ModelForm):
    price = forms.DecimalField(label=_("Price"), max_digits=12, decimal_places=2, min_value=0)
    reason = forms.CharField(
        label=_("Why it is added at this price"),
        max_length=300,
        required=False,
        help_text=_("Needed where a second person has to approve it; until then nobody can order the test."),
    )

    class Meta:
        model = TestDefinition
        fields = ["code", "name", "loinc", "specimen", "numeric", "unit", "decimals"]

    def layout(self) -> Layout:
        return Layout(
            row("code", "name", "loinc"), row("specimen", "price"), "numeric", row("unit", "decimals"), "reason"
        )


class TestChangeForm(ModelForm):
    class Meta:
        model = TestDefinition
        fields = ["name", "loinc", "specimen", "numeric", "unit", "decimals", "active"]

    def layout(self) -> Layout:
        return Layout(row("name", "loinc"), "specimen", "numeric", row("unit", "decimals"), "active")


class RangeForm(ModelForm):
    class Meta:
        model = ReferenceRange
        fields = ["sex", "from_days", "until_days", "low", "high", "critical_low", "critical_high", "usual_text"]

    rules = {
        "laboratory_referencerange_ages": ("until_days", _("Give an age above the first.")),
        "laboratory_referencerange_low_below_high": ("high", _("Give a value above the low one.")),
        "laboratory_referencerange_critical_outside": (
            "critical_low",
            _("The critical values lie outside the usual ones: below the low, above the high."),
        ),
    }

    def layout(self) -> Layout:
        return Layout(
            row("sex", "from_days", "until_days"),
            row("critical_low", "low", "high", "critical_high"),
            "usual_text",
        )
