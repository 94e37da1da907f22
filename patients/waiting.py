"""What waits: the numbers in the rail, and whether there is anything at all."""

from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from hms.core import clock
from hms.core.models import Erasure, User
from patients.models import AmendmentRequest, ChartGrant, Encounter


def visits(user: User) -> int:
    return Encounter.objects.visible_to(user).filter(status="arrived").count()


def grants(user: User) -> int:
    """Emergency accesses without a verdict."""
    return ChartGrant.objects.visible_to(user).to_review().count()


SOON = timedelta(days=14)


def _amendments(user: User) -> QuerySet[AmendmentRequest]:
    """What this person decides on; for the privacy officer, what is due soon or overdue."""
    if user.has_perm("patients.review_amendment"):
        return AmendmentRequest.objects.visible_to(user).due_until(clock.today(user.facility) + SOON)
    return AmendmentRequest.objects.to_decide(user)


def amendments(user: User) -> int:
    return _amendments(user).count()


def has_amendments(user: User) -> bool:
    return _amendments(user).exists()


def has_amendments_of(user: User, patient_id: UUID) -> bool:
    return AmendmentRequest.objects.visible_to(user).filter(patient_id=patient_id).exists()


def erasures(user: User) -> int:
    """Requests for an erasure that this person may decide about."""
    if not user.has_perm("core.decide_erasure"):
        return 0
    return Erasure.objects.visible_to(user).filter(status="waiting").exclude(asked_by=user).count()
