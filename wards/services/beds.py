"""The state of a bed that nobody lies in."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from wards.models import Bed, BedState, BedStay


@transaction.atomic
def set_state(actor: User, *, bed_id: object, state: str, reason: str = "") -> Bed:
    """Mark a bed as ready, to be cleaned or out of use. Refuses while a patient lies in it, and out
    of use without a reason. Locks: the bed."""
    bed = Bed.objects.select_for_update().get(pk=bed_id)
    if BedStay.objects.filter(bed=bed, period__upper_inf=True).exists():
        raise Refused(_("A patient lies in this bed. Move or discharge them first."))
    if state == BedState.BLOCKED and not reason.strip():
        raise Refused(_("Say why the bed is out of use."), field="reason")
    bed.state = state
    bed.state_reason = reason.strip() if state == BedState.BLOCKED else ""
    bed.state_since = clock.now()
    bed.save(update_fields=["state", "state_reason", "state_since"])
    audit.record(actor, f"wards.bed.{state}", bed, reason=reason)
    return bed
