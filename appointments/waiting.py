"""What waits: the numbers in the rail."""

from appointments.models import Appointment, QueueToken
from hms.core import clock
from hms.core.models import User


def to_come(user: User) -> int:
    """Booked today, the patient still to come."""
    today = clock.today(user.facility)
    return Appointment.objects.booked().on_days(user.facility, today, today).count()


def in_queue(user: User) -> int:
    return QueueToken.objects.visible_to(user).waiting().filter(day=clock.today(user.facility)).count()
