"""From the order to the report, and every way out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.test import Client

from billing.models import Charge, Invoice
from billing.services import invoices
from hms.core import clock, documents
from hms.core.models import Document, DocumentKind, Facility, Notification, User
from hms.core.refusals import Refused
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen, TestDefinition
from laboratory.services import catalogue, orders, results
from patients.models import Encounter, Observation
from patients.services import encounters
from tests.billing.conftest import faults, text_of
from tests.conftest import drain, make_patient
from tests.laboratory.conftest import enter, make_test, order, result, standing, verify


def paper(source: object, kind: str) -> str:
    found = documents.latest(source, kind)
    assert found is not None
    return " ".join(text_of(bytes(Document.objects.get(pk=found.pk).content)).split())


@pytest.fixture
def placed(doctor_user: User, visit: Encounter, haemoglobin: TestDefinition, culture: TestDefinition) -> LabOrder:
    """Two tests of one visit, in two kinds of tube."""
    return order(doctor_user, visit, haemoglobin, culture)


@pytest.fixture
def collected(technician: User, placed: LabOrder) -> LabOrder:
    orders.collect(technician, order_id=placed.pk)
    placed.refresh_from_db()
    return placed


@pytest.fixture
def verified(technician: User, pathologist: User, collected: LabOrder) -> LabOrder:
    enter(technician, collected, HB="9.40", UC="No growth")
    verify(pathologist, collected)
    drain()
    collected.refresh_from_db()
    return collected


def test_a_test_is_charged_when_its_specimen_is_taken_and_not_before(technician: User, placed: LabOrder) -> None:
    assert not Charge.objects.exists()
    taken = orders.collect(technician, order_id=placed.pk)
    assert sorted(specimen.kind for specimen in taken) == ["blood-edta", "urine"]
    assert sorted(Charge.objects.values_list("amount", flat=True)) == [Decimal(9), Decimal(21)]
    with pytest.raises(Refused, match="Nothing is left to collect"):
        orders.collect(technician, order_id=placed.pk)
    assert Charge.objects.count() == 2


def test_tests_of_one_tube_share_its_barcode(
    doctor_user: User, technician: User, pathologist: User, visit: Encounter, haemoglobin: TestDefinition
) -> None:
    made = order(doctor_user, visit, haemoglobin, make_test(pathologist, "WBC", "Leucocytes"))
    (tube,) = orders.collect(technician, order_id=made.pk)
    assert tube.results.count() == 2


@pytest.mark.printed
def test_the_label_has_two_identifiers_and_the_number_under_its_bars(collected: LabOrder) -> None:
    for specimen in collected.specimens.all():
        text = paper(specimen, DocumentKind.SPECIMEN_LABEL)
        for expected in ("Raghunathan", collected.patient.mrn, specimen.accession):
            assert expected in text, (expected, text)
    numbers = sorted(Specimen.objects.values_list("accession", flat=True))
    assert [int(number[1:]) for number in numbers] == [1, 2]


@pytest.mark.parametrize(
    ("sex", "age_days", "value", "flag", "range_text"),
    [
        ("female", 12_000, "12.5", "normal", "12–16"),
        ("male", 12_000, "12.5", "low", "13–17"),
        ("male", 100, "12.5", "normal", "10–14"),
        ("female", 364, "14.5", "high", "10–14"),
        ("female", 365, "14.5", "normal", "12–16"),
        ("female", 12_000, "12", "normal", "12–16"),
        ("female", 12_000, "16.01", "high", "12–16"),
        ("female", 12_000, "6,9", "critical-low", "12–16"),
        ("female", 12_000, "7", "low", "12–16"),
        ("male", 12_000, "20.1", "critical-high", "13–17"),
        # No range fits: not known, which is never "normal".
        ("unknown", 12_000, "12.5", "unknown", ""),
        ("female", 12_000, "< 3", "critical-low", "12–16"),
    ],
)
def test_a_result_is_held_against_the_range_of_the_patients_sex_and_age(
    reception: User, doctor_user: User, technician: User, haemoglobin: TestDefinition,
    sex: str, age_days: int, value: str, flag: str, range_text: str,
) -> None:  # fmt: skip
    born = clock.today(reception.facility) - timedelta(days=age_days)
    visit = encounters.open_encounter(reception, patient=make_patient(reception, sex=sex, birth_date=born))
    made = order(doctor_user, visit, haemoglobin)
    orders.collect(technician, order_id=made.pk)
    enter(technician, made, HB=value)
    row = result(made, "HB")
    assert (row.flag, row.range_text, row.value_text) == (flag, range_text, value.replace(",", "."))


@pytest.mark.parametrize(("text", "flag"), [("NO growth", "normal"), ("E. coli 10^5/ml", "abnormal")])
def test_a_result_in_words_is_held_against_the_usual_words(
    technician: User, collected: LabOrder, text: str, flag: str
) -> None:
    enter(technician, collected, UC=text)
    assert result(collected, "UC").flag == flag


@pytest.mark.parametrize("text", ["haemolysed", "1.2.3", "NaN", "Infinity", "9" * 15, "1e30"])
def test_what_is_no_number_is_refused_at_its_field(technician: User, collected: LabOrder, text: str) -> None:
    with pytest.raises(Refused, match="not a number") as refused:
        enter(technician, collected, HB=text)
    assert refused.value.field == f"result-{result(collected, 'HB').pk}"


def test_who_entered_a_result_does_not_verify_it(pathologist: User, collected: LabOrder) -> None:
    enter(pathologist, collected, HB="9.4", UC="No growth")
    with pytest.raises(Refused, match="second person"):
        verify(pathologist, collected)
    assert not Observation.objects.filter(category="laboratory").exists()
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Result.objects.filter(order=collected).update(
            status="verified", verified_by=pathologist, verified_at=clock.now()
        )


def test_a_verified_result_without_its_value_or_people_is_refused_by_the_database(
    pathologist: User, collected: LabOrder
) -> None:
    with pytest.raises(IntegrityError, match="verified_is_complete"), transaction.atomic():
        Result.objects.filter(order=collected).update(status="verified")


def test_an_order_is_as_far_as_its_least_far_test(technician: User, pathologist: User, collected: LabOrder) -> None:
    enter(technician, collected, HB="9.4")
    collected.refresh_from_db()
    assert collected.status == "collected"
    results.verify(pathologist, order_id=collected.pk, result_ids=[result(collected, "HB").pk])
    drain()
    assert not DiagnosticReport.objects.exists(), "the culture still grows"
    enter(technician, collected, UC="No growth")
    verify(pathologist, collected)
    drain()
    collected.refresh_from_db()
    assert collected.status == "verified"
    assert DiagnosticReport.objects.get().observations.count() == 2


@pytest.mark.printed
def test_the_report_says_value_range_and_flag_and_who_answers_for_it(verified: LabOrder, pathologist: User) -> None:
    text = paper(verified.report, DocumentKind.LAB_REPORT)
    for expected in (
        verified.number,
        "Meera Raghunathan",
        verified.patient.mrn,
        "Haemoglobin",
        "9.40",
        "g/dL",
        "12–16",
        "low",
        "Urine culture",
        "No growth",
        pathologist.name,
    ):
        assert expected in text, (expected, text)
    assert faults() == []


def test_a_verified_result_stands_in_the_chart_as_it_was_entered(verified: LabOrder) -> None:
    seen = Observation.objects.get(code="HB")
    assert (seen.value, seen.value_text, seen.unit, seen.encounter) == (
        Decimal("9.4"),
        "9.40",
        "g/dL",
        verified.encounter,
    )


@pytest.mark.printed
def test_units_are_stored_in_ucum_and_read_as_people_write_them(
    technician: User, pathologist: User, doctor_user: User, visit: Encounter, browser_of
) -> None:
    made = order(doctor_user, visit, make_test(pathologist, "CREA", "Creatinine", unit="umol/L"))
    orders.collect(technician, order_id=made.pk)
    enter(technician, made, CREA="88")
    verify(pathologist, made)
    drain()
    assert Observation.objects.get(code="CREA").unit == "umol/L"
    made.refresh_from_db()
    shown = [paper(made.report, DocumentKind.LAB_REPORT)]
    for user, page in (
        (doctor_user, f"/laboratory/orders/{made.pk}/"),
        (doctor_user, f"/patients/{visit.patient_id}/observations"),
        (pathologist, "/laboratory/tests/"),
    ):
        shown.append(browser_of(user).get(page).content.decode())
    for text in shown:
        assert "µmol/L" in text
        assert "umol/L" not in text


def test_a_critical_value_is_told_as_urgent_to_whoever_ordered(
    technician: User, pathologist: User, doctor_user: User, collected: LabOrder, browser_of: Callable[[User], Client]
) -> None:
    enter(technician, collected, HB="5.1")
    results.verify(pathologist, order_id=collected.pk, result_ids=[result(collected, "HB").pk])
    told = Notification.objects.get(user=doctor_user)
    assert told.text == f"Critical result in order {collected.number}"
    assert "Raghunathan" not in told.text
    assert (told.level, told.url) == ("critical", f"/laboratory/orders/{collected.pk}/")
    page = browser_of(doctor_user).get("/notifications/").content.decode()
    assert told.text in page and "Urgent" in page


def test_a_value_that_is_only_low_wakes_nobody(
    technician: User, pathologist: User, doctor_user: User, collected: LabOrder
) -> None:
    enter(technician, collected, HB="9.4")
    results.verify(pathologist, order_id=collected.pk, result_ids=[result(collected, "HB").pk])
    assert result(collected, "HB").flag == "low"
    assert not Notification.objects.filter(user=doctor_user).exists()


@pytest.mark.printed
def test_a_correction_keeps_the_old_value_needs_a_second_person_and_replaces_the_report(
    technician: User, pathologist: User, verified: LabOrder
) -> None:
    first = documents.latest(verified.report, DocumentKind.LAB_REPORT)
    row = result(verified, "HB")
    results.correct(technician, result_id=row.pk, value="13.1", reason="Tubes were swapped")
    row.refresh_from_db()
    assert (row.status, row.value_text, row.flag) == ("entered", "13.1", "normal")
    old = row.revisions.get()
    assert (old.value_text, old.reason, old.verified_by) == ("9.40", "Tubes were swapped", pathologist)
    assert Observation.objects.get(code="HB", entered_in_error=True).value_text == "9.40"
    with pytest.raises(Refused, match="second person"):
        results.verify(technician, order_id=verified.pk, result_ids=[row.pk])
    results.verify(pathologist, order_id=verified.pk, result_ids=[row.pk])
    drain()
    assert Document.objects.get(pk=first.pk).status == "superseded"
    text = paper(verified.report, DocumentKind.LAB_REPORT)
    assert "13.1" in text
    assert "9.40" in text, "what was reported before stands beside it"
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update laboratory_resultrevision set value_text = '13.1'")
    assert faults() == []


def test_a_result_that_is_not_verified_is_entered_again_rather_than_corrected(
    technician: User, collected: LabOrder
) -> None:
    enter(technician, collected, HB="19.4")
    with pytest.raises(Refused, match="simply entered again"):
        results.correct(technician, result_id=result(collected, "HB").pk, value="9.4", reason="Typing")
    enter(technician, collected, HB="9.4")
    assert result(collected, "HB").value == Decimal("9.4")


def test_a_verified_result_is_not_entered_again(technician: User, verified: LabOrder) -> None:
    with pytest.raises(Refused, match="cannot be entered"):
        enter(technician, verified, HB="12")


def test_a_rejected_specimen_is_taken_again_and_charged_once_in_the_end(technician: User, collected: LabOrder) -> None:
    tube = collected.specimens.get(kind="blood-edta")
    enter(technician, collected, HB="9.4")
    orders.reject_specimen(technician, specimen_id=tube.pk, reason="Clotted")
    assert result(collected, "HB").status == "ordered"
    assert [row.amount for row in Charge.objects.standing()] == [Decimal(21)]
    with pytest.raises(Refused, match="rejected already"):
        orders.reject_specimen(technician, specimen_id=tube.pk, reason="Clotted")
    (again,) = orders.collect(technician, order_id=collected.pk)
    assert again.accession != tube.accession
    assert sorted(row.amount for row in Charge.objects.standing()) == [Decimal(9), Decimal(21)]
    assert len(standing(collected)) == 2
    assert faults() == []


@pytest.mark.parametrize("credited_before", [0, 9, 30])
def test_a_tube_that_clots_after_the_invoice_is_rejected_credited_and_taken_again(
    technician: User, reception: User, person, collected: LabOrder, credited_before: int
) -> None:
    encounters.close(reception, encounter_id=collected.encounter_id)
    drain()
    invoice = Invoice.objects.get()
    if credited_before:
        invoices.credit(
            person("accountant"), invoice_id=invoice.pk, amount=Decimal(credited_before), reason="They asked"
        )
    tube = collected.specimens.get(kind="blood-edta")
    orders.reject_specimen(technician, specimen_id=tube.pk, reason="Clotted")
    invoice.refresh_from_db()
    assert invoice.credited == min(credited_before + 9, 30)
    orders.collect(technician, order_id=collected.pk)
    drain()
    assert [row.total for row in Invoice.objects.order_by("number")] == [Decimal(30), Decimal(9)]
    assert faults() == []
    orders.cancel(technician, order_id=collected.pk, reason="The patient went elsewhere")
    collected.refresh_from_db()
    assert collected.status == "cancelled"
    assert {row.status for row in Invoice.objects.all()} == {"credited"}
    assert not Charge.objects.standing().exists()
    assert faults() == []


def test_a_cancelled_visit_cancels_its_orders_and_says_why(reception: User, placed: LabOrder) -> None:
    assert orders.release(reception, encounter_id=placed.encounter_id) == 0, "the visit is open"
    encounters.cancel(reception, encounter_id=placed.encounter_id, reason="Left unseen")
    drain()
    assert orders.release(reception, encounter_id=placed.encounter_id) == 0, "heard twice"
    placed.refresh_from_db()
    assert (placed.status, placed.cancelled_reason) == ("cancelled", "The visit was cancelled: Left unseen")
    assert not placed.results.exclude(status="cancelled").exists()
    assert faults() == []
    LabOrder.objects.update(status="ordered")
    assert any("waits, and its visit was cancelled" in fault for fault in faults())


def test_a_specimen_with_a_verified_result_is_not_rejected(technician: User, verified: LabOrder) -> None:
    with pytest.raises(Refused, match="Correct that result"):
        orders.reject_specimen(technician, specimen_id=verified.specimens.first().pk, reason="Clotted")


def test_a_cancelled_order_takes_its_charges_back(technician: User, collected: LabOrder) -> None:
    orders.cancel(technician, order_id=collected.pk, reason="Ordered for another patient")
    collected.refresh_from_db()
    assert (collected.status, collected.cancelled_reason) == ("cancelled", "Ordered for another patient")
    assert not Charge.objects.standing().exists()
    with pytest.raises(Refused, match="Nothing of this order is open"):
        orders.cancel(technician, order_id=collected.pk, reason="Again")


@pytest.mark.printed
def test_when_the_rest_is_cancelled_what_was_verified_is_still_reported(
    technician: User, pathologist: User, collected: LabOrder
) -> None:
    enter(technician, collected, HB="9.4")
    results.verify(pathologist, order_id=collected.pk, result_ids=[result(collected, "HB").pk])
    orders.cancel(technician, order_id=collected.pk, reason="The culture was contaminated")
    drain()
    collected.refresh_from_db()
    assert collected.status == "verified"
    text = paper(DiagnosticReport.objects.get(order=collected), DocumentKind.LAB_REPORT)
    assert "Haemoglobin" in text
    assert "Urine culture" not in text


def test_an_order_needs_tests_that_are_in_use_and_an_open_visit(
    doctor_user: User, reception: User, visit: Encounter, haemoglobin: TestDefinition
) -> None:
    with pytest.raises(Refused, match="at least one test"):
        order(doctor_user, visit)
    TestDefinition.objects.filter(pk=haemoglobin.pk).update(active=False)
    with pytest.raises(Refused):
        order(doctor_user, visit, haemoglobin)
    encounters.close(reception, encounter_id=visit.pk)
    with pytest.raises(Refused, match="closed"):
        order(doctor_user, visit, haemoglobin)


def test_ranges_of_one_sex_do_not_overlap_and_make_sense(pathologist: User, haemoglobin: TestDefinition) -> None:
    with pytest.raises(Refused, match="Another range covers"):
        catalogue.set_range(
            pathologist, test_id=haemoglobin.pk, sex="male", from_days=1000, until_days=2000, low=1, high=2
        )
    with pytest.raises(Refused, match="below high"):
        catalogue.set_range(
            pathologist, test_id=haemoglobin.pk, sex="any", from_days=400, until_days=500, low=9, high=2
        )


def test_the_other_facility_sees_nothing_of_an_order(verified: LabOrder, south: Facility, client_as) -> None:
    there = client_as("pathologist", south)
    row, tube = result(verified, "HB"), verified.specimens.first()
    for address in (
        f"orders/{verified.pk}/",
        f"orders/{verified.pk}/enter",
        f"results/{row.pk}/correct",
        f"reports/{verified.report.pk}/pdf",
        f"patients/{verified.patient_id}/orders",
    ):
        answer = there.get(f"/laboratory/{address}")
        assert answer.status_code == 404, address
        for secret in ("Raghunathan", verified.number, "9.40"):
            assert secret not in answer.content.decode()
    assert client_as("lab_technician", south).get(f"/laboratory/specimens/{tube.pk}/label").status_code == 404
    assert verified.number not in there.get("/laboratory/orders/").content.decode()


@pytest.mark.printed
def test_a_result_that_was_reported_and_then_withdrawn_leaves_the_report(
    technician: User, pathologist: User, verified: LabOrder
) -> None:
    """Corrected first, then cancelled: the paper that still shows it is replaced."""
    first = documents.latest(verified.report, DocumentKind.LAB_REPORT)
    results.correct(technician, result_id=result(verified, "HB").pk, value="13.1", reason="Tubes were swapped")
    assert Document.objects.get(pk=first.pk).status == "withdrawn", "known to be wrong, though the right one is to come"
    orders.cancel(technician, order_id=verified.pk, reason="Nobody knows whose tube it was")
    drain()
    assert Document.objects.get(pk=first.pk).status == "superseded"
    text = paper(verified.report, DocumentKind.LAB_REPORT)
    assert "Urine culture" in text
    assert "Haemoglobin" not in text
