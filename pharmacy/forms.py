from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from hms.core.forms import DateInput, Form
from hms.core.models import Facility
from patients.forms import row
from pharmacy.models import Form as MedicineForm
from pharmacy.models import Prescription, Product
from pharmacy.services.prescribing import Line

LINES = 5
MOST = 1_000_000  # of anything on a shelf


class PrescribeForm(Form):
    """Up to five medicines on one paper: numbered fields `product-1`, `dosage-1` and so on."""

    advice = forms.CharField(label=_("Advice"), max_length=300, required=False)

    def __init__(self, *args: Any, facility: Facility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = {
            str(product.pk): product
            for product in Product.objects.filter(facility=facility, active=True).select_related("medicine")
        }
        choices = [("", "")] + [(key, str(product.medicine)) for key, product in self.products.items()]
        for n in range(1, LINES + 1):
            self.fields[f"product-{n}"] = forms.ChoiceField(
                label=_("Medicine"),
                choices=choices,
                required=False,
                widget=forms.Select(attrs={"data-pick": "", "data-placeholder": _("Type its name")}),
            )
            self.fields[f"dosage-{n}"] = forms.CharField(
                label=_("How to take it"),
                max_length=200,
                required=False,
                help_text=_("In full words: 1 tablet twice a day, with food.") if n == 1 else "",
            )
            self.fields[f"days-{n}"] = forms.IntegerField(label=_("Days"), min_value=1, max_value=365, required=False)
            self.fields[f"quantity-{n}"] = forms.IntegerField(
                label=_("Quantity"), min_value=1, max_value=10_000, required=False
            )
            self.fields[f"override_reason-{n}"] = forms.CharField(
                label=_("Why in spite of the allergy"), max_length=300, required=False
            )

    def rows(self) -> list[dict[str, Any]]:
        """The numbered fields, line by line; open as far as something is written."""
        names = ["product", "dosage", "days", "quantity", "override_reason"]
        rows = [{"number": n, **{name: self[f"{name}-{n}"] for name in names}} for n in range(1, LINES + 1)]
        last = max((row["number"] for row in rows if any(row[name].value() for name in names)), default=1)
        return [{**row, "open": row["number"] <= last} for row in rows]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        lines = []
        for n in range(1, LINES + 1):
            chosen = data.get(f"product-{n}")
            if not chosen:
                if data.get(f"dosage-{n}"):
                    self.add_error(f"product-{n}", _("Choose the medicine."))
                continue
            for name, text in (
                ("dosage", _("Say how to take it.")),
                ("days", _("For how many days?")),
                ("quantity", _("How many?")),
            ):
                if not data.get(f"{name}-{n}") and f"{name}-{n}" not in self.errors:
                    self.add_error(f"{name}-{n}", text)
            if not self.errors:
                lines.append(
                    Line(
                        product_id=self.products[chosen].pk,
                        dosage=data[f"dosage-{n}"],
                        days=data[f"days-{n}"],
                        quantity=data[f"quantity-{n}"],
                        override_reason=data[f"override_reason-{n}"],
                    )
                )
        return {"lines": lines, "advice": data.get("advice", "")}


class HandOutForm(Form):
    """How much of each line is handed out now; `line-<id>`."""

    def __init__(self, *args: Any, prescription: Prescription, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in prescription.lines.select_related("product__medicine") if line.left]
        for line in self.lines:
            self.fields[f"line-{line.pk}"] = forms.IntegerField(
                label=str(line.product.medicine),
                min_value=0,
                max_value=line.left,
                initial=line.left,
                error_messages={
                    "required": _("Type how many, or 0 for none."),
                    "max_value": _("Only %(limit_value)s are left of what was prescribed."),
                },
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        return {"quantities": {line.pk: data.get(f"line-{line.pk}") or 0 for line in self.lines}}

    def rows(self) -> list[tuple[Any, Any]]:
        return [(line, self[f"line-{line.pk}"]) for line in self.lines]


class ReceiveForm(Form):
    number = forms.CharField(label=_("Lot number"), max_length=60)
    expires_on = forms.DateField(label=_("Expires"), widget=DateInput())
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=MOST)
    unit_cost = forms.DecimalField(label=_("Cost of one"), max_digits=12, decimal_places=4, min_value=0)

    def layout(self) -> Layout:
        return Layout(row("number", "expires_on"), row("quantity", "unit_cost"))


class CountForm(Form):
    counted = forms.IntegerField(label=_("Counted on the shelf"), min_value=0, max_value=MOST)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class WasteForm(Form):
    quantity = forms.IntegerField(label=_("Quantity"), min_value=1, max_value=MOST)
    reason = forms.CharField(label=_("Reason"), max_length=300)


class MedicineAddForm(Form):
    name = forms.CharField(label=_("Active ingredient (INN)"), max_length=160)
    strength = forms.CharField(label=_("Strength"), max_length=60)
    form = forms.ChoiceField(label=_("Form"), choices=MedicineForm.choices)
    unit = forms.CharField(label=_("Counted in"), max_length=20, help_text=_("tablets, ml, vials …"))
    allergens = forms.CharField(
        label=_("Allergens"),
        max_length=200,
        required=False,
        help_text=_("Names under which an allergy to it is recorded, with commas: penicillin, beta-lactam"),
    )
    price = forms.DecimalField(label=_("Price of one"), max_digits=12, decimal_places=2, min_value=0)
    reorder_level = forms.IntegerField(label=_("Reorder at"), min_value=0, max_value=MOST)
    reorder_quantity = forms.IntegerField(label=_("Reorder quantity"), min_value=1, max_value=MOST)
    reason = forms.CharField(
        label=_("Why it is added at this price"),
        max_length=300,
        required=False,
        help_text=_("Needed where a second person looks at the price. The medicine can be used at once."),
    )

    def layout(self) -> Layout:
        return Layout(
            row("name", "strength", "form"),
            row("unit", "price"),
            "allergens",
            row("reorder_level", "reorder_quantity"),
            "reason",
        )

    def clean_allergens(self) -> list[str]:
        return [word.strip().lower() for word in self.cleaned_data["allergens"].split(",") if word.strip()]


class ProductForm(Form):
    reorder_level = forms.IntegerField(label=_("Reorder at"), min_value=0, max_value=MOST)
    reorder_quantity = forms.IntegerField(label=_("Reorder quantity"), min_value=1, max_value=MOST)
    active = forms.BooleanField(label=_("In use"), required=False)
