"""What waits: the numbers in the rail."""

from hms.core.models import User
from patients.models import Encounter


def visits(user: User) -> int:
    return Encounter.objects.visible_to(user).filter(status="arrived").count()
