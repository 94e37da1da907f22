"""Whom a nurse looks after: the patients of the wards, bed by bed, and what each of them waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from hms.core import clock
from patients.models import Allergy, Observation, Patient
from patients.models.clinical import ObservationCategory
from wards.models import Admission, BedStay, Ward

if TYPE_CHECKING:
    from hms.core.models import Department, User

OVERDUE = timedelta(hours=12)
SHOWN = 60


@dataclass(frozen=True)
class Line:
    """One patient in a bed. `overdue`: vital signs not taken for 12 hours, or not since 12 hours after coming."""

    admission: Admission
    patient: Patient
    bed: str
    ward: Ward
    measured_at: datetime | None
    overdue: bool
    ask_allergies: bool
    leaves_on: date | None
    leaving: bool


def own_wards(user: User, department: Department | None) -> list[Ward]:
    """The wards of the department one works in; all of the facility where it has none. One query."""
    wards = list(Ward.objects.visible_to(user).filter(active=True))
    own = [ward for ward in wards if department is not None and ward.department_id == department.pk]
    return own or wards


def of(user: User, wards: list[Ward]) -> list[Line]:
    """Who lies in these wards, by ward, room and bed; SHOWN at most. One query, whatever the size."""
    now, today = clock.now(), clock.today(user.facility)
    measured = (
        Observation.objects.visible_to(user)
        .valid()
        .filter(patient=OuterRef("admission__patient_id"), category=ObservationCategory.VITALS)
        .filter(observed_at__gte=OuterRef("admission__admitted_at"))
        .order_by("-observed_at")
    )
    # Asked of each of these patients: EXISTS would be answered by reading the allergies of everybody.
    known = Allergy.objects.valid().filter(patient=OuterRef("admission__patient_id"), active=True).order_by()
    stays = (
        BedStay.objects.filter(bed__room__ward__in=wards, period__upper_inf=True)
        .select_related("admission__patient", "bed__room__ward")
        .annotate(measured_at=Subquery(measured.values("observed_at")[:1]), an_allergy=Subquery(known.values("pk")[:1]))
        .order_by("bed__room__ward__code", "bed__room__name", "bed__label")[:SHOWN]
    )
    lines = []
    for stay in stays:
        admission, patient = stay.admission, stay.admission.patient
        lines.append(
            Line(
                admission=admission,
                patient=patient,
                bed=stay.bed.label,
                ward=stay.bed.room.ward,
                measured_at=stay.measured_at,
                overdue=(stay.measured_at or admission.admitted_at) < now - OVERDUE,
                ask_allergies=patient.no_known_allergies is None and stay.an_allergy is None,
                leaves_on=admission.expected_on,
                leaving=admission.expected_on is not None and admission.expected_on <= today,
            )
        )
    return lines
