"""What billing says before a visit is cancelled."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Charge
from patients.models import Encounter

# Where the act behind a charge is undone, by the department of its source.
WHERE = {
    "laboratory": gettext_lazy("cancel the laboratory order"),
    "pharmacy": gettext_lazy("take back what was handed out, on the prescription"),
}
NAMED = 4


def forbids_cancel(encounter: Encounter) -> str:
    """Names the acts that were charged, and where each is undone."""
    charges = list(Charge.objects.standing().filter(encounter=encounter).order_by("occurred_at"))
    if not charges:
        return ""
    acts = ", ".join(dict.fromkeys(charge.description for charge in charges[:NAMED]))
    if len(charges) > NAMED:
        acts += _(" and %(count)s more") % {"count": len(charges) - NAMED}
    places = {WHERE.get(charge.source_type.partition(".")[0], _("ask accounting to reverse it")) for charge in charges}
    return _("Charged to this visit: %(acts)s. To cancel it, undo that first (%(where)s); or close the visit.") % {
        "acts": acts,
        "where": "; ".join(sorted(str(place) for place in places)),
    }
