"""Notes at the bedside."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from wards.models import Admission, AdmissionStatus, NursingNote


@transaction.atomic
def write(actor: User, *, admission_id: object, kind: str, text: str) -> NursingNote:
    """Add a note to a stay, also after discharge (late entries happen); never to a cancelled one."""
    admission = Admission.objects.visible_to(actor).get(pk=admission_id)
    if admission.status == AdmissionStatus.CANCELLED:
        raise Refused(_("This admission was cancelled."))
    note = _add(actor, admission, kind, text)
    audit.record(actor, "wards.note.written", note)
    return note


@transaction.atomic
def correct(actor: User, *, note_id: object, kind: str, text: str) -> NursingNote:
    """Write anew what was noted wrongly; the wrong note stays, struck through. Only by whoever wrote it:
    others add what they know. Locks: the admission."""
    wrong = NursingNote.objects.get(pk=note_id, admission__in=Admission.objects.visible_to(actor))
    admission = Admission.objects.select_for_update().get(pk=wrong.admission_id)
    if wrong.author_id != actor.pk:
        raise Refused(_("Only whoever wrote a note corrects it. Write a note of your own."))
    if NursingNote.objects.filter(corrects=wrong).exists():
        raise Refused(_("This note was corrected already. Correct the newer one."))
    note = _add(actor, admission, kind, text, corrects=wrong)
    audit.record(actor, "wards.note.corrected", note)
    return note


def _add(actor: User, admission: Admission, kind: str, text: str, corrects: NursingNote | None = None) -> NursingNote:
    if not text.strip():
        raise Refused(_("The note is empty."), field="text")
    return NursingNote.objects.create(
        admission=admission,
        patient_id=admission.patient_id,
        kind=kind,
        text=text,
        author=actor,
        written_at=clock.now(),
        corrects=corrects,
    )
