"""The cash desk as people see it."""

from __future__ import annotations

import csv
import io
import re
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from billing.models import Invoice, Payment, Service
from billing.services import charges, invoices, payments
from hms.core import lists
from hms.core.models import AuditEvent, Facility, User
from laboratory.models import TestDefinition
from patients.models import Encounter
from patients.services import encounters
from tests.billing.conftest import charge, make_invoice, make_service
from tests.conftest import make_patient
from tests.laboratory.conftest import make_test
from tests.pharmacy.conftest import make_product
from tests.wards.conftest import make_ward
from tests.weakened import weakened


@pytest.fixture
def desk(reception: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(reception)


@pytest.fixture
def books(accountant: User, browser_of: Callable[[User], Client]) -> Client:
    return browser_of(accountant)


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"billing:{name}", args=args), query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def send(client: Client, page: str, /, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(f"billing:{page}", args=args), {"_key": str(uuid.uuid4()), **fields})


def sheet(client: Client, name: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(reverse(f"billing:{name}"), {"format": "csv", **query})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def workbook(client: Client, name: str) -> Worksheet:
    answer = client.get(reverse(f"billing:{name}"), {"format": "xlsx"})
    return load_workbook(io.BytesIO(answer.getvalue())).active


@pytest.fixture
def four(reception: User, cashier: User, accountant: User) -> dict[str, Invoice]:
    """An invoice in each state, by the state's name; patients of that name."""
    made = {state: make_invoice(reception, make_patient(reception, state.title()), "50.00") for state in STATES}
    for state, amount in (("part_paid", 20), ("paid", 50)):
        payments.take(cashier, invoice_id=made[state].pk, amount=Decimal(amount), method="cash")
    invoices.credit(accountant, invoice_id=made["credited"].pk, amount=Decimal(50), reason="Not done")
    return made


STATES = ("due", "part_paid", "paid", "credited")


@pytest.mark.parametrize("state", STATES)
def test_the_list_is_narrowed_to_a_status_on_screen_and_in_the_file(
    desk: Client, four: dict[str, Invoice], state: str
) -> None:
    html = page(desk, "invoices", status=state)
    for name, invoice in four.items():
        assert (invoice.number in html) == (name == state)
        assert invoice.number in page(desk, "invoices"), "without a filter all are shown"
    assert [row["Number"] for row in sheet(desk, "invoices", status=state)] == [four[state].number]


def test_the_file_has_the_rows_of_the_screen_and_is_recorded(desk: Client, four: dict[str, Invoice]) -> None:
    rows = sheet(desk, "invoices")
    assert {row["Number"] for row in rows} == {invoice.number for invoice in four.values()}
    part = next(row for row in rows if row["Number"] == four["part_paid"].number)
    assert (part["Total"], part["Paid"], part["Balance"], part["Status"]) == ("50.00", "20.00", "30.00", "Part-paid")
    assert AuditEvent.objects.filter(action="export", detail__list="invoices").exists()


FORMULAS = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "＝1"]


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@weakened("as it was typed", lists, "FORMULA_STARTS", ())
def test_a_name_that_is_a_formula_is_only_text_in_the_file(desk: Client, reception: User, format: str) -> None:
    for name in FORMULAS:
        make_invoice(reception, make_patient(reception, name, "Okafor"))
    if format == "csv":
        found = [row["Patient"] for row in sheet(desk, "invoices")]
    else:
        cells = [cell for row in workbook(desk, "invoices").iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}, "no formula"
        found = [cell.value for cell in cells if "Okafor" in str(cell.value)]
    assert sorted(found) == sorted(f"'{name} Okafor" for name in FORMULAS)


@weakened("as it was typed", lists, "FORMULA_STARTS", ("=", "+", "-", "@"))
def test_a_formula_behind_a_line_or_in_wide_letters_is_only_text() -> None:
    for text in ("\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1"):
        assert lists.cell(text) == f"'{text}"


