"""Who reads what changed in wards, beds and stays: whoever reads them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from hms.core import history
from hms.core.models import User
from hms.core.templatetags.hms import day
from patients import banner, care
from wards.models import Admission, Bed, BedStay, Room, Ward


def _ward(user: User, row: Any) -> dict[str, Any]:
    return {"back": reverse("wards:board") if user.has_perm("wards.view_board") else ""}


def _stay(user: User, row: Any) -> dict[str, Any]:
    stay = row if isinstance(row, Admission) else row.admission
    return banner.around(user, stay.patient, back=reverse("wards:admission", args=[stay.pk]))


def register() -> None:
    history.name(Admission, lambda row: f"{row.get_status_display()}, {day(row.admitted_at)}")
    history.name(Bed, lambda row: f"{row.room.ward.code} {row.label}", related=("room__ward",))
    history.name(BedStay, lambda row: str(row.bed), related=("bed",))
    history.register(Ward, permission=("wards.view_board", "wards.view_ward"), around=_ward)
    history.register(
        Room,
        permission=("wards.view_board", "wards.view_room"),
        rows=lambda user: Room.objects.filter(ward__facility=user.facility),
        around=_ward,
    )
    history.register(
        Bed,
        permission=("wards.view_board", "wards.view_bed"),
        rows=lambda user: Bed.objects.visible_to(user).select_related("room__ward"),
        around=_ward,
    )
    history.register(
        Admission,
        permission="wards.view_admission",
        rows=lambda user: Admission.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=_stay,
    )
    history.register(
        BedStay,
        permission="wards.view_admission",
        rows=lambda user: BedStay.objects.filter(
            care.unhidden(user, "admission__patient_id"), admission__facility=user.facility
        ).select_related("admission__patient", "bed"),
        patient="admission__patient_id",
        around=_stay,
    )
