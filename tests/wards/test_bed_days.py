"""Bed-days: by the midnights of the hospital, each charged once, or said why not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine

from billing.models import Charge, Invoice, LedgerTransaction
from billing.services import charges, invoices
from hms.core import approvals, clock
from hms.core.logs import JsonFormatter
from hms.core.models import Approval, Facility, Notification, User
from patients.models import Encounter, Patient
from reports import figures
from tests.billing.conftest import faults
from tests.conftest import drain, make_patient
from tests.wards.conftest import admit, at, discharge, make_ward, stay
from wards.models import Bed
from wards.services import admission, bed_days
from wards.tasks import accrue_bed_days


@pytest.mark.parametrize(
    ("came", "left", "days"),
    [
        ("2026-06-01 08:00", "2026-06-01 15:00", 1),
        ("2026-06-01 08:00", "2026-06-03 10:00", 2),
        # London is an hour ahead of UTC in summer: half past eleven in UTC is past midnight.
        ("2026-06-01 22:30", "2026-06-01 23:30", 1),
        ("2026-06-01 23:30", "2026-06-02 22:30", 1),
        ("2026-06-01 22:30", "2026-06-02 23:30", 2),
        # The nights in which the clocks change: 28 Mar and 24 Oct 2026.
        ("2026-03-28 12:00", "2026-03-29 23:30", 2),
        ("2026-10-24 12:00", "2026-10-25 23:30", 1),
        ("2026-10-24 12:00", "2026-10-26 00:30", 2),
    ],
)
def test_a_bed_day_is_the_day_of_admission_and_each_further_local_midnight(
    nurse: User, patient: Patient, beds: list[Bed], came: str, left: str, days: int
) -> None:
    made = stay(nurse, patient, beds[0], came, left)
    assert made.bed_days.count() == days
    assert Charge.objects.count() == days
    assert set(made.encounter.charges.values_list("source_type", flat=True)) == {"wards.bedday"}
    assert [fault for fault in faults() if "closed visits" not in fault] == []


def test_a_facility_in_new_york_has_its_own_midnight(person, south: Facility) -> None:
    there = person("nurse", south)
    (bed,) = make_ward(south, "9")
    made = stay(there, make_patient(there), bed, "2026-06-01 14:00", "2026-06-02 03:30")
    assert list(made.bed_days.values_list("day", flat=True)) == [date(2026, 6, 1)]


def test_bed_days_are_charged_each_night_once_at_the_ward_where_the_patient_lay(
    nurse: User, patient: Patient, beds: list[Bed], north: Facility
) -> None:
    (intensive,) = make_ward(north, "ICU-1", code="ICU")
    with time_machine.travel(at("2026-06-01 08:00"), tick=False) as clock:
        made = admit(nurse, patient, beds[0])
        assert accrue_bed_days() == {"charged": 0, "failed": 0}
        clock.move_to(at("2026-06-02 09:00"))
        assert accrue_bed_days() == {"charged": 1, "failed": 0}
        assert accrue_bed_days() == {"charged": 0, "failed": 0}
        admission.transfer(nurse, admission_id=made.pk, bed_id=intensive.pk, reason="Worse")
        clock.move_to(at("2026-06-04 09:00"))
        discharge(nurse, made)
        assert bed_days.accrue(nurse, admission_id=made.pk) == 0
    days = [(str(row.day), row.bed.label) for row in made.bed_days.select_related("bed")]
    assert days == [("2026-06-01", "1A"), ("2026-06-02", "ICU-1"), ("2026-06-03", "ICU-1")]
    assert set(Charge.objects.values_list("service__code", flat=True)) == {"BED-W1", "BED-ICU"}
    drain()
    assert Invoice.objects.get().total == Decimal(360)
    # Each on its own day: on the bill, on paper, in the revenue and in the ledger.
    assert [line["date"] for line in invoices.snapshot(Invoice.objects.get())["lines"]] == [
        "01 Jun",
        "02 Jun",
        "03 Jun",
    ]
    week = figures.revenue(figures.Period(north, date(2026, 6, 1), date(2026, 6, 4)))
    assert [row.charged for row in week] == [Decimal(120)] * 3 + [Decimal(0)]
    moved = LedgerTransaction.objects.filter(kind="charge").values_list("occurred_at", flat=True)
    assert sorted(moved) == list(Charge.objects.values_list("occurred_at", flat=True))


def test_a_stay_that_cannot_be_charged_stops_nobody_elses_bed_days_and_is_told(
    nurse: User, reception: User, person, beds: list[Bed], caplog: pytest.LogCaptureFixture
) -> None:
    accountant = person("accountant")
    stays = [admit(nurse, make_patient(reception, f"Ivo {number}"), bed) for number, bed in enumerate(beds)]
    Encounter.objects.filter(pk=stays[1].encounter_id).update(status="cancelled", ended_at=clock.now())
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=False):
        assert accrue_bed_days() == {"charged": 2, "failed": 1}
        assert accrue_bed_days() == {"charged": 0, "failed": 1}
        told = Notification.objects.get(user=accountant)  # once a day, not every hour
    assert [stay.bed_days.count() for stay in stays] == [1, 0, 1]
    assert Charge.objects.count() == 2
    assert "1 stay could not be charged" in told.text
    written = [record for record in caplog.records if record.name == "hms.wards"]
    assert {getattr(record, "admission_id", str(stays[1].pk)) for record in written} == {str(stays[1].pk)}
    shown = " ".join(JsonFormatter().format(record) for record in written) + told.text
    assert "bed-days of a stay not charged" in shown
    assert "Ivo" not in shown
    assert stays[1].patient.mrn not in shown


def test_a_bed_day_may_stay_free_of_charge_when_a_second_person_agrees_and_the_books_say_so(
    nurse: User, person, manager: User, patient: Patient, beds: list[Bed], browser_of
) -> None:
    accountant = person("accountant")
    made = admit(nurse, patient, beds[0])
    discharge(nurse, made)
    drain()
    charge = Charge.objects.get()
    client = browser_of(accountant)
    sent = {"reason": "Our own mistake", "waived": "on", "_key": uuid4()}
    assert client.post(f"/billing/charges/{charge.pk}/reverse", sent).status_code == 302
    assert not Charge.objects.filter(reverses=charge).exists(), "above what accounting waives alone"
    approvals.approve(manager, approval_id=Approval.objects.get().pk)
    assert Charge.objects.get(reverses=charge).waived and not Charge.objects.to_charge_again().exists()
    assert faults() == []


def test_a_bed_day_that_is_reversed_without_a_word_on_it_owes_an_answer(
    nurse: User, person, patient: Patient, beds: list[Bed]
) -> None:
    made = admit(nurse, patient, beds[0])
    discharge(nurse, made)
    drain()
    charges.reverse(person("accountant"), charge_id=Charge.objects.get().pk, reason="Wrong price")
    assert Charge.objects.to_charge_again().exists()
    assert any("no charge stands" in fault for fault in faults())