@weakened("as it was typed", lists, "ILLEGAL_CHARACTERS_RE", re.compile("(?!)"))
def test_a_character_that_no_workbook_can_hold_is_left_out() -> None:
    assert lists.cell("Ch\x0buka\x1f\tOkafor") == "Chuka\tOkafor"


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_no_workbook_can_hold_is_left_out_of_the_file(desk: Client, reception: User, format: str) -> None:
    made = make_invoice(reception, make_patient(reception, "Ch\x0buka\x1f", "Okafor"))
    answer = desk.get(reverse("billing:invoices"), {"format": format})
    assert answer.status_code == 200 and answer.getvalue()
    if format == "xlsx":
        rows = list(workbook(desk, "invoices").iter_rows(values_only=True))
        assert (rows[1][0], "Chuka Okafor" in rows[1]) == (made.number, True)


def test_the_excel_file_opens_with_the_same_rows(desk: Client, four: dict[str, Invoice]) -> None:
    rows = list(workbook(desk, "invoices").iter_rows(values_only=True))
    assert len(rows) == 1 + len(four)
    assert {row[0] for row in rows[1:]} == {invoice.number for invoice in four.values()}


@pytest.fixture
def theirs(person: Callable[..., User], south: Facility) -> Invoice:
    """An invoice of the other facility, paid in part, with a credit note."""
    there = person("receptionist", south)
    made = make_invoice(there, make_patient(there, "Ingrid", "Secretname"), "77.77")
    payments.take(there, invoice_id=made.pk, amount=Decimal("11.11"), method="cash")
    invoices.credit(person("accountant", south), invoice_id=made.pk, amount=Decimal("5.00"), reason="Hush")
    return made


def test_another_facilitys_invoice_does_not_exist_here(desk: Client, books: Client, theirs: Invoice) -> None:
    payment, note = Payment.objects.get(invoice=theirs), theirs.credit_notes.get()
    visit, act = theirs.encounter_id, theirs.lines.get().charge_id
    addresses = [
        (desk, "invoice", theirs.pk),
        (desk, "invoice-pdf", theirs.pk),
        (desk, "payment-take", theirs.pk),
        (desk, "receipt-pdf", payment.pk),
        (desk, "chart-panel", theirs.patient_id),
        (desk, "desk-panel", visit),
        (books, "invoice-credit", theirs.pk),
        (books, "credit-note-pdf", note.pk),
        (books, "payment-reverse", payment.pk),
        (books, "charge-reverse", act),
        (books, "service-change", theirs.lines.get().charge.service_id),
    ]
    for client, name, pk in addresses:
        answer = client.get(reverse(f"billing:{name}", args=[pk]))
        assert answer.status_code == 404, name
        body = answer.content.decode()
        for secret in (theirs.number, "Secretname", "77.77", theirs.patient.mrn, payment.number):
            assert secret not in body, (name, secret)
    for client, name in ((desk, "invoices"), (books, "services"), (books, "ledger")):
        body = page(client, name)
        assert theirs.number not in body
        assert "77.77" not in body
    assert sheet(desk, "invoices") == []


def test_money_is_not_taken_through_another_facilitys_door(desk: Client, theirs: Invoice) -> None:
    answer = send(desk, "payment-take", theirs.pk, amount="10.00", method="cash")
    assert answer.status_code == 404
    assert Payment.objects.count() == 1


def test_the_cashier_takes_a_payment_once_though_the_form_is_sent_twice(desk: Client, invoice: Invoice) -> None:
    form = {"_key": str(uuid.uuid4()), "amount": "100.00", "method": "cash"}
    address = reverse("billing:payment-take", args=[invoice.pk])
    for _time in range(2):
        assert desk.post(address, form).headers["Location"] == reverse("billing:invoice", args=[invoice.pk])
    assert Payment.objects.get().amount == 100


