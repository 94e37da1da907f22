"""What waits: the numbers in the rail."""

from billing.models import Invoice
from hms.core.models import User

MOST = 1000  # counted no further: the number says "many", not how many


def unpaid(user: User) -> int:
    return Invoice.objects.visible_to(user).unpaid()[:MOST].count()
