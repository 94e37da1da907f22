"""News that billing hears, in a worker, in one transaction with its mark. Each is safe to run twice."""

from billing.services import invoices
from hms.core.models import User
from patients.models.encounter import EncounterStatus
from patients.services.encounters import locked


def visit_closed(encounter_id: str) -> None:
    # Reopened meanwhile: it will be closed again, and that is news of its own.
    if locked(encounter_id).status == EncounterStatus.FINISHED:
        invoices.issue(User.objects.system(), encounter_id=encounter_id)


def invoice_issued(invoice_id: str) -> None:
    invoices.draw(User.objects.system(), invoice_id=invoice_id)