def test_a_refused_payment_stays_in_the_form_with_its_reason(desk: Client, invoice: Invoice) -> None:
    answer = send(desk, "payment-take", invoice.pk, amount="250.00", method="cash")
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "Only 100.00 is owed" in html
    assert 'value="250.00"' in html
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", ["", "abc", "NaN", "1e9", "10.001", "99999999999999"])
def test_an_amount_that_is_none_is_answered_at_its_field(desk: Client, invoice: Invoice, amount: str) -> None:
    assert send(desk, "payment-take", invoice.pk, amount=amount, method="cash").status_code == 422
    assert not Payment.objects.exists()


def test_reading_an_invoice_and_printing_it_are_recorded(desk: Client, invoice: Invoice) -> None:
    page(desk, "invoice", invoice.pk)
    desk.get(reverse("billing:invoice-pdf", args=[invoice.pk]))
    actions = set(AuditEvent.objects.filter(patient_id=invoice.patient_id).values_list("action", flat=True))
    assert {"billing.invoice.viewed", "core.document.printed"} <= actions


def test_the_running_bill_shows_what_was_done_and_what_it_costs(
    manager: User, desk: Client, reception: User, visit: Encounter
) -> None:
    charge(reception, visit, "XRAY", "60.00")
    wrong = charge(reception, visit, "WRONG", "999.00")
    charges.reverse(manager, charge_id=wrong.pk, reason="Wrong")
    html = page(desk, "desk-panel", visit.pk)
    assert "Xray" in html
    assert "60.00" in html
    assert "999.00" not in html


def test_the_accountant_reverses_credits_and_changes_prices_on_the_pages(
    books: Client, cashier: User, reception: User, invoice: Invoice, visit: Encounter
) -> None:
    paid = payments.take(cashier, invoice_id=invoice.pk, amount=Decimal(100), method="cash")
    assert send(books, "payment-reverse", paid.pk, reason="Wrong patient").status_code == 302
    assert send(books, "invoice-credit", invoice.pk, amount="100.00", reason="Not done").status_code == 302
    invoice.refresh_from_db()
    assert invoice.status == "credited"
    act = charge(reception, visit)
    assert send(books, "charge-reverse", act.pk, reason="Not done").status_code == 302
    changed = send(books, "service-change", act.service_id, name="X-ray", price="44.00", active="on")
    assert changed.status_code == 302
    assert Service.objects.get(pk=act.service_id).price == 44
    scan = {"code": "mri", "name": "MRI", "category": "procedure", "price": "300"}
    unsaid = send(books, "service-add", **scan)
    assert unsaid.status_code == 422 and "Say why it is needed" in unsaid.content.decode()
    assert send(books, "service-add", **scan, reason="New scanner").status_code == 302
    assert not Service.objects.get(code="MRI", facility=visit.facility).active, "above one's limit it waits"
    assert send(books, "service-add", code="ecg", name="ECG", category="procedure", price="12").status_code == 302
    assert Service.objects.get(code="ECG", facility=visit.facility).active


def test_a_charge_reversed_by_mistake_is_charged_again_on_the_bill(
    manager: User, books: Client, reception: User, visit: Encounter
) -> None:
    wrong = charge(reception, visit)
    charges.reverse(manager, charge_id=wrong.pk, reason="Slip of the hand")
    assert "Slip of the hand" in page(books, "desk-panel", visit.pk)
    assert send(books, "charge-again", wrong.pk).status_code == 302
    html = page(books, "desk-panel", visit.pk)
    assert "40.00" in html
    assert "Slip of the hand" not in html
    charges.undo(reception, sources=[visit], reason="Never done")
    assert "Charge again" not in page(books, "desk-panel", visit.pk)


