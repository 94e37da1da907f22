"""News that patients hears, in a worker. Safe to run twice."""

from hms.core.models import User
from patients import colleagues
from patients.services import grants
from staff.models import Employee


def employee_entered(employee_id: str, actor_id: str) -> None:
    """Somebody was taken on, or is called or reached otherwise now: their own record is kept as a colleague's."""
    employee = Employee.objects.select_related("facility").get(pk=employee_id)
    if employee.active:
        actor = User.objects.get(pk=actor_id).at(employee.facility)
        grants.keep_as_staff(actor, patient_ids=colleagues.records_of(employee))
