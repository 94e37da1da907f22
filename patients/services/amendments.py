"""A patient asks for a correction: entered, given more time, decided, disagreed with, answered. The original stays."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Subquery
from django.utils.translation import gettext as _

from hms.core import approvals, audit, clock, documents, notify, numbering
from hms.core.models import Document, DocumentKind, User
from hms.core.models.tracking import UPDATE, change_models
from hms.core.refusals import Refused
from patients import amendable, care
from patients.models import AmendmentRequest, ClinicalNote, Contact, Patient, PatientIdentifier
from patients.models.amendments import AmendmentStatus, Ground
from patients.paper import identity as on_paper
from patients.services import notes


@transaction.atomic
def enter(
    actor: User,
    *,
    patient_id: UUID,
    record_type: str = "",
    record_id: UUID | None = None,
    wanted: str,
    why: str,
    asker: str,
    identity: str,
    received_on: date,
) -> AmendmentRequest:
    """Take down what a patient says should be corrected. Whoever wrote the entry is told.

    Locks: the patient. Refuses an entry of another patient, a day in the future, and a second request about an entry
    while one is open.
    """
    patient = Patient.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=patient_id)
    if received_on > clock.today(actor.facility):
        raise Refused(_("This day lies in the future."), field="received_on")
    about, author = amendable.general(), None
    if record_type:
        kind = amendable.kind_of(record_type)
        found = amendable.entry(kind, patient.pk, record_id, actor.facility) if kind and record_id else None
        if found is None:
            raise Refused(_("There is no such entry of this patient."), field="entry")
        _row, author, about = found
        if AmendmentRequest.objects.filter(patient=patient, record_id=record_id, status=AmendmentStatus.OPEN).exists():
            raise Refused(_("A correction of this entry is asked for already. Answer that one first."), field="entry")
    request = AmendmentRequest.objects.create(
        facility=actor.facility,
        patient=patient,
        record_type=record_type,
        record_id=record_id if record_type else None,
        about=about[:200],
        author=author,
        wanted=wanted,
        why=why,
        asker=asker,
        identity=identity,
        received_on=received_on,
        entered_by=actor,
        due_on=received_on + timedelta(days=settings.AMENDMENT_DAYS),
    )
    audit.record(actor, "patients.amendment.entered", request, detail={"record": record_type})
    if author is not None and author.is_active and author.pk != actor.pk:
        notify.person(
            author, actor.facility, text=_("A patient asks for a correction of what you wrote"),
            url=f"/patients/amendments/{request.pk}/",
        )  # fmt: skip
    return request


def _open(actor: User, request_id: object) -> AmendmentRequest:
    """The request, locked, as long as nobody has answered it."""
    request = AmendmentRequest.objects.select_for_update(of=("self",)).select_related("patient").get(pk=request_id)
    if request.status != AmendmentStatus.OPEN:
        raise Refused(_("This request is answered already: %(state)s.") % {"state": request.get_status_display()})
    return request


def why_not(actor: User, request: AmendmentRequest) -> str:
    """Why this person may not answer a request; "" where they may."""
    if actor.pk == request.entered_by_id or actor.pk in approvals.others_of(request.entered_by_id):
        return _("Whoever enters a request for a patient does not decide on it.")
    kind = amendable.kind_of(request.record_type)
    permission = kind.permission if kind else amendable.GENERAL_PERMISSION
    if not (actor.has_perm("patients.decide_amendment") and actor.has_perm(permission)):
        return _("Somebody decides who may write such an entry.")
    if (kind and not kind.clinical) or request.author_id == actor.pk or care.treats(actor, request.patient_id):
        return ""
    return _("Whoever wrote the entry decides, or a clinician who treats the patient.")


def _demand(actor: User, request: AmendmentRequest) -> None:
    if against := why_not(actor, request):
        raise Refused(against)


@transaction.atomic
def extend(actor: User, *, request_id: object, reason: str) -> AmendmentRequest:
    """Take more time, once: AMENDMENT_MORE_DAYS from the day it was due. Locks: the request."""
    request = _open(actor, request_id)
    if request.extended_on:
        raise Refused(
            _("More time was taken once already. Answer it by %(day)s.") % {"day": f"{request.due_on:%d %b %Y}"}
        )
    request.extended_on = clock.today(actor.facility)
    request.extension_reason = reason
    request.due_on += timedelta(days=settings.AMENDMENT_MORE_DAYS)
    request.save(update_fields=["extended_on", "extension_reason", "due_on"])
    audit.record(actor, "patients.amendment.extended", request, reason=reason)
    return request


@transaction.atomic
def accept(actor: User, *, request_id: object, answer: str) -> AmendmentRequest:
    """Amend the record as the patient asks, and write to them. The original stays: a signed note gets an addendum, of
    other entries the text stands with them. What is about the person must have been corrected before, in the ordinary
    way whose history keeps the old value.

    Locks: the request, then the encounter of a note. Refuses whoever entered it, and those who may not write such an
    entry, or neither wrote this one nor treat the patient.
    """
    request = _open(actor, request_id)
    _demand(actor, request)
    kind = amendable.kind_of(request.record_type)
    if kind and not kind.clinical and not corrected(request):
        raise Refused(_("Correct what is kept of the person first. Then say here what was changed."))
    if request.record_type == ClinicalNote._meta.label_lower:
        request.addendum = notes.amend(actor, note_id=request.record_id, text=answer)
    _decide(actor, request, AmendmentStatus.ACCEPTED, answer)
    return request


@transaction.atomic
def deny(actor: User, *, request_id: object, ground: str, answer: str) -> AmendmentRequest:
    """Leave the record as it is, on one of the law's grounds, and write to the patient why. Locks: the request.
    Refuses the same people as `accept`."""
    request = _open(actor, request_id)
    _demand(actor, request)
    if ground not in Ground.values:
        raise Refused(_("The law knows no other ground."), field="ground")
    request.ground = ground
    _decide(actor, request, AmendmentStatus.DENIED, answer)
    return request


def _decide(actor: User, request: AmendmentRequest, status: AmendmentStatus, answer: str) -> None:
    request.status, request.answer = status, answer
    request.decided_by, request.decided_at = actor, clock.now()
    request.save(update_fields=["status", "answer", "ground", "decided_by", "decided_at", "addendum"])
    audit.record(
        actor, f"patients.amendment.{status}", request, detail={"record": request.record_type, "ground": request.ground}
    )
    draw_letter(actor, request)


def corrected(request: AmendmentRequest) -> bool:
    """Whether who the patient is was changed since they asked, by the clock of the database."""
    of = {model.pgh_tracked_model: model.objects for model in change_models()}
    asked = of[AmendmentRequest].filter(pgh_obj_id=request.pk).order_by("pgh_id").values("pgh_created_at")[:1]
    return any(
        changes.filter(pgh_created_at__gte=Subquery(asked)).exists()
        for changes in (
            of[Patient].filter(pgh_obj_id=request.patient_id, pgh_label=UPDATE),
            of[Contact].filter(patient=request.patient_id),
            of[PatientIdentifier].filter(patient=request.patient_id),
        )
    )


@transaction.atomic
def withdraw(actor: User, *, request_id: object, reason: str) -> AmendmentRequest:
    """The patient asks for it no more, or it was entered wrongly. Locks: the request."""
    request = _open(actor, request_id)
    request.status, request.withdrawn_reason = AmendmentStatus.WITHDRAWN, reason
    request.save(update_fields=["status", "withdrawn_reason"])
    audit.record(actor, "patients.amendment.withdrawn", request, reason=reason)
    return request


@transaction.atomic
def disagree(actor: User, *, request_id: object, disagreement: str) -> AmendmentRequest:
    """Keep the patient's statement of disagreement with the entry. Locks: the request. Refuses one that was not
    denied, and a second statement."""
    request = AmendmentRequest.objects.select_for_update().get(pk=request_id)
    if request.status != AmendmentStatus.DENIED:
        raise Refused(_("Only what was denied can be disagreed with."))
    if request.disagreement:
        raise Refused(_("The patient's statement is kept already. Enter a new request instead."))
    request.disagreement, request.disagreed_on = disagreement, clock.today(actor.facility)
    request.save(update_fields=["disagreement", "disagreed_on"])
    audit.record(actor, "patients.amendment.disagreed", request)
    return request


@transaction.atomic
def rebut(actor: User, *, request_id: object, rebuttal: str) -> AmendmentRequest:
    """Answer the patient's disagreement; both stand with the entry. Locks: the request. Refuses those who may not
    decide, where there is no statement, and a second answer."""
    request = AmendmentRequest.objects.select_for_update().get(pk=request_id)
    if not request.disagreement:
        raise Refused(_("The patient has not disagreed."))
    if request.rebuttal:
        raise Refused(_("The disagreement was answered already."))
    _demand(actor, request)
    request.rebuttal, request.rebutted_by, request.rebutted_at = rebuttal, actor, clock.now()
    request.save(update_fields=["rebuttal", "rebutted_by", "rebutted_at"])
    audit.record(actor, "patients.amendment.rebutted", request)
    return request


def draw_letter(actor: User, request: AmendmentRequest) -> Document:
    """The answer to the patient, with what they may do next (164.526 (c), (d))."""
    facility, patient = request.facility, request.patient
    return documents.issue(
        actor,
        kind=DocumentKind.AMENDMENT_ANSWER,
        source=request,
        number=numbering.next_number(facility, "COR"),
        title=str(_("Your request for correction")),
        template="print/amendment_answer.html",
        paper=facility.paper,
        facility=facility,
        dated=request.decided_at,
        snapshot={
            "patient": on_paper(patient, at=request.decided_at),
            "asker": request.asker,
            "received": request.received_on.isoformat(),
            "about": request.about,
            "wanted": request.wanted,
            "why": request.why,
            "accepted": request.status == AmendmentStatus.ACCEPTED,
            "ground": str(request.get_ground_display()),
            "answer": request.answer,
            "signed": actor.name,
            "complaints": settings.COMPLAINTS_TO,
        },
        patient_id=patient.pk,
    )
