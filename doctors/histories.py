"""Who reads what changed in a doctor's profile and hours: whoever reads them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from doctors.models import Availability, AvailabilityException, Doctor, Specialty
from hms.core import history
from hms.core.models import User
from hms.core.templatetags.hms import day


def _doctor(user: User, row: Any) -> dict[str, Any]:
    return {"back": reverse("doctors:doctor", args=[row.pk if isinstance(row, Doctor) else row.doctor_id])}


def register() -> None:
    history.name(Doctor, related=("employee",))
    history.name(AvailabilityException, lambda row: f"{row.get_kind_display()}, {day(row.date)}")
    seen = "doctors.view_doctor"
    history.register(Doctor, permission=seen, around=_doctor)
    history.register(Availability, permission=seen, around=_doctor)
    history.register(AvailabilityException, permission=seen, around=_doctor)
    history.register(Specialty, permission="doctors.view_specialty", rows=lambda user: Specialty.objects.all())
