"""News that the laboratory hears, in a worker. Safe to run twice."""

from hms.core.models import User
from laboratory.services import orders, reports


def order_verified(order_id: str, actor_id: str) -> None:
    reports.issue(User.objects.get(pk=actor_id), order_id=order_id)


def visit_cancelled(encounter_id: str) -> None:
    orders.release(User.objects.system(), encounter_id=encounter_id)
