"""The counter and the shelf on screen."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from hms.core import clock, lists
from hms.core.models import AuditEvent, User
from patients.models import Encounter, Patient
from patients.services import encounters
from pharmacy.models import Prescription, Product
from tests.conftest import make_patient
from tests.pharmacy.conftest import hand_out, make_product, on_shelf, prescribe, receive


def send(client: Client, address: str, **fields: Any) -> Any:
    return client.post(f"/pharmacy/{address}", {"_key": str(uuid.uuid4()), **fields})


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen)


def test_the_pharmacist_receives_and_counts_on_the_pages(pharmacist: User, amoxicillin: Product, browser_of) -> None:
    client = browser_of(pharmacist)
    expires = clock.today(amoxicillin.facility) + timedelta(days=90)
    delivery = {"number": "L-7", "expires_on": expires.isoformat(), "quantity": "40", "unit_cost": "0.10"}
    assert send(client, f"stock/{amoxicillin.pk}/receive", **delivery).status_code == 302
    batch = amoxicillin.batches.get()
    old = send(client, f"stock/{amoxicillin.pk}/receive", **{**delivery, "expires_on": "2020-01-01"})
    assert old.status_code == 422
    assert "have expired" in old.content.decode()
    assert send(client, f"lots/{batch.pk}/count", counted="39", reason="Monthly").status_code == 302
    assert send(client, f"lots/{batch.pk}/waste", quantity="4", reason="Broken").status_code == 302
    assert on_shelf(batch) == 35
    assert "L-7" in client.get(f"/pharmacy/stock/{amoxicillin.pk}/").content.decode()


def test_what_is_handed_out_twice_by_a_double_click_leaves_the_shelf_once(
    doctor_user: User, pharmacist: User, amoxicillin: Product, visit: Encounter, browser_of
) -> None:
    batch = receive(pharmacist, amoxicillin, 50)
    prescription = prescribe(doctor_user, visit, amoxicillin, 10)
    client = browser_of(pharmacist)
    html = client.get(f"/pharmacy/prescriptions/{prescription.pk}/hand-out").content.decode()
    line = prescription.lines.get()
    name = next(part for part in html.split('"') if str(line.pk) in part and "-" in part and "/" not in part)
    form = {"_key": str(uuid.uuid4()), name: "10"}
    for _click in range(2):
        answer = client.post(f"/pharmacy/prescriptions/{prescription.pk}/hand-out", form)
        assert answer.status_code == 302, answer.content.decode()[:2000]
    assert on_shelf(batch) == 40


def beside(one: Prescription, visit: Encounter) -> None:
    """One more like it in a visit, without the paper, which takes its time to draw."""
    line = one.lines.get()
    one = Prescription.objects.get(pk=one.pk)
    one.pk, one.number = uuid.uuid4(), str(uuid.uuid4())
    one.encounter, one.patient, one.status = visit, visit.patient, "prescribed"
    one.save(force_insert=True)
    line.pk, line.prescription, line.dispensed = uuid.uuid4(), one, 0
    line.save(force_insert=True)


def test_no_page_asks_more_when_it_shows_more(
    reception: User, doctor_user: User, pharmacist: User, patient: Patient, browser_of
) -> None:
    visit = encounters.open_encounter(reception, patient=patient)
    product = make_product(pharmacist, "First", allergens=[])
    receive(pharmacist, product, 500, number="L0")
    one = prescribe(doctor_user, visit, product, 10)
    hand_out(pharmacist, one, 1)
    counter, ward = browser_of(pharmacist), browser_of(doctor_user)
    addresses = [
        (counter, "prescriptions/"),
        (counter, f"prescriptions/{one.pk}/"),
        (counter, "stock/"),
        (counter, f"stock/{product.pk}/"),
        (counter, "today"),
        (ward, f"patients/{patient.pk}/prescriptions"),
        (ward, f"visits/{visit.pk}/prescriptions"),
    ]
    few = [(address, queries(client, f"/pharmacy/{address}")) for client, address in addresses]
    for number in range(30):
        receive(pharmacist, make_product(pharmacist, f"Medicine {number}", allergens=[]), 10)
        receive(pharmacist, product, 5, number=f"L{number + 1}", days=30 + number)
        other = encounters.open_encounter(reception, patient=make_patient(reception, f"Ivo {number}"))
        for where in (other, visit):
            beside(one, where)
    for _time in range(5):
        hand_out(pharmacist, one, 1)
    many = [(address, queries(client, f"/pharmacy/{address}")) for client, address in addresses]
    assert many == few
    assert max(count for _address, count in many) <= 12, many


def test_the_prescriptions_are_found_by_patient_and_number_and_no_name_stands_in_an_address(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, browser_of
) -> None:
    made = prescribe(doctor_user, visit, amoxicillin, 21)
    other = make_patient(doctor_user, "Ada", "Elsewhere")
    beside = prescribe(doctor_user, encounters.open_encounter(doctor_user, patient=other, reason="Cough"), amoxicillin)
    counter = browser_of(pharmacist)
    everything = counter.get("/pharmacy/prescriptions/").content.decode()
    assert "Amoxicillin 500 mg" in everything
    assert "× 21" in everything
    for words in (visit.patient.family_name, visit.patient.mrn, made.number.lower()):
        page = counter.post("/pharmacy/prescriptions/", {"q": words}).content.decode()
        assert made.number in page, words
        assert beside.number not in page, words


def test_the_prescriptions_are_narrowed_to_the_ward_and_to_today(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, browser_of
) -> None:
    here = prescribe(doctor_user, visit, amoxicillin)
    stay = encounters.open_encounter(doctor_user, patient=visit.patient, kind="inpatient", reason="Pneumonia")
    ward = prescribe(doctor_user, stay, amoxicillin, override="Checked")
    Prescription.objects.filter(pk=ward.pk).update(prescribed_at=clock.now() - timedelta(days=3))
    counter = browser_of(pharmacist)

    def shown(query: str) -> set[str]:
        return {row.number for row in counter.get(f"/pharmacy/prescriptions/{query}").context["rows"]}

    assert shown("") == {here.number, ward.number}
    assert shown("?where=ward") == {ward.number}
    assert shown("?where=outpatient") == {here.number}
    assert shown("?day=today") == {here.number}


def test_the_counter_says_how_many_there_are_and_reordering_is_a_card_of_its_own(
    doctor_user: User, pharmacist: User, visit: Encounter, amoxicillin: Product, browser_of
) -> None:
    for _number in range(11):
        prescribe(doctor_user, visit, amoxicillin)
    counter = browser_of(pharmacist)
    assert "10 of 11 of today" in counter.get("/pharmacy/today").content.decode()
    assert "To reorder" in counter.get("/pharmacy/today/reorder").content.decode()


def test_the_stock_is_ordered_by_its_headings_and_pages_on_in_that_order(pharmacist: User, browser_of) -> None:
    for number in range(3):
        product = make_product(pharmacist, f"Medicine {number}", price=str(3 - number))
        receive(pharmacist, product, 10 * (number + 1))
    shelf = browser_of(pharmacist)

    def listed(query: str) -> list[str]:
        return [row.medicine.name for row in shelf.get(f"/pharmacy/stock/{query}").context["page"].rows]

    assert listed("?sort=-usable") == ["Medicine 2", "Medicine 1", "Medicine 0"]
    assert listed("?sort=price") == ["Medicine 2", "Medicine 1", "Medicine 0"]
    assert listed("?sort=nonsense") == ["Medicine 0", "Medicine 1", "Medicine 2"]
    page = shelf.get("/pharmacy/stock/?sort=-usable").content.decode()
    assert 'aria-sort="descending"' in page
    request = RequestFactory().get("/", {"sort": "-usable"})
    request.user = pharmacist
    rows = Product.objects.with_stock(clock.today(pharmacist.facility)).select_related("medicine")
    first = lists.page(request, rows, order=["-usable", "-id"], size=2)
    onward = RequestFactory().get("/" + first.next_url)
    assert [row.medicine.name for row in lists.page(onward, rows, order=["-usable", "-id"], size=2)] == ["Medicine 0"]
    astray = RequestFactory().get("/" + first.next_url)
    assert len(lists.page(astray, rows, order=["id", "usable"], size=2)) == 2


def test_the_prescriptions_leave_as_a_file_with_their_filter_and_are_recorded(
    doctor_user: User, pharmacist: User, amoxicillin: Product, visit: Encounter, browser_of
) -> None:
    receive(pharmacist, amoxicillin, 50)
    waits, done = (prescribe(doctor_user, visit, amoxicillin, 10) for _each in range(2))
    hand_out(pharmacist, done, 10)
    client = browser_of(pharmacist)
    assert "format=xlsx" in client.get("/pharmacy/prescriptions/").content.decode()
    some, everything = (
        client.get("/pharmacy/prescriptions/", {"format": "csv", **chosen}).getvalue().decode("utf-8-sig").splitlines()
        for chosen in ({}, {"show": "all", "sort": "number"})
    )
    assert [line.split(",")[0] for line in some] == ["Prescription", waits.number]
    assert [line.split(",")[0] for line in everything] == ["Prescription", waits.number, done.number]
    for expected in (visit.patient.name, visit.patient.mrn, f"{amoxicillin.medicine} × 10", doctor_user.name):
        assert expected in some[1]
    left = AuditEvent.objects.filter(action="export", actor=pharmacist)
    assert [row.detail["list"] for row in left] == ["prescriptions"] * 2
    assert {tuple(row.detail["patients"]) for row in left} == {(str(visit.patient_id),)}
    assert client.get("/pharmacy/prescriptions/", {"format": "xlsx"}).getvalue()[:2] == b"PK"
    # What was searched for by words is no list that leaves.
    assert "format=csv" not in client.post("/pharmacy/prescriptions/", {"q": waits.number}).content.decode()
