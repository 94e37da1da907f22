"""What waits: the number in the rail."""

from hms.core.models import User
from wards.models import Admission


def inpatients(user: User) -> int:
    return Admission.objects.visible_to(user).current().count()
