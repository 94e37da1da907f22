"""News that the appointment book hears, in a worker. Safe to run twice."""

from appointments.services import arrival
from hms.core.models import User


def visit_closed(encounter_id: str) -> None:
    arrival.keep(User.objects.system(), encounter_id=encounter_id)


def visit_cancelled(encounter_id: str) -> None:
    arrival.release(User.objects.system(), encounter_id=encounter_id)
