"""From the closed visit to the paper in the patient's hand, and the ways to take it back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import transaction
from django.test import Client

from billing.models import Invoice
from billing.services import invoices, payments
from hms.core import clock, documents, outbox
from hms.core.models import Document, DocumentKind, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.services import encounters, registration
from tests.billing.conftest import account, charge, faults, make_invoice, text_of
from tests.conftest import drain, make_patient


def paper_of(invoice: Invoice) -> Document:
    found = documents.latest(invoice, DocumentKind.INVOICE)
    assert found is not None
    return Document.objects.get(pk=found.pk)


def plain(text: str) -> str:
    """Without the narrow spaces and line ends that print brings."""
    return " ".join(text.split())


@pytest.mark.printed
def test_a_closed_visit_becomes_one_invoice_with_its_paper(reception: User, visit: Encounter) -> None:
    charge(reception, visit, "XRAY", "1234.50")
    charge(reception, visit, "SUTURE", "60.00")
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    invoice = Invoice.objects.get()
    text = plain(text_of(bytes(paper_of(invoice).content)))
    assert invoice.number in text
    for expected in ("Northgate Hospital", "Meera Raghunathan", visit.patient.mrn, "12 Aug 1979", "Xray", "Suture"):
        assert expected in text, expected
    for amount in ("1 234.50", "60.00", "1 294.50 GBP"):
        assert amount in text, text
    assert "Page 1 of 1" in text or "1 / 1" in text or "1 of 1" in text
    assert (account("receivable"), account("unbilled")) == (Decimal("1294.50"), 0)
    assert faults() == []


def test_news_that_comes_twice_makes_one_invoice_and_one_paper(reception: User, visit: Encounter) -> None:
    charge(reception, visit)
    encounters.close(reception, encounter_id=visit.pk)
    for _time in range(2):
        outbox.publish(encounters.CLOSED, encounter_id=str(visit.pk))
    drain()
    invoice = Invoice.objects.get()
    outbox.publish(invoices.ISSUED, invoice_id=str(invoice.pk))
    drain()
    assert Document.objects.filter(kind=DocumentKind.INVOICE).count() == 1


def test_a_visit_without_charges_has_no_invoice_and_takes_no_number(reception: User, patient: Patient) -> None:
    visit = encounters.open_encounter(reception, patient=patient)
    encounters.close(reception, encounter_id=visit.pk)
    drain()
    assert not Invoice.objects.exists()
    assert make_invoice(reception, patient).number.endswith("-000001")


@pytest.mark.django_db(transaction=True)
def test_an_invoice_that_failed_in_the_middle_leaves_no_gap(reception: User) -> None:
    patient = make_patient(reception)
    first = make_invoice(reception, patient)
    visit = encounters.open_encounter(reception, patient=patient)
    charge(reception, visit)
    with pytest.raises(RuntimeError), transaction.atomic():
        failed = invoices.issue(reception, encounter_id=visit.pk)
        raise RuntimeError
    second = invoices.issue(reception, encounter_id=visit.pk)
    assert (first.number[-6:], second.number, second.number[-6:]) == ("000001", failed.number, "000002")
    assert not Invoice.objects.filter(pk=failed.pk).exists()


@pytest.mark.printed
def test_the_paper_keeps_what_stood_on_it_when_the_patient_changes_name(
    reception: User, invoice: Invoice, browser_of
) -> None:
    drain()
    registration.update(
        reception,
        patient_id=invoice.patient_id,
        given_name="Meera",
        family_name="Iyer",
        sex="female",
        birth_date=invoice.patient.birth_date,
    )
    client = browser_of(reception)
    for _print in range(2):
        text = text_of(client.get(f"/billing/invoices/{invoice.pk}/pdf").content)
        assert "Raghunathan" in text
        assert "Iyer" not in text


@pytest.mark.printed
def test_the_second_print_says_that_it_is_a_reprint_and_by_whom(reception: User, invoice: Invoice, browser_of) -> None:
    drain()
    client = browser_of(reception)
    original, reprint = (
        plain(text_of(client.get(f"/billing/invoices/{invoice.pk}/pdf").content)) for _print in range(2)
    )
    assert "Original" in original
    assert "Reprint" not in original
    assert "Reprint 1 ·" in reprint
    assert reception.name in reprint
    assert "Original" not in reprint


@pytest.mark.printed
def test_each_print_after_a_credit_note_names_it_with_its_day_and_amount(
    reception: User, accountant: User, invoice: Invoice, browser_of
) -> None:
    drain()
    client, address = browser_of(reception), f"/billing/invoices/{invoice.pk}/pdf"
    before = plain(text_of(client.get(address).content))
    stored = bytes(Document.objects.get(kind=DocumentKind.INVOICE).content)
    credited = invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal("1.50"), reason="Not done")
    let = invoices.discount(accountant, invoice_id=invoice.pk, amount=Decimal("0.25"), reason="Goodwill")
    after = plain(text_of(client.get(address).content))
    day = clock.local(invoice.facility, credited.issued_at).strftime("%d %b %Y")
    for line in (
        f"Credited by {credited.number} of {day}: 1.50 {invoice.currency}",
        f"Discount {let.number} of {day}: 0.25 {invoice.currency}",
    ):
        assert line in after
        assert line not in before
    assert "Reprint 1" in after
    # What was issued stays as it was issued.
    assert bytes(Document.objects.get(kind=DocumentKind.INVOICE).content) == stored
    page = client.get(f"/billing/invoices/{invoice.pk}/").content.decode()
    assert credited.number in page and let.number in page


@pytest.mark.printed
def test_the_first_print_after_a_credit_note_names_it_as_well(
    reception: User, accountant: User, invoice: Invoice, browser_of
) -> None:
    drain()
    note = invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal("1.50"), reason="Not done")
    first = plain(text_of(browser_of(reception).get(f"/billing/invoices/{invoice.pk}/pdf").content))
    assert f"Credited by {note.number} of" in first and "Reprint" not in first


@pytest.mark.printed
def test_the_paper_is_drawn_on_demand_when_the_worker_has_not_yet(
    reception: User, invoice: Invoice, browser_of
) -> None:
    answer = browser_of(reception).get(f"/billing/invoices/{invoice.pk}/pdf")
    assert invoice.number in text_of(answer.content)
    drain()
    assert Document.objects.filter(kind=DocumentKind.INVOICE).count() == 1


def test_anyone_can_check_a_paper_and_learns_nothing_of_the_patient(invoice: Invoice, client: Client) -> None:
    drain()
    paper = paper_of(invoice)
    answer = client.get(f"/verify/{paper.code.lower()}")
    html = answer.content.decode()
    assert answer.status_code == 200
    for shown in ("Genuine", invoice.number, paper.sha256, "Northgate Hospital"):
        assert shown in html
    for hidden in ("Meera", "Raghunathan", invoice.patient.mrn, str(invoice.patient_id), "100.00"):
        assert hidden not in html, hidden


def test_a_code_that_nobody_issued_is_said_to_be_unknown(client: Client, db: None) -> None:
    answer = client.get("/verify/AAAAA-00000")
    assert answer.status_code == 404
    assert "Not known" in answer.content.decode()


def test_the_bytes_of_a_paper_have_the_hash_it_was_stored_with(invoice: Invoice) -> None:
    import hashlib

    drain()
    paper = paper_of(invoice)
    assert hashlib.sha256(bytes(paper.content)).hexdigest() == paper.sha256


@pytest.mark.printed
def test_a_credit_note_takes_back_what_is_owed_and_not_more(accountant: User, invoice: Invoice) -> None:
    note = invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal("30.00"), reason="X-ray was not done")
    invoice.refresh_from_db()
    assert (invoice.credited, invoice.balance, invoice.status) == (Decimal(30), Decimal(70), "part_paid")
    assert (account("credits"), account("receivable")) == (30, 70)
    with pytest.raises(Refused, match=r"Only 70\.00 is still owed"):
        invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal("70.01"), reason="More")
    invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal("70.00"), reason="The rest")
    invoice.refresh_from_db()
    assert (invoice.balance, invoice.status) == (0, "credited")
    text = plain(text_of(bytes(Document.objects.get(kind=DocumentKind.CREDIT_NOTE, number=note.number).content)))
    for expected in (note.number, invoice.number, "30.00", "X-ray was not done", "Raghunathan"):
        assert expected in text
    drain()
    assert faults() == []


@pytest.mark.parametrize("amount", ["0", "-5", "0.004"])
def test_a_credit_note_of_nothing_is_refused(accountant: User, invoice: Invoice, amount: str) -> None:
    with pytest.raises(Refused, match="above zero"):
        invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal(amount), reason="?")


def test_money_that_was_paid_is_not_credited_before_it_is_given_back(
    accountant: User, cashier: User, invoice: Invoice
) -> None:
    paid = payments.take(cashier, invoice_id=invoice.pk, amount=Decimal("80.00"), method="cash")
    with pytest.raises(Refused, match=r"Only 20\.00"):
        invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal(100), reason="All of it")
    payments.reverse(accountant, payment_id=paid.pk, reason="Given back")
    invoices.credit(accountant, invoice_id=invoice.pk, amount=Decimal(100), reason="All of it")
    invoice.refresh_from_db()
    assert invoice.status == "credited"
