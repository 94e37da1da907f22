"""News that the pharmacy hears, in a worker. Safe to run twice."""

from hms.core.models import User
from pharmacy.services import prescribing, stock


def stock_fell(product_id: str) -> None:
    stock.raise_alert(product_id)


def visit_cancelled(encounter_id: str) -> None:
    prescribing.release(User.objects.system(), encounter_id=encounter_id)
