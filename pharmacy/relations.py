"""Whom the pharmacy serves."""

from django.db.models import Q, QuerySet

from hms.core import clock
from hms.core.models import User
from patients.care import SERVED
from pharmacy.models import Prescription


def prescribed_here(user: User) -> QuerySet[Prescription]:
    """Prescriptions that are open, or were written lately."""
    unfinished = Q(status__in=["prescribed", "partly_dispensed"])
    return Prescription.objects.filter(unfinished | Q(prescribed_at__gte=clock.now() - SERVED), facility=user.facility)
