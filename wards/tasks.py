"""Doormen: ids in, one call, safe to run twice."""

from celery import shared_task

from hms.core.models import User
from wards.services import bed_days


@shared_task
def accrue_bed_days() -> dict[str, int]:
    """Every hour: whoever lay in a bed at midnight owes that day. How many days were charged, and how many
    stays could not be."""
    charged, failed = bed_days.accrue_all(User.objects.system())
    return {"charged": charged, "failed": failed}
