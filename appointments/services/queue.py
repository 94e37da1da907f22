"""Whose turn it is: a number on arrival, called, and done."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from appointments.models import Appointment, QueueToken, TokenStatus
from doctors.models import Doctor
from hms.core import audit, clock, documents, numbering
from hms.core.models import Department, Document, DocumentKind, Paper, User
from hms.core.refusals import Refused
from patients.models import Encounter
from patients.models.encounter import EncounterKind, EncounterStatus
from patients.paper import identity
from patients.services import encounters


def series(department: Department, day: date) -> str:
    """The counter that a department's tokens of a day are numbered by."""
    return f"T-{day:%y%m%d}-{department.code}"


def give(encounter: Encounter, *, doctor: Doctor | None, appointment: Appointment | None = None) -> QueueToken:
    """The next number of the visit's department today. Called last within an act: it locks the counter."""
    day = clock.today(encounter.facility)
    return QueueToken.objects.create(
        facility=encounter.facility,
        department=encounter.department,
        day=day,
        number=numbering.next_value(encounter.facility, series(encounter.department, day)),
        appointment=appointment,
        doctor=doctor,
        encounter=encounter,
    )


@transaction.atomic
def give_walk_in(actor: User, *, encounter_id: object) -> QueueToken:
    """A number for somebody who came without an appointment, in the department of their visit.

    Refuses a visit that nobody waits in any more, one without a department, and a second number.
    Locks: the visit, then the counter of the tokens.
    """
    encounter = encounters.locked(encounter_id)
    if encounter.status != EncounterStatus.ARRIVED or encounter.kind == EncounterKind.VIRTUAL:
        raise Refused(_("This patient does not wait for anybody."))
    if encounter.department is None:
        raise Refused(_("This visit names no department, so there is no queue to wait in."))
    if QueueToken.objects.filter(encounter=encounter).exists():
        raise Refused(_("This visit has a number already."))
    doctor = Doctor.objects.filter(employee=encounter.attending_id).first() if encounter.attending_id else None
    token = give(encounter, doctor=doctor)
    audit.record(
        actor, "appointments.token.given", token, patient_id=encounter.patient_id, detail={"token": token.code}
    )
    return token


def _locked(token_id: object) -> QueueToken:
    return QueueToken.objects.select_for_update(of=("self",)).with_people().get(pk=token_id)


def _call(actor: User, token: QueueToken, room: str) -> QueueToken:
    token.status = TokenStatus.CALLED
    token.called_at = clock.now()
    token.room = room or (token.appointment.room if token.appointment else token.doctor.room if token.doctor else "")
    token.save(update_fields=["status", "called_at", "room"])
    audit.record(
        actor, "appointments.token.called", token, patient_id=token.encounter.patient_id, detail={"token": token.code}
    )
    return token


@transaction.atomic
def call_next(
    actor: User, *, department_id: object | None = None, doctor_id: object | None = None, room: str = ""
) -> QueueToken:
    """Call whose turn it is today: in a department, with a doctor, or both. Two who call at the same
    time get two patients. Refuses when nobody waits. Locks: the token."""
    waiting = QueueToken.objects.visible_to(actor).waiting().filter(day=clock.today(actor.facility))
    if department_id:
        waiting = waiting.filter(department=department_id)
    if doctor_id:
        waiting = waiting.filter(doctor=doctor_id)
    token = waiting.by_turn().select_for_update(of=("self",), skip_locked=True).with_people().first()
    if token is None:
        raise Refused(_("Nobody is waiting."))
    return _call(actor, token, room)


@transaction.atomic
def call_token(actor: User, *, token_id: object, room: str = "") -> QueueToken:
    """Call one patient out of turn, or once more. Refuses when the visit is over. Locks: the token."""
    token = _locked(token_id)
    if token.status == TokenStatus.LEFT or not token.encounter.is_open:
        raise Refused(_("This patient does not wait any more."))
    if token.day != clock.today(actor.facility):
        raise Refused(_("This token is not of today."))
    return _call(actor, token, room or token.room)


@transaction.atomic
def put_back(actor: User, *, token_id: object) -> QueueToken:
    """Nobody followed the call: the patient waits on, at their turn. Locks: the token."""
    token = _locked(token_id)
    if token.status != TokenStatus.CALLED:
        raise Refused(_("This patient was not called."))
    token.status = TokenStatus.WAITING
    token.save(update_fields=["status"])
    audit.record(actor, "appointments.token.put_back", token, patient_id=token.encounter.patient_id)
    return token


@transaction.atomic
def finish(actor: User, *, token_id: object) -> QueueToken:
    """The called patient came in; the number leaves the display. Locks: the token."""
    token = _locked(token_id)
    if token.status != TokenStatus.CALLED:
        raise Refused(_("This patient was not called."))
    token.status = TokenStatus.DONE
    token.save(update_fields=["status"])
    audit.record(actor, "appointments.token.finished", token, patient_id=token.encounter.patient_id)
    return token


def end(encounter: Encounter) -> None:
    """The visit is over: its token is done when it was closed, left when it was cancelled. Within the
    act that ends the visit, under its locks. Locks: the token."""
    over = TokenStatus.DONE if encounter.status == EncounterStatus.FINISHED else TokenStatus.LEFT
    tokens = QueueToken.objects.select_for_update().filter(encounter=encounter)
    tokens.filter(status__in=[TokenStatus.WAITING, TokenStatus.CALLED]).update(status=over)


@transaction.atomic
def draw(actor: User, *, token_id: object) -> Document:
    """The paper that the patient waits with; drawn once. Locks: the token."""
    token = _locked(token_id)
    if paper := documents.latest(token, DocumentKind.QUEUE_TOKEN):
        return paper
    booked, patient = token.appointment, token.encounter.patient
    time = clock.local(token.facility, booked.period.lower if booked else token.created_at)
    return documents.issue(
        actor,
        kind=DocumentKind.QUEUE_TOKEN,
        source=token,
        number=token.code,
        title=str(_("Queue token")),
        template="print/queue_token.html",
        paper=Paper.RECEIPT,
        facility=token.facility,
        dated=token.created_at,
        snapshot={
            "token": token.code,
            "patient": identity(patient, at=token.created_at),
            "department": token.department.name,
            "doctor": token.doctor.name if token.doctor else "",
            "room": booked.room if booked else token.doctor.room if token.doctor else "",
            "booked": booked is not None,
            "time": time.strftime("%d %b %Y, %H:%M"),
        },
        patient_id=patient.pk,
    )
