"""The bed board: every bed of a ward with who lies in it. Two queries, whatever the size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import BooleanField, ExpressionWrapper

from hms.core import clock
from hms.core.models import User
from patients import care
from patients.models import Patient
from wards.models import Admission, Bed, BedStay, Ward


@dataclass(frozen=True)
class Place:
    """A bed as the board shows it; `admission` is None in an empty one. `patient` is None as well for whom who
    lies there is not to be known by; `allergies` are known to those who treat them."""

    bed: Bed
    room: str
    state: str
    admission: Admission | None
    patient: Patient | None
    day: int
    allergies: list[str]
    unknown_allergies: bool
    leaving: bool
    since: datetime | None


def of(user: User, ward: Ward, today: date) -> list[Place]:
    """The places of a ward in order of room and label; `today` is the facility's hospital day."""
    nobody = not user.has_perm("patients.view_patient")
    stays = {
        stay.bed_id: stay
        for stay in BedStay.objects.filter(bed__room__ward=ward, period__upper_inf=True)
        .annotate(
            _known=ExpressionWrapper(care.unhidden(user, "admission__patient_id"), BooleanField()),
            _treated=ExpressionWrapper(care.scope(user, "admission__patient_id"), BooleanField()),
        )
        .select_related("admission__patient", "admission__facility")
        .prefetch_related("admission__patient__allergy_set")
    }
    places = []
    for bed in Bed.objects.filter(room__ward=ward).select_related("room").order_by("room__name", "label"):
        stay = stays.get(bed.pk)
        if stay is None:
            places.append(Place(bed, bed.room.name, bed.state, None, None, 0, [], False, False, bed.state_since))
            continue
        admission = stay.admission
        patient = admission.patient
        first = clock.local(admission.facility, admission.admitted_at).date()
        known = [str(row) for row in patient.allergy_set.all() if row.active and not row.entered_in_error]
        places.append(
            Place(
                bed=bed,
                room=bed.room.name,
                state="occupied",
                admission=admission,
                patient=patient if stay._known and not nobody else None,
                day=(today - first).days + 1,
                allergies=known if stay._treated else [],
                unknown_allergies=stay._treated and not known and patient.no_known_allergies is None,
                leaving=admission.expected_on is not None and admission.expected_on <= today,
                since=admission.admitted_at,
            )
        )
    return places
