"""Whom a doctor is about to treat."""

from datetime import timedelta

from django.db.models import QuerySet

from appointments.models import Appointment
from hms.core import clock
from hms.core.models import User

AHEAD = timedelta(days=30)  # to prepare, or to answer a question, before the visit
BEHIND = timedelta(days=1)


def expects(user: User) -> QuerySet[Appointment]:
    """Booked appointments with this doctor, of the weeks to come."""
    now = clock.now()
    return Appointment.objects.booked().filter(
        facility=user.facility, doctor__employee__user=user, starts_at__range=(now - BEHIND, now + AHEAD)
    )
