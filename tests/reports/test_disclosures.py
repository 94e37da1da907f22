"""What of a record left the house, to whom and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError
from django.test import Client, RequestFactory
from pypdf import PdfReader

from hms.core import audit, clock, documents, lists
from hms.core.models import AuditEvent, DocumentKind, Facility, Paper, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.paper import identity
from reports import disclosures, services, trail
from tests.billing.conftest import make_invoice
from tests.conftest import make_patient
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db


# What the twins take away (tests/weakened.py).
WHOEVER = reworded(disclosures.of, ("left.filter(trail.concerning(patient_id))", "left"))


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


@pytest.fixture
def cashier(person: Callable[..., User]) -> User:
    return person("cashier")


def printed(reception: User, visit: Encounter) -> AuditEvent:
    paper = documents.issue(
        reception, kind=DocumentKind.QUEUE_TOKEN, source=visit, number="R-17", title="Token", paper=Paper.RECEIPT,
        template="print/queue_token.html", facility=visit.facility, dated=visit.started_at, patient_id=visit.patient_id,
        snapshot={"patient": identity(visit.patient, at=visit.started_at)},
    )  # fmt: skip
    documents.hand_over(reception, paper)
    return AuditEvent.objects.filter(action="core.document.printed").latest("id")


@weakened("with looks", reworded(disclosures.of, ("kind__in=[ActKind.PRINT, ActKind.EXPORT], ", "")))
@weakened("of every patient", WHOEVER)
def test_prints_and_exports_count_and_looks_do_not(auditor: User, reception: User, visit: Encounter) -> None:
    printed(reception, visit)
    audit.record(reception, "export", patient_id=visit.patient_id, detail={"list": "x", "format": "csv"})
    audit.record(reception, "patients.chart.opened", patient_id=visit.patient_id)
    audit.record(reception, "core.document.printed", patient_id=make_patient(reception, "A", "B").pk)
    rows = disclosures.of(auditor, visit.patient_id)
    assert [row.what for row in rows] == ["List exported: x (csv)", f"{DocumentKind.QUEUE_TOKEN.label} R-17"]
    assert not any(row.recipient for row in rows)


@weakened("again and again", reworded(services.disclose, ("if told.recipient:", "if False:")))
@weakened("without its statement", reworded(disclosures.of, ("else stated.get(row.pk)", "else None")))
def test_it_is_said_once_to_whom_a_print_went_and_why(auditor: User, reception: User, visit: Encounter) -> None:
    event = printed(reception, visit)
    fields = {"recipient": "Coroner's Court", "address": "1 Court Road", "purpose": "Order 17/26", "what": ""}
    services.disclose(auditor, patient_id=visit.patient_id, event_id=event.pk, **fields)
    (row,) = disclosures.of(auditor, visit.patient_id)
    assert (row.recipient, row.address, row.purpose) == ("Coroner's Court", "1 Court Road", "Order 17/26")
    assert row.what.endswith("R-17")
    with pytest.raises(Refused, match="told already"):
        services.disclose(auditor, patient_id=visit.patient_id, event_id=event.pk, **fields)
    statement = AuditEvent.objects.get(action="patients.record.disclosed")
    assert (statement.kind, statement.patient_id, statement.reason) == ("export", visit.patient_id, "Order 17/26")


@weakened("of every patient", WHOEVER)
def test_a_print_of_another_patient_is_refused(auditor: User, reception: User, visit: Encounter) -> None:
    event = printed(reception, visit)
    other = make_patient(reception, "A", "B")
    with pytest.raises(Refused, match="no such print"):
        services.disclose(
            auditor, patient_id=other.pk, event_id=event.pk, recipient="x", address="", purpose="y", what=""
        )


@weakened("of a hundred years", disclosures, "YEARS", 100)
def test_what_left_more_than_six_years_ago_is_not_in_the_account(auditor: User, patient: Patient) -> None:
    fields = {"patient_id": patient.pk, "recipient": "Police", "address": "", "purpose": "Warrant", "what": "Dates"}
    with time_machine.travel(clock.now() - timedelta(days=7 * 366)):
        services.disclose(auditor, **fields)
    assert disclosures.of(auditor, patient.pk) == []
    services.disclose(auditor, **fields)
    assert len(disclosures.of(auditor, patient.pk)) == 1


@pytest.mark.printed
def test_the_privacy_officer_records_and_prints_the_account(
    auditor: User, reception: User, visit: Encounter, browser_of: Callable[[User], Client]
) -> None:
    printed(reception, visit)
    client, address = browser_of(auditor), f"/reports/audit/patients/{visit.patient_id}/disclosures"
    page = client.get(address).content.decode()
    assert "R-17" in page and "Not stated" in page
    fields = {"event_id": "", "what": "", "recipient": "Public Health Office", "address": "", "purpose": "Notifiable"}
    answer = client.post(address, {**fields, "_key": str(uuid4())})
    assert answer.status_code == 422 and "Say what was given" in answer.content.decode()
    fields["what"] = "Name and day of birth, by telephone"
    assert client.post(address, {**fields, "_key": str(uuid4())}).status_code == 302
    page = client.get(address).content.decode()
    assert "Public Health Office" in page and "Notifiable" in page
    text = PdfReader(BytesIO(client.get(f"{address}.pdf").content)).pages[0].extract_text()
    for word in ("Accounting of disclosures", "Public Health Office", "Notifiable", "by telephone", "R-17"):
        assert word in text, word
    assert AuditEvent.objects.get(action="patients.disclosures.printed").patient_id == visit.patient_id


# Lists that name patients


def listed(patient: Patient) -> list[str]:
    rows = AuditEvent.objects.filter(trail.concerning(patient.pk), action="export")
    return [row.detail["list"] for row in rows]


@weakened("without names", reworded(lists.taken_out, ("shown=noted.seen", "shown=()")), by=ValueError)
@weakened("of every patient", WHOEVER, only="csv")
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_a_list_that_was_taken_out_stands_in_the_account_of_each_patient_it_names(
    auditor: User, reception: User, cashier: User, browser_of: Callable[[User], Client], format: str
) -> None:
    named, other = make_patient(reception, "Meera", "Rao"), make_patient(reception, "Omar", "Haddad")
    make_invoice(reception, named)
    answer = browser_of(cashier).get("/billing/invoices/", {"format": format})
    assert answer.getvalue()
    (row,) = disclosures.of(auditor, named.pk)
    assert row.what == f"List exported: invoices ({format})" and not row.recipient
    assert disclosures.of(auditor, other.pk) == []
    services.disclose(
        auditor, patient_id=named.pk, event_id=row.event.pk, recipient="Insurer", address="", purpose="Claim", what=""
    )
    (row,) = disclosures.of(auditor, named.pk)
    assert row.recipient == "Insurer"


def test_a_list_without_names_names_nobody(
    reception: User, auditor: User, manager: User, browser_of: Callable[[User], Client]
) -> None:
    patient = make_patient(reception)
    make_invoice(reception, patient)
    assert patient.mrn not in browser_of(manager).get("/billing/invoices/?format=csv").getvalue().decode()
    assert disclosures.of(auditor, patient.pk) == []


def test_a_list_of_ten_thousand_names_each_of_them_in_few_rows(
    reception: User, auditor: User, north: Facility, rf: RequestFactory, django_assert_max_num_queries: Callable
) -> None:
    made = [
        Patient(registered_at=north, mrn=f"N-{n}", given_name="G", family_name=f"F{n}", sex="other",
                birth_date=date(1980, 1, 1), search_name=f"f{n}", name_tokens=[f"f{n}"])
        for n in range(10_001)
    ]  # fmt: skip
    Patient.objects.bulk_create(made, batch_size=2000)
    request = rf.get("/", {"format": "csv"})
    request.user = reception
    columns = [lists.Column("Name", lambda row: row.name)]
    with django_assert_max_num_queries(5):
        answer = lists.export(request, Patient.objects.order_by("id"), columns, "everybody")
    assert answer.getvalue().count(b"\n") == 10_002
    assert AuditEvent.objects.filter(action="export").count() == 3
    for patient in (made[0], made[5_000], made[-1]):
        assert listed(patient) == ["everybody"]
        assert len(disclosures.of(auditor, patient.pk)) == 1


@weakened("without its row", audit, "taken_out", lambda actor, action, **more: None)
def test_a_list_does_not_leave_without_its_row(
    reception: User, rf: RequestFactory, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an audit that cannot be written there is no file."""
    request = rf.get("/", {"format": "csv"})
    request.user = reception
    columns = [lists.Column("Name", lambda row: row.name)]
    assert lists.export(request, Patient.objects.all(), columns, "all") is not None

    def full(*args: object, **kwargs: object) -> None:
        raise DatabaseError("no space left on device")

    monkeypatch.setattr(AuditEvent.objects, "create", full)
    with pytest.raises(DatabaseError):
        lists.export(request, Patient.objects.all(), columns, "all")
