from __future__ import annotations

from typing import Any

from crispy_forms.layout import Layout
from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from hms.core.forms import Form, row
from hms.core.models import FindingVerdict


class VerdictForm(Form):
    verdict = forms.ChoiceField(label=_("Verdict"), choices=FindingVerdict.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "What you asked, whom, and what they said. It stays for ever; nothing of the illness belongs here."
        ),
    )


class Recipient(TextChoices):
    PATIENT = "patient", _("The patient")
    REPRESENTATIVE = "representative", _("Who acts for the patient")
    CARE = "care", _("Another hospital or doctor")
    PAYER = "payer", _("An insurer")
    AUTHORITY = "authority", _("A court or an authority")
    OTHER = "other", _("Somebody else")


class ReleaseForm(Form):
    to = forms.ChoiceField(label=_("Who gets it"), choices=Recipient.choices)
    recipient = forms.CharField(label=_("Their name"), max_length=160)
    address = forms.CharField(label=_("Their address"), max_length=200)
    purpose = forms.CharField(label=_("What for"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    identity = forms.CharField(
        label=_("How it was checked who they are"),
        max_length=200,
        help_text=_("“Passport seen”; of whom the patient sends: the paper that says so."),
    )
    with_documents = forms.BooleanField(label=_("With every document that was issued"), required=False, initial=True)

    def layout(self) -> Layout:
        return Layout(row("to", "recipient"), "address", "purpose", "identity", "with_documents")


class DisclosureForm(Form):
    event_id = forms.TypedChoiceField(
        label=_("What was given"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("A print or an export, or nothing of these."),
    )
    what = forms.CharField(
        label=_("In words"),
        max_length=200,
        required=False,
        help_text=_("What it was, where it is no print or export: “told the dates of the stay by telephone”."),
    )
    recipient = forms.CharField(label=_("To whom"), max_length=160)
    address = forms.CharField(label=_("Their address"), max_length=200, required=False, help_text=_("If known."))
    purpose = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, untold: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["event_id"].choices = [("", _("Something else")), *untold]

    def layout(self) -> Layout:
        return Layout("event_id", "what", row("recipient", "address"), "purpose")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("event_id") and not data.get("what") and "event_id" not in self.errors:
            self.add_error("what", _("Say what was given, or choose a print or export above."))
        return data
