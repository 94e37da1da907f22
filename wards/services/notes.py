"""Notes at the bedside."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from wards.models import Admission, AdmissionStatus, NursingNote


@transaction.atomic
def write(
    actor: User, *, admission_id: object, kind: str, text: str, corrects: NursingNote | None = None
) -> NursingNote:
    """Add a note to a stay, also after discharge (late entries happen); never to a cancelled one."""
    admission = Admission.objects.get(pk=admission_id)
    if admission.status == AdmissionStatus.CANCELLED:
        raise Refused(_("This admission was cancelled."))
    if not text.strip():
        raise Refused(_("The note is empty."), field="text")
    note = NursingNote.objects.create(
        admission=admission,
        patient_id=admission.patient_id,
        kind=kind,
        text=text,
        author=actor,
        written_at=clock.now(),
        corrects=corrects,
    )
    audit.record(actor, "wards.note.written", note)
    return note
