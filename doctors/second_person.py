"""A doctor's own fee is a price: above their limit nobody changes it alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doctors import fees
from doctors.models import Doctor
from doctors.services import profile
from hms.core import approvals
from hms.core.approvals import Subject
from hms.core.models import Approval, User
from hms.core.templatetags.hms import money

MONTH = timedelta(days=30)  # a fee that climbs in small steps is one change


def register() -> None:
    approvals.register(
        "doctors.fee",
        label=gettext_lazy("Change of a doctor's fee"),
        permission="doctors.change_doctor",
        act=profile.set_fee,
        subject=_doctor,
        window=MONTH,
    )


def _doctor(user: User, approval: Approval) -> Subject | None:
    rows = Doctor.objects.visible_to(user).select_related("employee__facility", "specialty")
    found = rows.filter(pk=approval.subject_id).first()
    if found is None or not user.has_perm("doctors.view_doctor"):
        return None
    listed, wanted = fees.listed(found.employee.facility, found.specialty), approval.arguments["fee"]
    none = _("the price list's")
    return Subject(
        url=reverse("doctors:doctor", args=[found.pk]),
        lines=[
            (_("Doctor"), found.name),
            (_("Specialty"), found.specialty.name),
            (_("Price of the list"), money(listed.price, approval.currency) if listed else ""),
            (_("Fee now"), none if found.fee is None else money(found.fee, approval.currency)),
            (_("Fee asked for"), none if wanted is None else money(Decimal(wanted), approval.currency)),
        ],
    )
