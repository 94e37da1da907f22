"""What becomes of appointments when a patient's record is erased: the doctor's hours stay as they were spent."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, AppointmentStatus, QueueToken
from hms.core import erasures
from hms.core.erasures import SAID


def register() -> None:
    erasures.forbids(
        _("An appointment is booked. Cancel it, or say that the patient did not come, first."),
        lambda patient_id: Appointment.objects.filter(
            patient=patient_id, status__in=[AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED]
        ),
    )
    erasures.stays(
        Appointment,
        why="hours that were booked, kept or missed",
        kept=("period", "kind", "status"),
        cancelled_reason=SAID,
    )
    erasures.stays(QueueToken, why="who was called in which order", kept=("day", "number", "status", "called_at"))