def test_the_price_page_says_who_uses_a_price_and_what_is_in_use_stays(
    books: Client, accountant: User, person, reception: User
) -> None:
    test = make_test(person("pathologist"), "HB")
    product = make_product(person("pharmacist"))
    beds = make_ward(reception.facility, "1A", code="ICU")
    html = page(books, "services")
    for words in ("test HB", "stock of the pharmacy", "ward ICU"):
        assert words in html
    for service in (test.service, product.service, beds[0].room.ward.bed_service):
        sent = send(books, "service-change", service.pk, name=service.name, price=service.price)
        assert sent.status_code == 422
        assert "is in use:" in sent.content.decode()
    TestDefinition.objects.update(active=False)
    sent = send(books, "service-change", test.service_id, name="Haemoglobin", price="9.00")
    assert sent.status_code == 302
    assert "Not in use" in page(books, "services")


def test_an_interim_invoice_is_issued_before_the_visit_is_closed(
    books: Client, reception: User, visit: Encounter
) -> None:
    charge(reception, visit)
    assert send(books, "invoice-issue", visit.pk).status_code == 302
    assert send(books, "invoice-issue", visit.pk).status_code == 302  # nothing left: said, not made
    assert Invoice.objects.get().encounter_id == visit.pk


@pytest.mark.parametrize("day", ["", "nonsense", "0001-01-01", "9999-12-31"])
def test_the_ledger_of_a_day_says_that_it_sums_to_zero(books: Client, invoice: Invoice, day: str) -> None:
    assert "Sums to zero" in page(books, "ledger", day=day)


# As many queries for thirty as for one


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_no_page_asks_more_when_it_shows_more(
    desk: Client, books: Client, reception: User, cashier: User, accountant: User
) -> None:
    patient = make_patient(reception)
    visit = encounters.open_encounter(reception, patient=patient)
    charge(reception, visit, "FIRST", "90.00")
    first = make_invoice(reception, patient, "90.00")
    payments.take(cashier, invoice_id=first.pk, amount=Decimal(1), method="cash")
    invoices.credit(accountant, invoice_id=first.pk, amount=Decimal(1), reason="Goodwill")
    addresses = {
        "list": (desk, reverse("billing:invoices")),
        "detail": (desk, reverse("billing:invoice", args=[first.pk])),
        "chart": (desk, reverse("billing:chart-panel", args=[patient.pk])),
        "bill": (desk, reverse("billing:desk-panel", args=[visit.pk])),
        "today": (desk, reverse("billing:dashboard-panel")),
        "prices": (books, reverse("billing:services")),
        "ledger": (books, reverse("billing:ledger")),
    }
    few = {name: queries(*one) for name, one in addresses.items()}
    for number in range(30):
        make_service(reception.facility, f"MORE{number}")
        charge(reception, visit, f"MORE{number}", "1.00")
        make_invoice(reception, patient if number % 2 else make_patient(reception, f"Ivo {number}"), "5.00")
    # The invoice itself with thirty lines, payments and notes.
    long = make_invoice(reception, patient, *["9.00"] * 30)
    for _n in range(30):
        payments.take(cashier, invoice_id=long.pk, amount=Decimal(1), method="cash")
    addresses["detail"] = (desk, reverse("billing:invoice", args=[long.pk]))
    invoices.credit(accountant, invoice_id=long.pk, amount=Decimal(1), reason="Goodwill")
    many = {name: queries(*one) for name, one in addresses.items()}
    assert many == few
    assert max(many.values()) <= 12, many


def test_the_cashier_reads_when_the_running_bill_becomes_an_invoice(
    reception: User, visit: Encounter, person, browser_of
) -> None:
    charge(reception, visit)
    panel = browser_of(person("cashier")).get(f"/billing/patients/{visit.patient_id}/account").content.decode()
    assert "not invoiced yet" in panel
    assert "The invoice is made when the doctor closes the visit" in panel
    assert f"/patients/visits/{visit.pk}/" not in panel  # a cashier opens no visit
    assert (
        f"/patients/visits/{visit.pk}/"
        in browser_of(reception).get(f"/billing/patients/{visit.patient_id}/account").content.decode()
    )
