"""The demonstration hospital: consistent, and with something of everything to be seen."""

from __future__ import annotations

import io
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.models import Avg, Count, F, Q
from django.test import Client
from PIL import Image

from appointments.models import Appointment, QueueToken
from billing.models import CreditNote, Invoice, Payment
from billing.services import invoices, payments
from doctors.models import AvailabilityException, Doctor
from hms.bench import audit as bench
from hms.core import audit, clock, documents, erasures, oracle
from hms.core.models import Approval, AuditEvent, Document, DocumentKind, Erasure, Facility, LegalHold, User
from hms.demo.build import SMALL
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen
from laboratory.services import orders, reports
from patients.models import (
    Allergy,
    AmendmentRequest,
    CarePlan,
    ClinicalNote,
    Encounter,
    MedicationStatement,
    Patient,
    Procedure,
)
from pharmacy import allergies
from pharmacy.models import Dispense, Prescription, PrescriptionLine, ReorderAlert, StockMovement
from pharmacy.services import prescribing
from staff import licences
from staff.models import Credential, Employee, RosterEntry
from tests.billing.conftest import text_of
from tests.demo.conftest import NOON
from tests.demo.duty import contradictions
from wards.models import Admission, Bed, BedDay, BedStay, DischargeSummary, NursingNote, Ward
from wards.services import admission


@pytest.mark.parametrize("check", oracle.checks(), ids=lambda check: check.name)
def test_the_oracle_finds_nothing(look: None, check: oracle.Named) -> None:
    assert list(check.check()) == []


def test_whose_licence_has_ended_signs_nothing_and_the_sign_ins_hold_theirs(look: None) -> None:
    ended = Credential.objects.get(valid_until__lt=NOON.date()).employee
    assert ended.roster.filter(date__gte=NOON.date()).exists()
    assert not Dispense.objects.filter(handed_out_by=ended.user).exists()
    assert Credential.objects.running_out(NOON.date()).exclude(employee=ended).count() == 1
    for username in ("doctor", "nurse", "pharmacist", "pathologist"):
        user = User.objects.get(username=username)
        for act in licences.Act:
            assert licences.notice(user.at(user.employee.facility), act) is None


PLANTED = {
    "numbers: MRNs": "update patients_patient set mrn = 'N-900001-1' where mrn like 'N-000007-%'",
    "numbers: MRNs have their check digits": "update patients_patient set mrn = left(mrn, -1) || 'x' where mrn like 'N-000007-%'",
    "numbers: employees": "update staff_employee set number = 'N-E-0999' where number = 'N-E-0003'",
    "numbers: specimens": "update laboratory_specimen set accession = 'N99999999' where accession = 'N00000003'",
    "numbers: queue tokens": "update appointments_queuetoken set number = 999 where number = 3",
    "numbers: discharge summaries": "update core_counter set value = value + 1 where series like 'DS-%'",
    "visits: nobody was seen before they were registered": "update patients_patient set created_at = now() where id in (select patient_id from patients_encounter)",
    "appointments: the visit is the one that was booked": "update patients_encounter set kind = 'outpatient' where kind = 'virtual'",
    "beds: whoever lies in one, it is in use": "update wards_bed set state = 'cleaning' where id in (select bed_id from wards_bedstay where upper_inf(period))",
    "beds: a bed-day is charged to its own day": "update core_facility set time_zone = 'America/New_York'",
    "laboratory: nothing is left of a rejected specimen": "update laboratory_specimen set rejected_at = now(), rejected_reason = 'Clotted' where id = (select specimen_id from laboratory_result where status = 'verified' limit 1)",
    "laboratory: an order is as far as its least result": "update laboratory_laborder set status = 'ordered' where status = 'verified'",
    "stays: nobody is admitted twice at one time": "update wards_admission set patient_id = (select patient_id from wards_admission where status = 'admitted' limit 1) where status = 'discharged'",
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_oracle_finds_what_is_planted(look: None, name: str) -> None:
    (check,) = [check for check in oracle.checks() if check.name == name]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLANTED[name])
        assert cursor.rowcount
        assert list(check.check())
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("model", "column", "states"),
    [
        (Appointment, "status", "booked arrived fulfilled cancelled no_show"),
        (Appointment, "kind", "new follow_up video"),
        (QueueToken, "status", "waiting called done left"),
        (Encounter, "status", "arrived in_progress finished cancelled"),
        (Encounter, "kind", "outpatient emergency inpatient virtual"),
        (ClinicalNote, "status", "draft signed entered_in_error"),
        (CarePlan, "status", "active completed"),
        (MedicationStatement, "status", "active completed stopped"),
        (LabOrder, "status", "ordered collected entered verified cancelled"),
        (Result, "status", "ordered collected entered verified cancelled"),
        (Result, "flag", "normal low high"),
        (Prescription, "status", "prescribed partly_dispensed dispensed cancelled"),
        (PrescriptionLine, "allergy_check", "clear overridden not_checked"),
        (StockMovement, "kind", "receipt dispense return adjustment waste"),
        (Payment, "method", "cash card transfer mobile cheque"),
        (Admission, "status", "admitted discharged cancelled"),
        (Approval, "status", "within waiting approved rejected withdrawn expired void"),
        (Bed, "state", "ready cleaning blocked"),
        (NursingNote, "kind", "nursing treatment round handover"),
        (AvailabilityException, "kind", "away extra"),
    ],
)
def test_every_state_is_there_to_be_seen(look: None, model: type, column: str, states: str) -> None:
    there = set(model._default_manager.values_list(column, flat=True))
    assert set(states.split()) <= there


