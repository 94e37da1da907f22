from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Service
from billing.models.invoicing import PaymentMethod
from hms.core import money
from hms.core.forms import Form, ModelForm, ReasonForm
from patients.forms import row


def amount_field(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        max_digits=12,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
    )


class PaymentForm(Form):
    amount = amount_field(_("Amount"))
    method = forms.ChoiceField(label=_("Method"), choices=PaymentMethod.choices)
    reference = forms.CharField(
        label=_("Reference"),
        max_length=80,
        required=False,
        help_text=_("Terminal, transfer or cheque number; not for cash."),
    )

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, initial={"amount": invoice.balance}, **kwargs)

    def layout(self) -> Layout:
        return Layout(row("amount", "method", "reference"))


class RefundForm(PaymentForm):
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, invoice=invoice, **kwargs)
        self.initial["amount"] = invoice.due_back

    def layout(self) -> Layout:
        return Layout(row("amount", "method", "reference"), "reason")


class CreditForm(Form):
    amount = amount_field(_("Amount to take back"))
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class DiscountForm(Form):
    """By an amount, or by a part of what is still owed, which becomes one."""

    amount = amount_field(_("Amount"))
    percent = forms.DecimalField(
        label=_("Or per cent of what is owed"),
        max_digits=5,
        decimal_places=2,
        min_value=0,
        max_value=100,
        required=False,
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, invoice: Invoice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invoice = invoice
        self.fields["amount"].required = False

    def layout(self) -> Layout:
        return Layout(row("amount", "percent"), "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        percent = data.pop("percent", None)
        if self.errors:
            return data
        if (percent is None) == (data.get("amount") is None):
            self.add_error("amount", _("Say how much, either as an amount or in per cent."))
        elif percent is not None:
            data["amount"] = money.rounded(self.invoice.balance * percent / 100)
        return data


class ServiceForm(ModelForm):
    reason = forms.CharField(
        label=_("Why it is added at this price"),
        max_length=300,
        required=False,
        help_text=_("Needed where a second person has to approve it; until then it is not in use."),
    )

    class Meta:
        model = Service
        fields = ["code", "name", "category", "price"]

    def layout(self) -> Layout:
        return Layout(row("code", "name"), row("category", "price"), "reason")


class PriceForm(ModelForm):
    reason = forms.CharField(
        label=_("Why it changes"),
        max_length=300,
        required=False,
        help_text=_("Needed where a second person has to approve it."),
    )

    class Meta:
        model = Service
        fields = ["name", "price", "active"]


class ReverseChargeForm(ReasonForm):
    waived = forms.BooleanField(
        label=_("The act stays free of charge"),
        required=False,
        help_text=_("Without this mark it stands among what is to be charged again."),
    )
