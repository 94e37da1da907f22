"""The laboratory's pages: the worklist, entering, and as many queries for thirty as for one."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from hms.core.models import AuditEvent, User
from laboratory.models import TestDefinition
from laboratory.services import orders
from patients.models import Encounter, Patient
from patients.services import encounters
from tests.conftest import drain, make_patient
from tests.laboratory.conftest import enter, make_test, order, result, verify


def send(client: Client, address: str, **fields: Any) -> Any:
    return client.post(f"/laboratory/{address}", {"_key": str(uuid.uuid4()), **fields})


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


def test_an_order_walks_from_page_to_page_to_its_report(
    doctor_user: User, technician: User, pathologist: User, visit: Encounter, haemoglobin: TestDefinition, browser_of
) -> None:
    doctor, bench, office = (browser_of(user) for user in (doctor_user, technician, pathologist))
    placed = send(doctor, f"visits/{visit.pk}/order", tests=[haemoglobin.pk], priority="urgent", question="Pale")
    assert placed.status_code == 302
    made = visit.lab_orders.get()
    assert made.number in bench.get("/laboratory/orders/").content.decode()
    assert send(bench, f"orders/{made.pk}/collect").status_code == 302
    field = f"result-{result(made, 'HB').pk}"
    wrong = send(bench, f"orders/{made.pk}/enter", **{field: "abc"})
    assert wrong.status_code == 422
    assert "is not a number" in wrong.content.decode()
    assert send(bench, f"orders/{made.pk}/enter", **{field: "9.4"}).status_code == 302
    assert bench.post(f"/laboratory/orders/{made.pk}/verify", {"_key": str(uuid.uuid4())}).status_code == 403
    assert send(office, f"orders/{made.pk}/verify", result=[result(made, "HB").pk]).status_code == 302
    drain()
    made.refresh_from_db()
    assert made.status == "verified"
    assert office.get(f"/laboratory/reports/{made.report.pk}/pdf").headers["Content-Type"] == "application/pdf"


def test_no_page_asks_more_when_it_shows_more(
    reception: User, doctor_user: User, technician: User, pathologist: User, patient: Patient, browser_of
) -> None:
    visit = encounters.open_encounter(reception, patient=patient)
    first = make_test(pathologist, "T0", "Test 0")

    def finish(made: Any, *codes: str) -> None:
        orders.collect(technician, order_id=made.pk)
        enter(technician, made, **dict.fromkeys(codes, "5"))
        verify(pathologist, made)

    one = order(doctor_user, visit, first)
    finish(one, "T0")
    order(doctor_user, visit, first)
    client = browser_of(pathologist)
    addresses = [
        "orders/",
        "tests/",
        "today",
        f"orders/{one.pk}/",
        f"patients/{patient.pk}/orders",
        f"visits/{visit.pk}/orders",
    ]
    few = {address: queries(client, f"/laboratory/{address}") for address in addresses}
    tests = [make_test(pathologist, f"T{number}", f"Test {number}") for number in range(1, 31)]
    long = order(doctor_user, visit, *tests)
    finish(long, *(test.code for test in tests))
    for number in range(30):
        other = encounters.open_encounter(reception, patient=make_patient(reception, f"Ivo {number}"))
        order(doctor_user, other, first)
        order(doctor_user, visit, first)
    many = {address: queries(client, f"/laboratory/{address}") for address in addresses}
    assert many == few
    assert queries(client, f"/laboratory/orders/{long.pk}/") == few[f"orders/{one.pk}/"]
    assert max(many.values()) <= 12, many


def test_a_value_far_outside_is_stored_only_after_a_tick_for_just_that_value(
    doctor_user: User, technician: User, visit: Encounter, haemoglobin: TestDefinition, browser_of
) -> None:
    made = order(doctor_user, visit, haemoglobin)
    orders.collect(technician, order_id=made.pk)
    bench, row = browser_of(technician), result(made, "HB")
    page = bench.get(f"/laboratory/orders/{made.pk}/enter").content.decode()
    assert "Usual for this patient" in page
    assert "12–16" in page  # the patient is a woman
    field, sure = f"result-{row.pk}", f"sure-{row.pk}"
    asked = send(bench, f"orders/{made.pk}/enter", **{field: "132"})
    assert asked.status_code == 422
    assert "132 g/dL is far outside: usual here is 12–16 g/dL" in asked.content.decode()
    assert "I have checked: 132 is right" in asked.content.decode()
    other = send(bench, f"orders/{made.pk}/enter", **{field: "1320", sure: "132"})
    assert other.status_code == 422
    assert send(bench, f"orders/{made.pk}/enter", **{field: "132", sure: "132"}).status_code == 302
    assert result(made, "HB").value_text == "132"


def test_a_comma_that_may_mean_a_thousandfold_is_said_to_with_what_is_usual(
    doctor_user: User, technician: User, visit: Encounter, haemoglobin: TestDefinition, browser_of
) -> None:
    made = order(doctor_user, visit, haemoglobin)
    orders.collect(technician, order_id=made.pk)
    field = f"result-{result(made, 'HB').pk}"
    page = send(browser_of(technician), f"orders/{made.pk}/enter", **{field: "1,234"}).content.decode()
    assert "may mean 1234 or 1.234, a thousandfold difference. Usual here: 12–16 g/dL" in page
    assert "Haemoglobin</a>: “1,234”" in page  # its name stands once


def test_a_verified_result_is_changed_under_the_same_guard(
    doctor_user: User, technician: User, pathologist: User, visit: Encounter, haemoglobin: TestDefinition, browser_of
) -> None:
    made = order(doctor_user, visit, haemoglobin)
    orders.collect(technician, order_id=made.pk)
    enter(technician, made, HB="13.2")
    verify(pathologist, made)
    office, row = browser_of(pathologist), result(made, "HB")
    assert "Change a verified result" in office.get(f"/laboratory/orders/{made.pk}/").content.decode()
    asked = send(office, f"results/{row.pk}/correct", value="1.3", reason="Typing")
    assert asked.status_code == 422
    assert "far outside" in asked.content.decode()
    answer = send(office, f"results/{row.pk}/correct", value="1.3", reason="Typing", sure="1.3")
    assert answer.status_code == 302
    assert result(made, "HB").value_text == "1.3"


def test_what_is_not_ticked_is_named_and_the_report_is_one_press_from_the_chart(
    doctor_user: User,
    technician: User,
    pathologist: User,
    visit: Encounter,
    haemoglobin: TestDefinition,
    culture,
    browser_of,
) -> None:
    made = order(doctor_user, visit, haemoglobin, culture)
    orders.collect(technician, order_id=made.pk)
    enter(technician, made, HB="13.2", **{culture.code: "No growth"})
    office = browser_of(pathologist)
    first = {"result": [result(made, "HB").pk], "_key": str(uuid.uuid4())}
    said = office.post(f"/laboratory/orders/{made.pk}/verify", first, follow=True).content.decode()
    assert "1 result is not ticked" in said and "report is being made" not in said
    rest = {"result": [result(made, culture.code).pk], "_key": str(uuid.uuid4())}
    assert (
        "report is being made"
        in office.post(f"/laboratory/orders/{made.pk}/verify", rest, follow=True).content.decode()
    )
    drain()
    made.refresh_from_db()
    chart = browser_of(doctor_user).get(f"/laboratory/patients/{visit.patient_id}/orders").content.decode()
    assert f"/laboratory/reports/{made.report.pk}/pdf" in chart


def test_the_worklist_leaves_as_a_file_with_its_filter_and_is_recorded(
    doctor_user: User, technician: User, visit: Encounter, haemoglobin: TestDefinition, browser_of
) -> None:
    waits, taken = order(doctor_user, visit, haemoglobin), order(doctor_user, visit, haemoglobin)
    orders.collect(technician, order_id=taken.pk)
    bench = browser_of(technician)
    assert "?format=xlsx" in bench.get("/laboratory/orders/").content.decode()
    both, one = (
        bench.get("/laboratory/orders/", {"format": "csv", **chosen}).getvalue().decode("utf-8-sig").splitlines()
        for chosen in ({}, {"status": "collected"})
    )
    assert [line.split(",")[0] for line in both] == ["Order", taken.number, waits.number]
    assert [line.split(",")[0] for line in one] == ["Order", taken.number]
    for expected in (visit.patient.name, visit.patient.mrn, doctor_user.name, "In the laboratory"):
        assert expected in one[1]
    assert bench.get("/laboratory/orders/", {"format": "xlsx"}).getvalue()[:2] == b"PK"
    left = AuditEvent.objects.filter(action="export", actor=technician)
    assert [row.detail["list"] for row in left] == ["laboratory-orders"] * 3
    assert {tuple(row.detail["patients"]) for row in left} == {(str(visit.patient_id),)}
