"""Whom the wards treat."""

from django.db.models import Q, QuerySet

from hms.core import clock
from hms.core.models import User
from patients.care import LATELY
from wards.models import BedStay


def lies_in_own_ward(user: User) -> QuerySet[BedStay]:
    """Stays in the wards of the departments where this person reads charts, until some days after."""
    stays = BedStay.objects.filter(
        Q(period__upper_inf=True) | Q(period__endswith__gte=clock.now() - LATELY),
        bed__room__ward__facility=user.facility,
    )
    places = user.departments_for("patients.view_chart")
    return stays if places is None else stays.filter(bed__room__ward__department__in=places)
