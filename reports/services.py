"""What the auditor adds: verdicts on unusual looks, and to whom something of a record was given."""

from __future__ import annotations

from typing import IO
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from hms.core import audit
from hms.core.models import AuditEvent, FindingKind, FindingReview, User
from hms.core.refusals import Refused
from patients.models import Patient
from reports import disclosures, findings
from reports.findings import Key
from reports.record import bundle


@transaction.atomic
def judge(actor: User, *, key: Key, verdict: str, note: str) -> FindingReview:
    """Give a verdict on unusual looks. A later one counts instead, and the earlier stays.

    Locks: nothing; it is only added to. Refuses what is no finding, one's own looks, and an emergency access, whose
    verdict stands with it.
    """
    if key.person_id == actor.pk:
        raise Refused(_("Somebody else judges what you did yourself."))
    if key.kind == FindingKind.EMERGENCY or findings.one(actor, key) is None:
        raise Refused(_("There is no such finding."))
    review = FindingReview.objects.create(
        facility=actor.facility,
        kind=key.kind,
        day=key.day,
        person_id=key.person_id,
        patient_id=key.patient_id,
        verdict=verdict,
        note=note,
        reviewer=actor,
    )
    audit.record(actor, "core.audit.finding_judged", review, detail={"kind": key.kind, "verdict": verdict})
    return review


@transaction.atomic
def release(
    actor: User,
    *,
    patient_id: UUID,
    to: str,
    recipient: str,
    address: str,
    purpose: str,
    identity: str,
    with_documents: bool,
) -> tuple[Patient, IO[bytes]]:
    """Write everything held on a patient into one file, for whom they name; it is a disclosure with its recipient.

    The audit row is written first, and the file is made in its transaction: neither is without the other. Locks:
    nothing. Refuses a patient who is not known here.
    """
    patient = Patient.objects.visible_to(actor).get(pk=patient_id)
    what = _("The whole record, with its documents") if with_documents else _("The whole record, without documents")
    detail = {"recipient": recipient, "address": address, "what": str(what), "to": to, "identity": identity}
    audit.record(actor, "patients.record.exported", patient, reason=purpose, detail=detail)
    asked = bundle.Asked(to, recipient, address, purpose, identity, with_documents)
    return patient, bundle.Bundle(actor, patient, asked).write()


@transaction.atomic
def disclose(
    actor: User,
    *,
    patient_id: UUID,
    recipient: str,
    address: str,
    purpose: str,
    what: str,
    event_id: int | None = None,
) -> AuditEvent:
    """Record to whom something of a record was given, and why: in the audit, where nothing is ever changed.

    `event_id`: the print or export that they were given. Locks: nothing. Refuses a print or export of another
    patient, and one of which it is told already.
    """
    patient = Patient.objects.visible_to(actor).get(pk=patient_id)
    detail = {"recipient": recipient, "address": address, "what": what}
    if event_id is not None:
        told = next((each for each in disclosures.of(actor, patient.pk) if each.event.pk == event_id), None)
        if told is None or told.is_statement:
            raise Refused(_("There is no such print or export of this patient."), field="event_id")
        if told.recipient:
            raise Refused(_("It is told already to whom this was given."), field="event_id")
        detail["event"] = event_id
    return audit.record(actor, "patients.record.disclosed", patient, reason=purpose, detail=detail)