def test_what_patients_ask_of_their_records_is_there_to_be_seen(look: None) -> None:
    assert set(AmendmentRequest.objects.values_list("status", flat=True)) == {"open", "denied"}
    assert Document.objects.filter(kind=DocumentKind.AMENDMENT_ANSWER).count() == 1
    assert LegalHold.objects.standing().count() == 1
    asked = Erasure.objects.get()
    assert asked.status == "waiting"
    assert erasures.obstacles(asked.patient_id, asked.ground) == [], "the manager may decide about it"
    narrow = Patient.objects.exclude(confidentiality="normal")
    assert sorted(narrow.values_list("confidentiality", flat=True)) == ["staff", "vip"]
    colleague = narrow.get(confidentiality="staff")
    assert Employee.objects.filter(active=True, phone=colleague.phone, family_name=colleague.family_name).exists()


def test_nobody_bears_one_name_twice(look: None) -> None:
    twice = [
        (given, family)
        for given, family in Patient.objects.values_list("given_name", "family_name")
        for words in (given.split(), family.split("-"))
        if len(set(words)) < len(words)
    ]
    assert twice == []


def test_things_go_wrong_and_are_put_right(look: None) -> None:
    assert Specimen.objects.filter(rejected_at__isnull=False).exists()
    assert Dispense.objects.filter(reversed_at__isnull=False).exists()
    assert Appointment.objects.filter(rescheduled_from__isnull=False).exists()
    assert Payment.objects.filter(reverses__isnull=False).exists()
    assert CreditNote.objects.exists()
    assert Invoice.objects.filter(balance__gt=0, paid__gt=0).exists()
    assert Procedure.objects.exists()
    assert ReorderAlert.objects.filter(resolved_at=None).exists()
    assert ReorderAlert.objects.exclude(resolved_at=None).exists()
    moved = Admission.objects.annotate(beds=Count("stays")).filter(beds__gt=1)
    assert moved.exists()
    inside = Encounter.objects.filter(kind="inpatient")
    assert inside.filter(prescriptions__isnull=False).exists()
    assert inside.filter(lab_orders__isnull=False).exists()


def test_no_line_is_clear_against_a_recorded_allergy(look: None) -> None:
    lines = PrescriptionLine.objects.select_related("prescription__patient", "product__medicine")
    allergic = Allergy.objects.values("patient")
    for line in lines.filter(prescription__patient__in=allergic):
        checked = allergies.check(line.prescription.patient, line.product.medicine)
        assert line.allergy_check == checked.state
    assert (
        not lines.filter(prescription__patient__no_known_allergies=None).exclude(allergy_check="not_checked").exists()
    )


def test_nobody_is_in_two_places_or_here_before_they_were_registered(look: None) -> None:
    assert not Encounter.objects.filter(started_at__lt=F("patient__created_at")).exists()
    mine = Encounter.objects.exclude(kind="inpatient")
    for stay in Encounter.objects.filter(kind="inpatient"):
        during = mine.filter(patient=stay.patient_id, started_at__lt=stay.ended_at or NOON)
        assert not during.filter(Q(ended_at=None) | Q(ended_at__gt=stay.started_at)).exists()


