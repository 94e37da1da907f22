from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from hms.core.forms import Form, ModelForm
from hms.core.models import Facility
from laboratory.models import LabOrder, OrderStatus, Priority, ReferenceRange, TestDefinition
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
        self.fields["tests"].queryset = TestDefinition.objects.filter(facility=facility, active=True)

    def layout(self) -> Layout:
        return Layout("tests", row("priority", "question"))


class ResultsForm(Form):
    """A field for each result that can be entered; `result-<id>`."""

    def __init__(self, *args: Any, order: LabOrder, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results = list(
            order.results.filter(status__in=[OrderStatus.COLLECTED, OrderStatus.ENTERED])
            .select_related("test", "specimen", "entered_by")
            .prefetch_related("test__ranges")
        )
        for result in self.results:
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
        return {"values": {result.pk: data.get(f"result-{result.pk}") or "" for result in self.results}}

    def rows(self) -> list[tuple[Any, Any]]:
        return [(result, self[f"result-{result.pk}"]) for result in self.results]


class CorrectForm(Form):
    value = forms.CharField(label=_("Correct value"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class TestForm(ModelForm):
    price = forms.DecimalField(label=_("Price"), max_digits=12, decimal_places=2, min_value=0)

    class Meta:
        model = TestDefinition
        fields = ["code", "name", "loinc", "specimen", "numeric", "unit", "decimals"]

    def layout(self) -> Layout:
        return Layout(row("code", "name", "loinc"), row("specimen", "price"), "numeric", row("unit", "decimals"))


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
