"""Writing the audit.

An audit row is written in the transaction of the act or the answer: when it cannot be written, the
act fails. The rows of finished transactions are sealed in blocks whose hashes chain (`hms.core.sealing`).

Acts, and looks that have a name of their own, call `record`. Whatever else showed a patient's name is
noted by `seen`, which the name itself calls; lists that say something of patients and not their names
call `seen_of`; and what an address of somebody's record showed is noted by the middleware where nothing
else was. It is recorded when the request ends and before its answer leaves: a page, or a piece of one,
cannot show a patient and leave no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models

from hms.core.models import AuditEvent, User

# Where the act comes from: the address of the request, or the name of the task.
_source: ContextVar[str] = ContextVar("audit_source", default="")


@dataclass
class Watch:
    """What one request has shown, and what of it has been recorded."""

    seen: set[UUID] = field(default_factory=set)
    recorded: set[UUID] = field(default_factory=set)
    # Refusals and attempts: their own transaction was rolled back, so they are written when it is over.
    attempts: list[tuple[str, UUID | None, dict[str, Any]]] = field(default_factory=list)


_watch: ContextVar[Watch | None] = ContextVar("audit_watch", default=None)


@contextmanager
def watch() -> Iterator[Watch]:
    """Note what a request shows, from here to its end."""
    noted = Watch()
    token = _watch.set(noted)
    try:
        yield noted
    finally:
        _watch.reset(token)


@dataclass
class Provisional:
    kept: bool = False


@contextmanager
def provisional() -> Iterator[Provisional]:
    """Around a transaction: what was recorded in it counts as recorded when it was `kept`."""
    noted = _watch.get()
    before = set(noted.recorded) if noted else set()
    outcome = Provisional()
    try:
        yield outcome
    except BaseException:
        outcome.kept = False
        raise
    finally:
        if noted and not outcome.kept:
            noted.recorded = before


def seen(patient_id: UUID) -> None:
    """This request shows this patient."""
    if (noted := _watch.get()) is not None:
        noted.seen.add(patient_id)


def seen_of(rows: Iterable[models.Model]) -> None:
    """This request says something of whoever these rows are about, though perhaps not their names."""
    for row in rows:
        if patient_id := patient_of(row):
            seen(patient_id)


def attempted(action: str, *, patient_id: UUID | None = None, detail: dict[str, Any] | None = None) -> None:
    """Somebody tried what is refused: recorded once the request's own transaction is over."""
    if (noted := _watch.get()) is not None:
        noted.attempts.append((action, patient_id, detail or {}))


def conclude(actor: User | None, noted: Watch, route: str) -> None:
    """Record what a request attempted, and whom it showed beyond what it recorded itself: one row."""
    for action, patient_id, detail in noted.attempts:
        record(actor, action, patient_id=patient_id, detail=detail)
    shown = sorted(noted.seen - noted.recorded)
    if len(shown) == 1:
        record(actor, "patients.patient.seen", patient_id=shown[0], detail={"route": route})
    elif shown:
        detail = {"route": route, "patients": [str(patient_id) for patient_id in shown]}
        record(actor, "patients.list.seen", detail=detail)


# As many patients as one row of a list names: 200 kB of it.
LISTED = 5000


def taken_out(
    actor: User,
    action: str,
    *,
    shown: Iterable[UUID],
    patient_id: UUID | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """A file that left the house: whom it names (`shown`), so that each of them finds it in their account of
    disclosures; in as many rows as it takes. `patient_id` is whom it is about, where it is about one."""
    listed = sorted(str(each) for each in shown if each != patient_id)
    for first in range(0, max(len(listed), 1), LISTED):
        part = {"patients": listed[first : first + LISTED]} if listed else {}
        record(actor, action, patient_id=patient_id, detail={**(detail or {}), **part})


@contextmanager
def source(name: str) -> Iterator[None]:
    token = _source.set(name[:60])
    try:
        yield
    finally:
        _source.reset(token)


def record(
    actor: User | None,
    action: str,
    obj: models.Model | None = None,
    *,
    patient_id: UUID | None = None,
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write one audit row in the current transaction.

    `action` reads `<app>.<object>.<verb>`. The patient is the object's own `patient_id`, or the
    object itself when it is a Patient. `detail` holds codes and ids, never clinical text.
    """
    if patient_id is None and obj is not None:
        patient_id = patient_of(obj)
    if patient_id is not None and (noted := _watch.get()) is not None:
        noted.recorded.add(patient_id)
    return AuditEvent.objects.create(
        actor=actor,
        actor_name=actor.name[:160] if actor else "anonymous",
        role=", ".join(actor.roles)[:120] if actor else "",
        facility_id=actor.facility.pk if actor and actor.has_facility else getattr(obj, "facility_id", None),
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        patient_id=patient_id,
        reason=reason[:300],
        detail=detail or {},
        source=_source.get(),
    )


def patient_of(obj: models.Model) -> UUID | None:
    """Whose record a row belongs to, where it says so itself."""
    return obj.pk if obj._meta.label_lower == "patients.patient" else getattr(obj, "patient_id", None)