def test_no_two_days_are_alike(look: None) -> None:
    """Beds, revenue, waits and doctors' weeks differ, as they do."""
    days = [NOON.date() - timedelta(days=n) for n in range(1, SMALL.days)]
    nights = Counter(BedDay.objects.filter(admission__facility__code="N").values_list("day", flat=True))
    assert len({nights[day] for day in days}) >= 4
    free = []
    for ward in Ward.objects.filter(facility__code="N"):
        inside = Bed.objects.filter(room__ward=ward)
        free.append(inside.count() - BedStay.objects.filter(bed__in=inside, period__upper_inf=True).count())
    assert len(set(free)) > 1
    stays = Admission.objects.filter(status="discharged").values_list("admitted_at", "ended_at")
    assert len({(end - start).days for start, end in stays}) >= 5
    seen = Encounter.objects.filter(kind="outpatient", facility__code="N", seen_at__isnull=False)
    waits = seen.values_list("attending").annotate(mean=Avg(F("seen_at") - F("started_at")), n=Count("id"))
    means = sorted(mean for _who, mean, n in waits if n > 5)
    assert means[-1] - means[0] > timedelta(minutes=8)


def test_doctors_have_days_off_and_hours_that_a_person_can_work(look: None) -> None:
    for doctor in Doctor.objects.filter(availability__isnull=False).distinct():
        week: dict[int, timedelta] = {}
        for row in doctor.availability.all():
            length = datetime.combine(NOON, row.ends) - datetime.combine(NOON, row.starts)
            week[row.weekday] = week.get(row.weekday, timedelta()) + length
        assert len(week) <= 5
        assert sum(week.values(), timedelta()) <= timedelta(hours=42)
        assert max(week.values()) <= timedelta(hours=10)
    consulted = Encounter.objects.filter(kind="outpatient", seen_at__isnull=False, attending__isnull=False)
    for who in set(consulted.values_list("attending", flat=True)):
        there = {seen.date() for seen in consulted.filter(attending=who).values_list("seen_at", flat=True)}
        assert len(there) <= SMALL.days * 5 // 7 + 2


def test_wards_are_four_fifths_full_with_patients_who_fit(look: None) -> None:
    beds, taken = Bed.objects.count(), BedStay.objects.filter(period__upper_inf=True)
    assert 0.62 <= taken.count() / beds <= 0.95
    for stay in taken.select_related("admission__patient", "bed__room__ward__department"):
        patient = stay.admission.patient
        age = (NOON.date() - patient.birth_date).days // 365.25
        ward = stay.bed.room.ward.department.code
        assert (age < 16) == (ward == "paediatrics")
        if ward == "maternity":
            assert patient.sex == "female" and age < 45


def test_doctors_have_signatures_that_can_be_drawn(look: None) -> None:
    for doctor in Doctor.objects.all():
        image = Image.open(io.BytesIO(bytes(doctor.signature)))
        assert image.format == "PNG" and image.getchannel("A").getextrema() == (0, 255)
    assert len({bytes(doctor.signature) for doctor in Doctor.objects.all()}) == Doctor.objects.count()


def test_the_auditor_has_something_to_see(look: None) -> None:
    seen = Counter(AuditEvent.objects.values_list("action", flat=True))
    for action in (
        "patients.chart.opened",
        "patients.patient.registered",
        "patients.note.signed",
        "pharmacy.dispense.handed_out",
        "laboratory.result.verified",
        "billing.payment.taken",
        "core.user.signed_in",
        "wards.note.written",
    ):
        assert seen[action], action
    trail = AuditEvent.objects.filter(action__startswith="patients.").order_by("id")
    moments = list(trail.values_list("at", flat=True))
    assert moments == sorted(moments)
    assert all(trail.exclude(action="patients.patient.searched").values_list("patient_id", flat=True))


def test_whoever_acts_is_planned_and_came(look: None) -> None:
    found = contradictions(NOON)
    assert not found, found


def test_the_roster_holds_the_history_and_two_weeks_ahead(look: None) -> None:
    today = NOON.date()
    for facility in Facility.objects.all():
        planned = Counter(RosterEntry.objects.filter(employee__facility=facility).values_list("date", flat=True))
        span = [today + timedelta(days=n) for n in range(-SMALL.days, 15)]
        assert all(planned[day] >= 5 for day in span)
        doctors = RosterEntry.objects.filter(employee__profession="doctor", employee__facility=facility)
        assert all(doctors.filter(date=day).exists() for day in span)
    booked = Appointment.objects.filter(status="booked", starts_at__gt=NOON)
    for appointment in booked.select_related("doctor"):
        assert RosterEntry.objects.filter(
            employee=appointment.doctor.employee_id, period__contains=appointment.starts_at
        ).exists()


