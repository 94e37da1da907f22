"""The audit trail of the demonstration's last days: the acts as the services record them, and the looks around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from appointments.models import Appointment
from billing.models import Charge, CreditNote, Invoice, InvoiceLine, Payment
from hms.core.approvals import asking
from hms.core.audit import patient_of
from hms.core.models import Approval, ApprovalStatus, AuditEvent, User
from hms.demo.scene import Scene
from laboratory.models import LabOrder, Result, Specimen
from patients.models import ClinicalNote, Encounter, Observation, PatientFacility
from pharmacy.models import Batch, Dispense, DispenseLine, Prescription, PrescriptionLine
from wards.models import Admission, BedStay, DischargeSummary, NursingNote

KEPT = timedelta(days=2)
Event = tuple[datetime, User, str, models.Model | None, dict[str, Any]]


def write(scenes: list[Scene]) -> None:
    """The rows of all facilities in the order of time; the table grows by nothing else."""
    events = [event for scene in scenes for event in _events(scene)]
    for moment, row in sorted(events, key=lambda pair: pair[0]):
        row.at = moment
        scenes[0].rows.add(row)


def _events(scene: Scene) -> Iterator[tuple[datetime, AuditEvent]]:
    roles = {user: role for role, users in scene.house.users.items() for user in users}
    desks = {user: f"10.20.{place // 200}.{place % 200 + 20}" for place, user in enumerate(roles)}
    worked: dict[tuple[Any, User], list[datetime]] = defaultdict(list)
    told = [*_care(scene), *_money(scene), *_goods(scene), *_second_person(scene)]
    for moment, actor, *_rest in told:
        worked[scene.day_of(moment), actor].append(moment)
    told += _sessions(scene, worked)
    since = scene.now - KEPT
    for moment, actor, action, obj, more in told:
        if not since < moment <= scene.now:
            continue
        patient_id = more.pop("patient_id", None) or (patient_of(obj) if obj is not None else None)
        yield (
            moment,
            AuditEvent(
                actor=actor,
                actor_name=actor.name[:160],
                role=roles.get(actor, ""),
                facility=scene.facility,
                action=action,
                object_type=obj._meta.label_lower if obj is not None else "",
                object_id=str(obj.pk) if obj is not None else "",
                patient_id=patient_id,
                reason=more.pop("reason", ""),
                detail=more,
                source=desks.get(actor, "worker"),
            ),
        )


def _recent(scene: Scene, model: type[models.Model], when: str = "created_at") -> Iterator[Any]:
    since = scene.now - KEPT
    for row in scene.rows.of(model):
        moment = getattr(row, when)
        if moment is not None and moment > since and _here(scene, row):
            yield row


def _here(scene: Scene, row: models.Model) -> bool:
    own = getattr(row, "facility_id", None)
    return own is None or own == scene.facility.pk


def _sessions(scene: Scene, worked: dict[tuple[Any, User], list[datetime]]) -> list[Event]:
    found: list[Event] = []
    for (day, actor), moments in worked.items():
        if actor == scene.books.system:
            continue
        found.append((min(moments) - timedelta(minutes=4), actor, "core.user.signed_in", actor, {}))
        if day != scene.today:
            found.append((max(moments) + timedelta(minutes=9), actor, "core.user.signed_out", actor, {}))
    return found


def _care(scene: Scene) -> Iterator[Event]:
    system, seconds = scene.books.system, timedelta(seconds=1)
    for known in _recent(scene, PatientFacility):
        looked = known.created_at - timedelta(minutes=2)
        yield looked, known.added_by, "patients.patient.searched", None, {"hits": 0}
        detail = {"duplicates_seen": False}
        yield known.created_at, known.added_by, "patients.patient.registered", known.patient, detail
    for booked in _recent(scene, Appointment):
        if booked.rescheduled_from_id:
            detail = {"from": str(booked.rescheduled_from_id)}
            yield booked.created_at, booked.booked_by, "appointments.appointment.rescheduled", booked, detail
        else:
            detail = {"doctor": str(booked.doctor_id)}
            yield booked.created_at, booked.booked_by, "appointments.appointment.booked", booked, detail
    for booked in scene.rows.of(Appointment):
        if booked.encounter_id and booked.encounter.started_at > scene.now - KEPT and _here(scene, booked):
            at = booked.encounter.started_at + seconds
            yield at, booked.booked_by, "appointments.appointment.checked_in", booked, {}
            if booked.status == "fulfilled":
                over = booked.encounter.ended_at + 2 * seconds
                yield over, system, "appointments.appointment.fulfilled", booked, {}
    signers = _signers(scene)
    for visit in _recent(scene, Encounter):
        desk = scene.some("receptionist", visit.started_at)
        if not scene.rota.times(desk, scene.day_of(visit.started_at)) or visit.kind == "emergency":
            desk = scene.some("nurse", visit.started_at, department="emergency")
        yield visit.started_at, desk, "patients.encounter.opened", visit, {"kind": visit.kind}
        doctor = visit.attending.user if visit.attending_id else None
        if doctor and visit.seen_at:
            yield visit.seen_at, doctor, "patients.encounter.begun", visit, {}
            yield visit.seen_at + 2 * seconds, doctor, "doctors.desk.opened", visit, {}
            yield visit.seen_at + 40 * seconds, doctor, "patients.chart.opened", visit.patient, {}
        if visit.status == "finished" and doctor:
            yield visit.ended_at, signers.get(visit.pk, doctor), "patients.encounter.closed", visit, {}
        if visit.status == "cancelled":
            yield visit.ended_at, desk, "patients.encounter.cancelled", visit, {"reason": visit.end_reason}
    measured = {
        (value.encounter_id, value.observed_at): value
        for value in _recent(scene, Observation)
        if value.category == "vital-signs" and value.encounter.facility_id == scene.facility.pk
    }
    for value in measured.values():
        yield value.observed_at, value.recorded_by, "patients.vitals.recorded", value.encounter, {"count": 5}
    for note in _recent(scene, ClinicalNote, "signed_at"):
        if note.encounter.facility_id == scene.facility.pk:
            yield note.signed_at, note.author, "patients.note.signed", note, {"codes": note.draft_codes}
    yield from _orders(scene)
    yield from _wards(scene)


def _orders(scene: Scene) -> Iterator[Event]:
    tests: dict[Any, list[Result]] = defaultdict(list)
    for result in scene.rows.of(Result):
        tests[result.order_id].append(result)
    for order in _recent(scene, LabOrder):
        codes = {"tests": sorted({result.test.code for result in tests[order.pk]})}
        yield order.ordered_at, order.ordered_by, "laboratory.order.placed", order, codes
        done = [result for result in tests[order.pk] if result.entered_at]
        if done:
            count = {"tests": len(done)}
            yield done[0].entered_at, done[0].entered_by, "laboratory.result.entered", order, dict(count)
            if done[0].verified_at:
                yield done[0].verified_at, done[0].verified_by, "laboratory.result.verified", order, dict(count)
        if order.status == "cancelled":
            yield (
                order.ordered_at,
                order.ordered_by,
                "laboratory.order.cancelled",
                order,
                {"reason": order.cancelled_reason},
            )
    for specimen in _recent(scene, Specimen):
        if specimen.order.facility_id == scene.facility.pk:
            order = specimen.order
            yield specimen.collected_at, specimen.collected_by, "laboratory.specimen.collected", order, {"specimens": 1}
            if specimen.rejected_at:
                detail = {"specimen": specimen.accession, "reason": specimen.rejected_reason}
                yield specimen.rejected_at, specimen.collected_by, "laboratory.specimen.rejected", order, detail


def _signers(scene: Scene) -> dict[Any, User]:
    """Who discharged, by the visit."""
    return {row.admission.encounter_id: row.signed_by for row in scene.rows.of(DischargeSummary)}


def _wards(scene: Scene) -> Iterator[Event]:
    signers = _signers(scene)
    for admission in _recent(scene, Admission):
        yield admission.admitted_at, admission.admitted_by, "wards.admission.admitted", admission, {}
    for admission in _recent(scene, Admission, "ended_at"):
        action = f"wards.admission.{admission.status}"
        yield (
            admission.ended_at,
            signers.get(admission.encounter_id, admission.admitted_by),
            action,
            admission,
            {"reason": admission.end_reason},
        )
    for stay in _recent(scene, BedStay):
        if stay.reason and stay.admission.facility_id == scene.facility.pk:
            detail = {"to": stay.bed.label, "reason": stay.reason}
            yield stay.created_at, stay.moved_by, "wards.admission.transferred", stay.admission, detail
    for note in _recent(scene, NursingNote):
        if note.admission.facility_id == scene.facility.pk:
            yield note.written_at - timedelta(minutes=1), note.author, "wards.admission.viewed", note.admission, {}
            yield note.written_at, note.author, "wards.note.written", note, {}


def _money(scene: Scene) -> Iterator[Event]:
    for charge in _recent(scene, Charge):
        if charge.reverses_id:
            yield charge.posted_at, charge.posted_by, "billing.charge.reversed", charge, {"reason": charge.reason}
        else:
            yield charge.posted_at, charge.posted_by, "billing.charge.posted", charge, {"source": charge.source_type}
    lines: dict[Any, int] = defaultdict(int)
    for line in scene.rows.of(InvoiceLine):
        lines[line.invoice_id] += 1
    for invoice in _recent(scene, Invoice):
        yield invoice.issued_at, invoice.issued_by, "billing.invoice.issued", invoice, {"lines": lines[invoice.pk]}
    for payment in _recent(scene, Payment):
        looked = payment.received_at - timedelta(seconds=50)
        yield looked, payment.received_by, "billing.invoice.viewed", payment.invoice, {}
        action = "billing.payment.reversed" if payment.reverses_id else "billing.payment.taken"
        yield (
            payment.received_at,
            payment.received_by,
            action,
            payment,
            {
                "method": str(payment.method),
                "reason": payment.reason,
            },
        )
    for credit in _recent(scene, CreditNote):
        yield credit.issued_at, credit.issued_by, "billing.invoice.credited", credit, {"reason": credit.reason}


def _goods(scene: Scene) -> Iterator[Event]:
    checks: dict[Any, list[PrescriptionLine]] = defaultdict(list)
    for line in scene.rows.of(PrescriptionLine):
        checks[line.prescription_id].append(line)
    for written in _recent(scene, Prescription):
        lines = checks[written.pk]
        detail = {"lines": len(lines), "checks": sorted({str(line.allergy_check) for line in lines})}
        yield written.prescribed_at, written.prescriber, "pharmacy.prescription.written", written, detail
    handed: dict[Any, int] = defaultdict(int)
    for line in scene.rows.of(DispenseLine):
        handed[line.dispense_id] += 1
    for dispense in _recent(scene, Dispense):
        by, at = dispense.handed_out_by, dispense.handed_out_at
        yield at - timedelta(minutes=1), by, "pharmacy.prescription.viewed", dispense.prescription, {}
        yield at, by, "pharmacy.dispense.handed_out", dispense, {"lines": handed[dispense.pk]}
        if dispense.reversed_at:
            detail = {"reason": dispense.reversed_reason}
            yield dispense.reversed_at, by, "pharmacy.dispense.taken_back", dispense, detail
    for lot in _recent(scene, Batch):
        if lot.product.facility_id == scene.facility.pk:
            yield lot.created_at, scene.shelf.pharmacist(lot.created_at), "pharmacy.stock.received", lot, {}


def _second_person(scene: Scene) -> Iterator[Event]:
    for asked in _recent(scene, Approval, "asked_at"):
        if asked.status == ApprovalStatus.APPROVED:
            detail = asking.figures(asked)
            yield asked.asked_at, asked.asked_by, "core.approval.asked", asked, {**detail, "reason": asked.reason}
            more = {**detail, "asked_by": str(asked.asked_by_id), "reason": asked.decision_reason}
            yield asked.decided_at, asked.decided_by, "core.approval.approved", asked, more
