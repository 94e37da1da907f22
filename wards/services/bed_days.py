"""Bed-days: charged for the day of admission and for each further midnight, once each.

A patient who comes on Monday and leaves on Wednesday has two: Monday and Tuesday. One who comes and
leaves on the same day has one. It belongs to its own day, on the bill and in the revenue, though it
is charged when that day is over.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.services import charges
from hms.core import clock, notify
from hms.core.models import Facility, Notification, User
from patients.services.encounters import locked
from wards.models import Admission, AdmissionStatus, Bed, BedDay, BedStay

log = logging.getLogger("hms.wards")


@transaction.atomic
def accrue(actor: User, *, admission_id: object) -> int:
    """Charge the bed-days that are complete; returns how many were new. Safe to run again and again.

    Locks: the encounter, then the admission.
    """
    locked(Admission.objects.values_list("encounter_id", flat=True).get(pk=admission_id))
    admission = (
        Admission.objects.select_for_update(of=("self",)).select_related("facility", "encounter").get(pk=admission_id)
    )
    if admission.status == AdmissionStatus.CANCELLED:
        return 0
    first = clock.local(admission.facility, admission.admitted_at).date()
    end = admission.ended_at or clock.now()
    until = clock.local(admission.facility, end).date()
    if admission.status == AdmissionStatus.DISCHARGED:
        until = max(until, first + timedelta(days=1))
    have = set(admission.bed_days.values_list("day", flat=True))
    days = [first + timedelta(days=n) for n in range((until - first).days)]
    missing = [day for day in days if day not in have]
    for day in missing:
        bed = _bed_at_midnight(admission, day)
        ward = bed.room.ward
        spent = BedDay.objects.create(admission=admission, bed=bed, day=day)
        charges.post(
            actor,
            encounter=admission.encounter,
            source=spent,
            service=ward.bed_service,
            description=_("Bed %(bed)s, ward %(ward)s, %(day)s")
            % {"bed": bed.label, "ward": ward.code, "day": day.strftime("%d %b %Y")},
            occurred_at=max(clock.day_bounds(admission.facility, day)[0], admission.admitted_at),
        )
    return len(missing)


def accrue_all(actor: User) -> tuple[int, int]:
    """Charge the bed-days of everyone who lies in a bed: how many days were new, how many stays failed.

    Each stay in a transaction of its own: one that fails is logged and told to accounting, once a day; the
    others are charged.
    """
    charged, failed = 0, Counter()
    for admission_id, facility_id in Admission.objects.current().order_by("pk").values_list("pk", "facility_id"):
        try:
            with transaction.atomic():
                charged += accrue(actor, admission_id=admission_id)
        except Exception:  # whatever it is, it concerns this stay alone
            failed[facility_id] += 1
            log.exception("bed-days of a stay not charged", extra={"admission_id": str(admission_id)})
    for facility in Facility.objects.filter(pk__in=failed):
        _tell(facility, failed[facility.pk])
    return charged, failed.total()


def _tell(facility: Facility, stays: int) -> None:
    text = ngettext(
        "Bed-days of %(count)s stay could not be charged. Look whether its ward's service is in use under Prices.",
        "Bed-days of %(count)s stays could not be charged. Look whether their wards' services are in use under Prices.",
        stays,
    ) % {"count": stays}
    log.error("bed-days not charged", extra={"facility": facility.code, "stays": stays})
    start, end = clock.day_bounds(facility, clock.today(facility))
    if not Notification.objects.filter(facility=facility, text=text, created_at__range=(start, end)).exists():
        notify.everyone(facility, permission="billing.reverse_charge", text=text, level="warning")


def _bed_at_midnight(admission: Admission, day: date) -> Bed:
    """Where the patient lay when the day ended; on the last day, the last bed."""
    _start, midnight = clock.day_bounds(admission.facility, day)
    stays = BedStay.objects.filter(admission=admission).select_related("bed__room__ward")
    found = (
        stays.filter(period__startswith__lt=midnight).order_by("-period").first() or stays.order_by("period").first()
    )
    return found.bed
