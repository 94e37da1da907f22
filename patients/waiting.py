"""What waits: the numbers in the rail."""

from hms.core.models import User
from patients.models import ChartGrant, Encounter


def visits(user: User) -> int:
    return Encounter.objects.visible_to(user).filter(status="arrived").count()


def grants(user: User) -> int:
    """Emergency accesses without a verdict."""
    return ChartGrant.objects.visible_to(user).to_review().count()
