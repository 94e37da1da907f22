"""The worker is killed in the middle of an invoice. Afterwards nothing is missing and nothing is double."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from django.db import connection

from billing.models import Invoice, InvoiceLine
from hms.core.models import Counter, Document, DocumentKind, OutboxMessage, User
from patients.services import encounters
from tests.billing.conftest import charge, faults, make_invoice, text_of
from tests.conftest import make_patient
from tests.kill.conftest import House, database_url, wait_for


@contextmanager
def holding(lock: LiteralString) -> Iterator[None]:
    """A transaction of the test's own that holds a lock until the block ends."""
    with psycopg.connect(database_url()) as own:
        own.execute(lock)
        yield
        own.rollback()


def in_the_middle() -> bool:
    """Whether someone waits for a lock that is held by another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and wait_event_type = 'Lock' and pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0] > 0


def nothing_waits() -> bool:
    return not OutboxMessage.objects.filter(done_at=None).exists()


def test_a_worker_killed_in_the_middle_of_an_invoice_leaves_one_invoice_and_no_gap(
    house: House, reception: User
) -> None:
    patient = make_patient(reception)
    first = make_invoice(reception, patient)
    OutboxMessage.objects.all().delete()
    visit = encounters.open_encounter(reception, patient=patient)
    charge(reception, visit, "XRAY", "60.00")
    charge(reception, visit, "SUTURE", "40.00")
    encounters.close(reception, encounter_id=visit.pk)
    billing = OutboxMessage.objects.get(handler="billing.receivers.visit_closed")

    # Invoice, lines and number are written, its ledger entries are not: the middle.
    house.start_broker()
    with holding("lock table billing_ledgerentry in exclusive mode"):
        house.start_worker()
        house.start_relay()
        assert wait_for(in_the_middle), house.said("worker") + house.said("relay")
        house.kill("worker")
    assert Invoice.objects.count() == 1, "the half-made invoice is gone"
    billing.refresh_from_db()
    assert (billing.done_at, billing.dead_at) == (None, None)

    house.start_worker()
    assert wait_for(
        lambda: OutboxMessage.objects.filter(topic="billing.invoice_issued", done_at__isnull=False).exists()
    )
    assert wait_for(nothing_waits), house.said("worker")
    second = Invoice.objects.exclude(pk=first.pk).get()
    assert (second.encounter_id, second.total) == (visit.pk, 100)
    assert InvoiceLine.objects.filter(invoice=second).count() == 2
    assert [number[-6:] for number in (first.number, second.number)] == ["000001", "000002"]
    assert Counter.objects.get(series__startswith="INV").value == 2
    paper = Document.objects.get(kind=DocumentKind.INVOICE, source_id=second.pk)
    assert second.number in text_of(bytes(paper.content))
    billing.refresh_from_db()
    assert billing.attempts >= 2, "it was handed over again"
    assert faults() == []
