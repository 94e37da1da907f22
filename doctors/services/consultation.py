"""The consultation at the desk: begun, written down, signed and charged, closed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from billing.services import charges
from doctors import fees
from doctors.models import Doctor
from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import ClinicalNote, Encounter
from patients.models.encounter import EncounterKind
from patients.services import encounters, notes


def _doctor(actor: User) -> Doctor:
    doctor = Doctor.objects.of_user(actor).consulting().first()
    if doctor is None:
        raise Refused(_("You have no doctor's profile here, or it is not active. HR can set that right."))
    return doctor


@transaction.atomic
def start(actor: User, *, encounter_id: object) -> Encounter:
    """The patient is called in; the doctor attends. Done twice it is done once. Locks: the encounter."""
    return encounters.begin(actor, encounter_id=encounter_id, attending=_doctor(actor).employee)


@transaction.atomic
def sign(actor: User, *, encounter_id: object, codes: list[str], close: bool = False, **texts: str) -> ClinicalNote:
    """Sign the note of a consultation and charge the consultation; with `close` the visit ends as well.

    The first note that a doctor of a specialty signs in a visit charges it, at the price
    list's price or the doctor's own fee; later ones do not. Refuses an empty note, a closed visit, someone without a doctor's profile, and closing
    an inpatient stay, which ends by discharge. Locks: the encounter, then the note.
    """
    doctor = _doctor(actor)
    encounter = encounters.begin(actor, encounter_id=encounter_id, attending=doctor.employee)
    if close and encounter.kind == EncounterKind.INPATIENT:
        raise Refused(_("An inpatient stay ends by discharge from the ward. Sign the note without closing."))
    draft = notes.save_draft(actor, encounter_id=encounter_id, codes=codes, **texts)
    note = notes.sign(actor, note_id=draft.pk)
    service = fees.service(doctor)
    charges.post(
        actor,
        encounter=encounter,
        source=encounter,
        service=service,
        unit_price=doctor.fee,
        description=f"{service.name}, {doctor.name}",
    )
    if close:
        encounters.close(actor, encounter_id=encounter_id)
    return note
