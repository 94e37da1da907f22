"""Whose turn it is: a number at check-in, called, and done."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from appointments.models import Appointment, AppointmentStatus, QueueToken, TokenStatus
from hms.core import audit, clock, documents, numbering
from hms.core.models import Department, Document, DocumentKind, Paper, User
from hms.core.refusals import Refused
from patients.paper import identity


def series(department: Department, day: date) -> str:
    """The counter that a department's tokens of a day are numbered by."""
    return f"T-{day:%y%m%d}-{department.code}"


def give(appointment: Appointment, *, department: Department, day: date) -> QueueToken:
    """The next number of the department's day. Called last within the check-in: it locks the counter."""
    number = numbering.next_value(appointment.facility, series(department, day))
    return QueueToken.objects.create(
        facility=appointment.facility,
        department=department,
        day=day,
        number=number,
        appointment=appointment,
        encounter=appointment.encounter,
    )


def _locked(token_id: object) -> QueueToken:
    return (
        QueueToken.objects.select_for_update(of=("self",))
        .select_related("appointment__doctor", "department", "encounter")
        .get(pk=token_id)
    )


def _call(actor: User, token: QueueToken, room: str) -> QueueToken:
    token.status = TokenStatus.CALLED
    token.called_at = clock.now()
    token.room = room or token.appointment.room
    token.save(update_fields=["status", "called_at", "room"])
    audit.record(
        actor, "appointments.token.called", token, patient_id=token.appointment.patient_id, detail={"token": token.code}
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
        waiting = waiting.filter(appointment__doctor=doctor_id)
    token = (
        waiting.by_turn()
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("appointment__doctor", "department", "encounter")
        .first()
    )
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
    audit.record(actor, "appointments.token.put_back", token, patient_id=token.appointment.patient_id)
    return token


@transaction.atomic
def finish(actor: User, *, token_id: object) -> QueueToken:
    """The called patient came in; the number leaves the display. Locks: the token."""
    token = _locked(token_id)
    if token.status != TokenStatus.CALLED:
        raise Refused(_("This patient was not called."))
    token.status = TokenStatus.DONE
    token.save(update_fields=["status"])
    audit.record(actor, "appointments.token.finished", token, patient_id=token.appointment.patient_id)
    return token


def end(appointment: Appointment) -> None:
    """The visit is over: its token is done when it was closed, left when it was cancelled. Within the
    act that ends the visit, under its locks. Locks: the token."""
    over = TokenStatus.DONE if appointment.status == AppointmentStatus.FULFILLED else TokenStatus.LEFT
    tokens = QueueToken.objects.select_for_update().filter(encounter_id=appointment.encounter_id)
    tokens.filter(status__in=[TokenStatus.WAITING, TokenStatus.CALLED]).update(status=over)


@transaction.atomic
def draw(actor: User, *, token_id: object) -> Document:
    """The paper that the patient waits with; drawn once. Locks: the token."""
    token = _locked(token_id)
    if paper := documents.latest(token, DocumentKind.QUEUE_TOKEN):
        return paper
    appointment = Appointment.objects.for_lists().select_related("facility").get(pk=token.appointment_id)
    return documents.issue(
        actor,
        kind=DocumentKind.QUEUE_TOKEN,
        source=token,
        number=token.code,
        title=str(_("Queue token")),
        template="print/queue_token.html",
        paper=Paper.RECEIPT,
        facility=appointment.facility,
        snapshot={
            "token": token.code,
            "patient": identity(appointment.patient),
            "department": token.department.name,
            "doctor": appointment.doctor.name,
            "room": appointment.room,
            "time": clock.local(appointment.facility, appointment.period.lower).strftime("%d %b %Y, %H:%M"),
        },
        patient_id=appointment.patient_id,
    )
