"""What waits: the number in the rail; and what uses a price."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from billing.models import Service
from hms.core.models import User
from wards.models import Admission, BedStay, Ward


def inpatients(user: User) -> int:
    return Admission.objects.visible_to(user).current().count()


def uses(services: Sequence[Service]) -> dict[UUID, list[str]]:
    """For the price page: the wards that are in use, or in which somebody lies."""
    taken = BedStay.objects.filter(bed__room__ward=OuterRef("pk"), period__upper_inf=True)
    found: dict[UUID, list[str]] = {}
    for ward in Ward.objects.filter(Q(active=True) | Exists(taken), bed_service__in=services):
        found.setdefault(ward.bed_service_id, []).append(_("ward %(code)s") % {"code": ward.code})
    return found


def is_not_in_a_bed(user: User, *, patient_id: UUID) -> bool:
    """For the chart: whom one can admit."""
    return not Admission.objects.current().filter(patient=patient_id).exists()
