"""News that the appointment book hears, in a worker. Safe to run twice."""

from appointments import displaced
from appointments.services import arrival, booking
from doctors.models import Doctor
from hms.core.models import User


def visit_closed(encounter_id: str) -> None:
    arrival.keep(User.objects.system(), encounter_id=encounter_id)


def visit_cancelled(encounter_id: str) -> None:
    arrival.release(User.objects.system(), encounter_id=encounter_id)


def hours_changed(doctor_id: str) -> None:
    displaced.tell(Doctor.objects.select_related("employee__facility").get(pk=doctor_id))


def employee_left(employee_id: str) -> None:
    for doctor in Doctor.objects.filter(employee=employee_id).select_related("employee__facility"):
        displaced.tell(doctor)


def patient_died(patient_id: str) -> None:
    booking.cancel_of_the_dead(User.objects.system(), patient_id=patient_id)
