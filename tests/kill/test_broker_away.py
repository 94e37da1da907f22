"""The broker is away for the length of a visit. Nobody at the desks notices, and nothing is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from billing.models import Charge, Invoice
from billing.services import payments
from hms.core import documents
from hms.core.models import Document, DocumentKind, OutboxMessage, User
from laboratory.models import DiagnosticReport
from laboratory.services import orders, results
from patients.services import clinical, encounters, notes
from pharmacy.models import ReorderAlert
from tests.billing.conftest import charge, faults
from tests.conftest import make_patient
from tests.kill.conftest import House, wait_for
from tests.laboratory.conftest import make_test
from tests.pharmacy.conftest import hand_out, make_product, prescribe, receive


def nothing_waits() -> bool:
    return not OutboxMessage.objects.filter(done_at=None).exists()


def whole_visit(reception: User, person: Any) -> Any:
    """From the door to the close: seen, tested, prescribed, dispensed, charged."""
    doctor, technician, pathologist, pharmacist = (
        person(role) for role in ("doctor", "lab_technician", "pathologist", "pharmacist")
    )
    test = make_test(pathologist, "CRP", "C-reactive protein", specimen="blood-serum", unit="mg/L", price="12.00")
    product = make_product(pharmacist, level=15)
    receive(pharmacist, product, 20)
    visit = encounters.open_encounter(reception, patient=make_patient(reception), reason="Cough")
    clinical.record_vitals(doctor, encounter_id=visit.pk, values={"temperature": Decimal("38.4")})
    order = orders.order(doctor, encounter_id=visit.pk, test_ids=[test.pk])
    orders.collect(technician, order_id=order.pk)
    result = order.results.get()
    results.enter(technician, order_id=order.pk, values={result.pk: "48.0"})
    results.verify(pathologist, order_id=order.pk, result_ids=[result.pk])
    hand_out(pharmacist, prescribe(doctor, visit, product, 10), 10)
    notes.sign(doctor, note_id=notes.save_draft(doctor, encounter_id=visit.pk, codes=[], plan="Rest").pk)
    charge(doctor, visit, "CONSULT", "80.00")
    return encounters.close(reception, encounter_id=visit.pk)


def test_a_visit_without_a_broker_ends_with_everything_once(house: House, reception: User, person: Any) -> None:
    # It ran, and work went through it.
    house.start_broker()
    house.start_worker()
    house.start_relay()
    early = encounters.open_encounter(reception, patient=make_patient(reception, "Early"))
    charge(reception, early)
    encounters.close(reception, encounter_id=early.pk)
    assert wait_for(nothing_waits), house.said("relay") + house.said("worker")

    house.kill("broker")
    visit = whole_visit(reception, person)
    waiting = OutboxMessage.objects.filter(done_at=None)
    topics = {"laboratory.order_verified", "pharmacy.stock_fell", encounters.CLOSED}
    assert set(waiting.values_list("topic", flat=True)) == topics
    assert wait_for(lambda: "relay waits" in house.said("relay"), 15), house.said("relay")
    assert set(waiting.values_list("topic", flat=True)) == topics, "nothing was done, nothing was lost"
    assert not Invoice.objects.filter(encounter=visit).exists()

    house.start_broker()
    assert wait_for(nothing_waits), house.said("relay") + house.said("worker")
    assert not OutboxMessage.objects.filter(dead_at__isnull=False).exists()
    invoice = Invoice.objects.get(encounter=visit)
    assert invoice.total == Decimal("12.00") + 10 * Decimal("0.35") + Decimal("80.00")
    assert Charge.objects.filter(encounter=visit).count() == invoice.lines.count() == 3
    assert Document.objects.filter(source_id=invoice.pk, kind=DocumentKind.INVOICE).count() == 1
    report = DiagnosticReport.objects.get(encounter=visit)
    assert documents.latest(report, DocumentKind.LAB_REPORT) is not None
    assert Document.objects.filter(source_id=report.pk).count() == 1
    assert ReorderAlert.objects.count() == 1
    payments.take(reception, invoice_id=invoice.pk, amount=invoice.balance, method="cash")
    assert faults() == []
