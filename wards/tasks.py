"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from hms.core.models import User
from wards.models import Admission
from wards.services import bed_days


@shared_task
def accrue_bed_days() -> int:
    """Every hour: whoever lay in a bed at midnight owes that day. Returns how many days were charged."""
    actor = User.objects.system()
    current = Admission.objects.current().order_by("pk").values_list("pk", flat=True)
    return sum(bed_days.accrue(actor, admission_id=admission_id) for admission_id in current)
