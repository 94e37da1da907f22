"""The reports against the same questions asked by hand, of a small day."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection

from billing.models import Invoice
from billing.services import charges, payments
from hms.core.models import Facility, User
from patients.services import encounters
from reports import figures
from tests.billing.conftest import charge
from tests.conftest import drain, make_patient
from tests.pharmacy.conftest import make_product, prescribe, receive
from tests.wards.conftest import admit, make_ward

DAY = date(2026, 6, 10)


def ask(sql: str, *parameters: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]


def on_day(column: str, day: date = DAY) -> str:
    """SQL: the moment lies on that day in London."""
    return f"({column} at time zone 'Europe/London')::date = date '{day}'"


@pytest.fixture
def small_day(reception: User, person: Any, north: Facility, south: Facility) -> User:
    """Three visits, a stay, a prescription, money in two ways and back; one act each side of both midnights."""
    manager, accountant, doctor, pharmacist = (
        person(role) for role in ("manager", "accountant", "doctor", "pharmacist")
    )
    there = person("receptionist", south)

    def utc(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 6, day, hour, minute, tzinfo=UTC)

    with time_machine.travel(utc(9, 22, 30), tick=False) as clock:
        # Half past eleven in London on the day before.
        early = encounters.open_encounter(reception, patient=make_patient(reception, "Yesterday"))
        charge(reception, early, "EVE", "1000.00")
        clock.move_to(utc(9, 23, 30))
        # Half past midnight: the day has begun.
        night = encounters.open_encounter(reception, patient=make_patient(reception, "Night"))
        charge(reception, night, "NIGHT", "7.00")
        clock.move_to(utc(10, 8))
        patient = make_patient(reception, "Morning")
        morning = encounters.open_encounter(reception, patient=patient)
        clock.move_to(utc(10, 8, 25))
        encounters.begin(doctor, encounter_id=morning.pk)
        charge(doctor, morning, "CONSULT", "80.00")
        wrong = charge(doctor, morning, "WRONG", "33.00")
        charges.reverse(accountant, charge_id=wrong.pk, reason="Wrong patient")
        product = make_product(pharmacist, level=50)
        receive(pharmacist, product, 10)
        prescribe(doctor, morning, product)
        encounters.close(reception, encounter_id=morning.pk)
        drain()
        invoice = Invoice.objects.get(encounter=morning)
        payments.take(reception, invoice_id=invoice.pk, amount=Decimal(50), method="cash")
        card = payments.take(reception, invoice_id=invoice.pk, amount=Decimal(30), method="card", reference="T1")
        payments.reverse(accountant, payment_id=card.pk, reason="Terminal failed")
        bed, _empty = make_ward(north, "1A", "1B")
        admit(reception, make_patient(reception, "Stays"), bed)
        clock.move_to(utc(10, 23, 30))
        # Half past midnight of the next day.
        late = encounters.open_encounter(reception, patient=make_patient(reception, "Tomorrow"))
        charge(reception, late, "LATE", "500.00")
        # The other facility works as well, in dollars.
        theirs = encounters.open_encounter(there, patient=make_patient(there, "Other"))
        charge(there, theirs, "THEIRS", "900.00")
    return manager


def test_the_day_is_what_happened_between_its_midnights(small_day: User, north: Facility) -> None:
    found = figures.day(north, DAY)
    assert (found.visits, found.registered, found.seen, found.mean_wait_minutes) == (3, 3, 1, 25)
    assert (found.admitted, found.discharged, found.beds, found.occupied) == (1, 0, 2, 1)
    assert found.prescriptions == 1
    assert (found.charged, found.invoiced, found.paid) == (Decimal("87.00"), Decimal(80), Decimal(50))
    assert found.taken == [("Card", Decimal(0)), ("Cash", Decimal(50))]


def test_the_day_agrees_with_sql_written_by_hand(small_day: User, north: Facility) -> None:
    found = figures.day(north, DAY)
    own = f"facility_id = '{north.pk}'"
    for figure, sql in {
        found.visits: f"select count(*) from patients_encounter where {own} and {on_day('started_at')}",
        found.charged: f"select sum(amount) from billing_charge where {own} and {on_day('occurred_at')}",
        found.invoiced: f"select sum(total) from billing_invoice where {own} and {on_day('issued_at')}",
        found.paid: f"select sum(amount) from billing_payment where {own} and {on_day('received_at')}",
        found.registered: f"select count(*) from patients_patientfacility where {own} and {on_day('created_at')}",
    }.items():
        assert figure == ask(sql), sql


def test_revenue_by_day_and_category_agrees_with_sql_and_adds_up(small_day: User, north: Facility) -> None:
    period = figures.Period(north, date(2026, 6, 8), date(2026, 6, 12))
    rows = figures.revenue(period)
    assert [row.day for row in rows] == period.days
    assert [row.charged for row in rows] == [0, Decimal(1000), Decimal(87), Decimal(500), 0]
    for row in rows:
        assert sum(row.by_category) == row.charged
        for place, (category, _label) in enumerate(figures.categories()):
            expected = ask(
                "select coalesce(sum(c.amount), 0) from billing_charge c join billing_service s on s.id = c.service_id"
                f" where c.facility_id = %s and s.category = %s and {on_day('c.occurred_at', row.day)}",
                north.pk,
                category,
            )
            assert row.by_category[place] == expected
    total = ask("select sum(amount) from billing_payment where facility_id = %s", north.pk)
    assert sum(row.paid for row in rows) == total


def test_the_other_facility_has_its_own_day_and_its_own_midnight(small_day: User, south: Facility) -> None:
    # Half past eleven UTC is half past seven in the evening in New York: still the tenth.
    found = figures.day(south, DAY)
    assert (found.visits, found.charged, found.beds) == (1, Decimal(900), 0)


def test_doctors_are_listed_with_their_visits_and_what_was_charged_in_them(small_day: User, north: Facility) -> None:
    assert figures.doctors(figures.Period(north, DAY, DAY)) == []  # nobody with a doctor's profile attended


def test_the_file_of_the_revenue_has_the_figures_of_the_page(small_day: User, browser_of) -> None:
    client = browser_of(small_day)
    query = {"first": "2026-06-09", "last": "2026-06-11"}
    html = client.get("/reports/revenue", query).content.decode()
    answer = client.get("/reports/revenue", {**query, "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(row["Day"], row["Charged"], row["Paid"]) for row in rows] == [
        ("2026-06-09", "1000.00", "0.00"),
        ("2026-06-10", "87.00", "50.00"),
        ("2026-06-11", "500.00", "0.00"),
    ]
    assert "87.00" in html
    assert "900.00" not in html


@pytest.mark.parametrize("query", ["", "?day=nonsense", "?day=9999-12-31", "?day=2026-06-10", "?day=0001-01-01"])
def test_the_day_page_answers_whatever_is_asked(small_day: User, browser_of, query: str) -> None:
    assert browser_of(small_day).get(f"/reports/{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    ["first=2026-06-12&last=2026-06-01", "first=0001-01-01", "last=0001-01-05", "first=x&last=y", "last=9999-12-31"],
)
def test_every_period_is_answered(small_day: User, browser_of, query: str) -> None:
    client = browser_of(small_day)
    for name in ("revenue", "appointments", "doctors"):
        assert client.get(f"/reports/{name}?{query}").status_code == 200, name


def test_reports_are_for_those_who_run_the_hospital(client_as) -> None:
    for role in ("receptionist", "nurse", "pharmacist", "cashier"):
        assert client_as(role).get("/reports/revenue").status_code == 403, role
