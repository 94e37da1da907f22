"""Notes: drafted, signed, amended. A signed one never changes."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from patients.models import ClinicalNote, Condition, DiagnosisCode
from patients.models.clinical import ConditionCategory, NoteStatus
from patients.services.encounters import locked, locked_open
from staff import licences

TEXTS = ["complaint", "examination", "assessment", "plan"]


@transaction.atomic
def save_draft(actor: User, *, encounter_id: object, codes: list[str], **texts: str) -> ClinicalNote:
    """Keep what was written so far: one draft for each author and visit. Locks: the encounter."""
    encounter = locked_open(encounter_id)
    known = list(DiagnosisCode.objects.filter(pk__in=codes).values_list("pk", flat=True))
    if unknown := [code for code in codes if code not in known]:
        raise Refused(_("%(code)s is not an ICD-10-CM code.") % {"code": unknown[0]}, field="codes")
    note, _made = ClinicalNote.objects.update_or_create(
        encounter=encounter,
        author=actor,
        status=NoteStatus.DRAFT,
        defaults={
            **{name: texts.get(name, "") for name in TEXTS},
            "patient_id": encounter.patient_id,
            "draft_codes": codes,
            "saved_at": clock.now(),
        },
    )
    return note


@transaction.atomic
def sign(actor: User, *, note_id: object) -> ClinicalNote:
    """Sign one's own draft; its codes become diagnoses of the visit.

    Refuses an empty note, someone else's, and an author without a valid licence. Locks: the encounter, then the note.
    """
    encounter = locked_open(ClinicalNote.objects.values_list("encounter_id", flat=True).get(pk=note_id))
    note = ClinicalNote.objects.select_for_update().get(pk=note_id)
    if note.author_id != actor.pk:
        raise Refused(_("Only the author can sign a note."))
    if note.status == NoteStatus.SIGNED:
        return note
    licences.demand(actor, act=licences.Act.SIGN)
    if not any(getattr(note, name).strip() for name in TEXTS):
        raise Refused(_("The note is empty. Write something before you sign."), field="complaint")
    titles = dict(DiagnosisCode.objects.filter(pk__in=note.draft_codes).values_list("code", "title"))
    Condition.objects.bulk_create(
        [
            Condition(
                patient_id=note.patient_id,
                encounter=encounter,
                note=note,
                recorded_by=actor,
                category=ConditionCategory.DIAGNOSIS,
                code=code,
                display=titles[code],
                onset_on=clock.today(actor.facility),
            )
            for code in dict.fromkeys(note.draft_codes)
        ]
    )
    note.status = NoteStatus.SIGNED
    note.signed_at = note.saved_at = clock.now()
    note.save(update_fields=["status", "signed_at", "saved_at"])
    audit.record(actor, "patients.note.signed", note, detail={"codes": note.draft_codes})
    return note


@transaction.atomic
def discard_draft(actor: User, *, encounter_id: object) -> None:
    """Empty one's own unsigned draft: it never was part of the record. Locks: the encounter."""
    encounter = locked(encounter_id)
    ClinicalNote.objects.filter(encounter=encounter, author=actor, status=NoteStatus.DRAFT).update(
        **dict.fromkeys(TEXTS, ""), draft_codes=[], saved_at=clock.now()
    )
    audit.record(actor, "patients.note.draft_discarded", encounter)


@transaction.atomic
def take_over(actor: User, *, note_id: object) -> ClinicalNote:
    """Make a colleague's unsigned draft one's own, to sign or to discard it: the way out for a visit
    whose author is away. Refuses a signed note, and while one has a draft of one's own in the visit.

    Locks: the encounter, then the note.
    """
    encounter = locked_open(ClinicalNote.objects.values_list("encounter_id", flat=True).get(pk=note_id))
    note = ClinicalNote.objects.select_for_update().get(pk=note_id)
    if note.status != NoteStatus.DRAFT:
        raise Refused(_("This note is signed. Add to it instead."))
    if note.author_id == actor.pk:
        return note
    own = ClinicalNote.objects.filter(encounter=encounter, author=actor, status=NoteStatus.DRAFT).first()
    if own and any(getattr(own, name).strip() for name in TEXTS):
        raise Refused(_("You have a draft of your own in this visit. Sign it or discard it first."))
    if own:
        own.delete()  # an empty draft: it never was part of the record
    taken_from, note.author = note.author, actor
    note.save(update_fields=["author"])
    audit.record(actor, "patients.note.taken_over", note, detail={"from": str(taken_from.pk)})
    return note


@transaction.atomic
def amend(actor: User, *, note_id: object, text: str) -> ClinicalNote:
    """Add to a signed note, whether its visit is open or closed. Refuses an author without a valid
    licence. Locks: the encounter."""
    original = ClinicalNote.objects.select_related("encounter").get(pk=note_id)
    locked(original.encounter_id)
    if original.status != NoteStatus.SIGNED:
        raise Refused(_("Only a signed note is amended; a draft can still be changed."))
    licences.demand(actor, act=licences.Act.SIGN)
    now = clock.now()
    addendum = ClinicalNote.objects.create(
        encounter_id=original.encounter_id,
        patient_id=original.patient_id,
        author=actor,
        assessment=text,
        status=NoteStatus.SIGNED,
        saved_at=now,
        signed_at=now,
        amends=original,
    )
    audit.record(actor, "patients.note.amended", addendum, detail={"amends": str(original.pk)})
    return addendum


@transaction.atomic
def mark_error(actor: User, *, note_id: object, reason: str) -> ClinicalNote:
    """Say that one's own signed note was wrong (written for another patient, say). Locks: the note."""
    note = ClinicalNote.objects.select_for_update().get(pk=note_id)
    if note.author_id != actor.pk:
        raise Refused(_("Only the author can do this."))
    if note.status != NoteStatus.SIGNED:
        raise Refused(_("Only a signed note is marked as an error."))
    note.status = NoteStatus.ENTERED_IN_ERROR
    note.error_reason = reason
    note.save(update_fields=["status", "error_reason"])
    note.diagnoses.update(entered_in_error=True, error_reason=reason)
    audit.record(actor, "patients.note.entered_in_error", note, reason=reason)
    return note
