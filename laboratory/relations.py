"""Whom the laboratory works for."""

from django.db.models import Q, QuerySet

from hms.core import clock
from hms.core.models import User
from laboratory.models import LabOrder
from patients.care import SERVED


def ordered_here(user: User) -> QuerySet[LabOrder]:
    """Orders that are open, or were made lately."""
    unfinished = Q(status__in=["ordered", "collected", "entered"])
    return LabOrder.objects.filter(unfinished | Q(ordered_at__gte=clock.now() - SERVED), facility=user.facility)
