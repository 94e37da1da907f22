"""What billing says before a visit is cancelled."""

from django.utils.translation import gettext as _

from billing.models import Charge
from patients.models import Encounter


def forbids_cancel(encounter: Encounter) -> str:
    if Charge.objects.standing().filter(encounter=encounter).exists():
        return _("Care was charged to this visit. Undo those acts first, or close the visit.")
    return ""
