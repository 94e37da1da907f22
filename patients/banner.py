"""The patient banner: two identifiers and the allergies on every clinical page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core import clock
from patients import care
from patients.models import Patient
from patients.models.clinical import Criticality
from patients.models.patient import Confidentiality

if TYPE_CHECKING:
    from hms.core.models import User


RISKS = [Criticality.HIGH, Criticality.UNABLE, Criticality.LOW]  # the order in which they are read


@dataclass(frozen=True)
class AllergyLine:
    """`risk` is the criticality: "high", "low" or "unable-to-assess"."""

    text: str
    reaction: str
    risk: str


@dataclass(frozen=True)
class Banner:
    name: str
    url: str
    age_text: str
    sex_label: str
    birth_date: date
    mrn: str
    allergies: list[AllergyLine]
    allergies_recorded: bool
    # Allergies belong to the chart: not for those who do not treat the patient, nor for the cash desk.
    allergies_shown: bool
    alerts: list[str]
    # Why this chart is open to this person beyond what they treat, and until when; "" as a rule.
    emergency: str
    deceased: bool
    balance: Decimal | None
    currency: str


# Billing, a floor above, lends its eyes: what the patient owes here, for those who may see it.
_balance: Callable[[User, Patient], Decimal] | None = None


def show_balance(ask: Callable[[User, Patient], Decimal]) -> None:
    global _balance
    _balance = ask


def of(user: User, patient: Patient) -> Banner | None:
    """The banner of a patient for this person; None for whom it is nobody's business who that is,
    and of whom nothing is left. At most two queries."""
    if not user.has_perm("patients.view_patient") or patient.erased_at:
        return None
    clinical = any(user.has_perm(permission) for permission in care.CLINICAL)
    opened = care.opened(user, patient.pk) if clinical else care.Opened(False)
    treating = opened.treats
    allergies = sorted(
        (AllergyLine(line["substance"], line["reaction"], line["criticality"]) for line in opened.allergies),
        key=lambda line: (RISKS.index(line.risk), line.text.casefold()),
    )
    may_see_money = user.has_perm("billing.view_account")
    alerts = []
    if not patient.active:
        alerts.append(_("Inactive record: %(why)s") % {"why": patient.inactive_reason})
    if patient.birth_date_estimated:
        alerts.append(_("Birth date estimated"))
    if patient.confidentiality != Confidentiality.NORMAL and (treating or user.has_perm("patients.view_restricted")):
        alerts.append(_("Confidential: %(why)s") % {"why": patient.get_confidentiality_display()})
    return Banner(
        name=patient.name,
        url=reverse("patients:chart", args=[patient.pk]),
        age_text=patient.age_text,
        sex_label=patient.sex_label,
        birth_date=patient.birth_date,
        mrn=patient.mrn,
        allergies=allergies,
        allergies_recorded=patient.no_known_allergies is not None,
        allergies_shown=treating,
        alerts=alerts,
        emergency=_emergency(user, opened),
        deceased=patient.deceased_at is not None,
        balance=_balance(user, patient) if _balance and may_see_money else None,
        currency=user.facility.currency,
    )


def around(user: User, patient: Patient, *, back: str = "") -> dict[str, Any]:
    """What a page that asks something about a patient has around it: the banner, and the way back,
    to the chart where nothing else is said."""
    return {"banner": of(user, patient), "back": back or reverse("patients:chart", args=[patient.pk])}


def _emergency(user: User, opened: care.Opened) -> str:
    if opened.until is None:
        return ""
    until = clock.local(user.facility, opened.until)
    return _("Emergency access until %(time)s: %(reason)s") % {"time": f"{until:%H:%M}", "reason": opened.reason}
