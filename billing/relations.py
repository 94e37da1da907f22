"""Who has an account to settle."""

from datetime import timedelta

from django.db.models import QuerySet

from billing.models import Invoice
from hms.core import clock
from hms.core.models import User

ASKED_ABOUT = timedelta(days=90)  # people come back with a bill


def invoiced(user: User) -> QuerySet[Invoice]:
    return Invoice.objects.filter(facility=user.facility, issued_at__gte=clock.now() - ASKED_ABOUT)
