"""The bed board: every bed of a ward with who lies in it. Two queries, whatever the size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from hms.core import clock
from patients.models import Patient
from wards.models import Admission, Bed, BedStay, Ward


@dataclass(frozen=True)
class Place:
    """A bed as the board shows it; `admission` and `patient` are None in an empty one."""

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


def of(ward: Ward, today: date) -> list[Place]:
    """The places of a ward in order of room and label; `today` is the facility's hospital day."""
    stays = {
        stay.bed_id: stay
        for stay in BedStay.objects.filter(bed__room__ward=ward, period__upper_inf=True)
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
                patient=patient,
                day=(today - first).days + 1,
                allergies=known,
                unknown_allergies=not known and patient.no_known_allergies is None,
                leaving=admission.expected_on is not None and admission.expected_on <= today,
                since=admission.admitted_at,
            )
        )
    return places