# What is printed for the first time long after: the kind, its oldest row, when it was done, how it is drawn.
PAPERS: list[tuple[DocumentKind, type[models.Model], str, Callable[[User, Any], object]]] = [
    (DocumentKind.INVOICE, Invoice, "issued_at", lambda who, row: invoices.draw(who, invoice_id=row.pk)),
    (DocumentKind.RECEIPT, Payment, "received_at", payments.draw_receipt),
    (DocumentKind.CREDIT_NOTE, CreditNote, "issued_at", invoices.draw_credit_note),
    (DocumentKind.LAB_REPORT, DiagnosticReport, "issued_at", lambda who, row: reports.draw(who, report_id=row.pk)),
    (DocumentKind.SPECIMEN_LABEL, Specimen, "collected_at", lambda who, row: orders.draw_label(who, row.order, row)),
    (DocumentKind.PRESCRIPTION, Prescription, "prescribed_at", prescribing.draw),
    (
        DocumentKind.DISCHARGE_SUMMARY,
        DischargeSummary,
        "signed_at",
        lambda who, row: admission.draw_summary(who, row.admission, row),
    ),
]  # fmt: skip


@pytest.mark.printed
@pytest.mark.parametrize(("kind", "model", "when", "draw"), PAPERS, ids=[str(row[0]) for row in PAPERS])
def test_a_paper_drawn_late_bears_the_date_of_its_act(
    look: None, kind: DocumentKind, model: type[models.Model], when: str, draw: Callable[[User, Any], object]
) -> None:
    row = model._default_manager.order_by(when).first()
    done = getattr(row, when)
    assert done < NOON - timedelta(days=6)
    with transaction.atomic():
        paper = Document.objects.get(
            pk=documents.ensure(row, kind, lambda: draw(User.objects.get(username="admin"), row)).pk
        )
        assert (paper.dated, paper.created_at) == (done, NOON)
        said = " ".join(text_of(bytes(paper.content)).split())
        assert clock.local(paper.facility, done).strftime("%d %b %Y") in said
        assert NOON.strftime("%d %b %Y") not in said
        assert f"{done:%d %b %Y}" in Client().get(f"/verify/{paper.code}").content.decode()
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("model", "when"),
    [
        (DischargeSummary, "signed_at"),
        (Invoice, "issued_at"),
        (Payment, "received_at"),
        (Prescription, "prescribed_at"),
    ],
)
def test_numbers_are_in_the_order_of_the_acts(look: None, model: type[models.Model], when: str) -> None:
    for code in ("N", "R"):
        rows = model._default_manager.filter(number__startswith=f"{code}-").order_by("number")
        moments = list(rows.values_list(when, flat=True))
        assert len(moments) > 5
        assert moments == sorted(moments)


FAR = 3.0  # no machine is so unquiet that the median of three is three times as long for nothing


def measured(rounds: int) -> tuple[bool, list[str]]:
    said: list[str] = []
    return bench.measure(said.append, rounds=rounds, warm=rounds - 1, bar=FAR), said


def test_the_audit_is_measured_over_every_act_and_keeps_a_wide_bar(look: None) -> None:
    kept, said = measured(3)
    assert kept
    assert [act.name for act in bench.acts()] == [line[2:20].strip() for line in said[1:-1]]
    assert not any("ABOVE" in line for line in said)


def test_an_audit_that_costs_too_much_is_said_to(look: None, monkeypatch: pytest.MonkeyPatch) -> None:
    quick, lists = audit.record, [act for act in bench.acts() if act.name == "patients"]

    def slowed(*words: Any, **named: Any) -> AuditEvent:
        time.sleep(0.6)
        return quick(*words, **named)

    monkeypatch.setattr(audit, "record", slowed)
    monkeypatch.setattr(bench, "acts", lambda: lists)
    kept, said = measured(1)
    assert not kept
    assert "ABOVE THE BAR" in said[1]


def test_an_act_that_records_although_the_audit_is_out_makes_no_figure(
    look: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_without", nullcontext)
    with pytest.raises(RuntimeError, match="something was recorded"):
        measured(1)
