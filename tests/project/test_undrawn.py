"""A hospital whose workers have drawn no paper yet: a GET changes nothing but what the list below says, and whoever opens
a paper is who had it drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F

from billing.models import Invoice
from billing.services import invoices
from hms.core.models import AuditEvent, Document, Facility, User
from laboratory.models import DiagnosticReport
from laboratory.services import reports, results
from tests.billing.conftest import text_of
from tests.project.lived import unguarded
from tests.project.routes import Route, routes
from tests.project.walked import Walked, walk
from tests.weakened import weakened

AUDIT = "core_auditevent"
SESSION = "core_session"  # what to say on the next page
A_PAPER = {"core_document", "core_documentchange", AUDIT}  # one that is drawn, and its history
DRAWN = {
    "billing:credit-note-pdf",
    "billing:invoice-pdf",
    "billing:receipt-pdf",
    "laboratory:label-pdf",
    "laboratory:report-pdf",
    "pharmacy:prescription-pdf",
    "wards:summary-pdf",
}


@pytest.fixture
def undrawn(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        walked = walk(north, person)
        with unguarded() as cursor:
            cursor.execute("delete from core_document")
        yield walked


def written() -> Counter[str]:
    """Rows added, changed and removed since the test began, by table; also those that were written as they stood."""
    with connection.cursor() as cursor:
        cursor.execute("""
            select case when relname like 'core_auditevent%' then 'core_auditevent' else relname end,
                sum(n_tup_ins + n_tup_upd + n_tup_del)
            from pg_stat_xact_user_tables group by 1""")
        return Counter({table: int(rows) for table, rows in cursor.fetchall()})


def changed_by(client: Any, address: str) -> tuple[Any, set[str]]:
    before = written()
    answer = client.get(address)
    assert answer.status_code < 500, address
    answer.getvalue()
    return answer, set(written() - before)


def papers() -> list[Route]:
    return [route for route in routes() if route.name in DRAWN]


def issued_by_whom_they_asked(actor: User, *, report_id: object) -> Document:
    report = DiagnosticReport.objects.get(pk=report_id)
    reports.issue(report.order.ordered_by, order_id=report.order_id)
    return Document.objects.get(source_id=report_id)


def drawn_and_renumbered(actor: User, *, invoice_id: object, draw: Callable = invoices.draw) -> Document:
    Invoice.objects.filter(pk=invoice_id).update(number=F("number"))
    return draw(actor, invoice_id=invoice_id)


@weakened("in another's name", reports, "draw", issued_by_whom_they_asked)
@weakened("with a change besides", invoices, "draw", drawn_and_renumbered)
def test_opening_a_paper_draws_it_in_ones_own_name_and_again_only_counts_the_print(
    undrawn: Walked, browser_of: Callable[..., Any]
) -> None:
    assert {route.name for route in papers()} == DRAWN
    for route in papers():
        user = undrawn.who_may(route)
        client, last = browser_of(user), AuditEvent.objects.latest("id").pk
        drawn = set(Document.objects.values_list("pk", flat=True))
        answer, changed = changed_by(client, undrawn.url(route))
        assert answer["Content-Type"] == "application/pdf", route.name
        assert changed == A_PAPER, route.name
        paper = Document.objects.exclude(pk__in=drawn).get()
        rows = AuditEvent.objects.filter(pk__gt=last)
        assert {row.actor for row in rows} == {paper.issued_by} == {user}, route.name
        assert {row.action for row in rows} == {"core.document.issued", "core.document.printed"}, route.name
        _answer, changed = changed_by(client, undrawn.url(route))
        assert changed <= A_PAPER, route.name
        again = Document.objects.get(pk=paper.pk)
        assert (again.prints, again.sha256, again.status) == (2, paper.sha256, "issued")
        assert set(Document.objects.values_list("pk", flat=True)) == drawn | {paper.pk}


def beyond(undrawn: Walked, browser_of: Callable[..., Any], which: list[Route]) -> dict[str, set[str]]:
    """What a GET of these routes wrote besides what it may, by route."""
    clients: dict[Any, Any] = {}
    found = {}
    for route in which:
        user = undrawn.who_may(route)
        client = clients.setdefault(user.pk, browser_of(user))
        _answer, changed = changed_by(client, undrawn.url(route))
        if more := changed - (A_PAPER if route.name in DRAWN else {AUDIT, SESSION}):
            found[route.name] = more
    return found


def test_no_get_changes_anything_but_a_paper_the_audit_and_ones_own_session(
    undrawn: Walked, browser_of: Callable[..., Any]
) -> None:
    inside = [route for route in routes() if not route.access.public]
    assert len(inside) > 200
    assert beyond(undrawn, browser_of, inside) == {}


def test_and_the_check_sees_one_that_does(
    undrawn: Walked, browser_of: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invoices, "draw", drawn_and_renumbered)
    assert "billing_invoice" in beyond(undrawn, browser_of, papers())["billing:invoice-pdf"]


@pytest.mark.printed
def test_the_paper_names_who_answers_for_it_and_not_who_opened_it(
    undrawn: Walked, browser_of: Callable[..., Any]
) -> None:
    nurse, pathologist = undrawn.users["nurse"], undrawn.users["pathologist"]
    report = next(route for route in papers() if route.name == "laboratory:report-pdf")
    said = text_of(browser_of(nurse).get(undrawn.url(report)).content)
    assert pathologist.name in said and nurse.name not in said
    assert Document.objects.get(kind="lab_report").issued_by == nurse


def test_a_report_that_is_being_corrected_is_not_drawn_meanwhile(
    undrawn: Walked, browser_of: Callable[..., Any]
) -> None:
    technician = undrawn.users["lab_technician"]
    results.correct(technician, result_id=undrawn.ids["result_id"], value="13.1", reason="Tubes were swapped")
    report = next(route for route in papers() if route.name == "laboratory:report-pdf")
    answer = browser_of(technician).get(undrawn.url(report), follow=True)
    assert "The new report comes once all are verified." in answer.content.decode()
    assert not Document.objects.filter(kind="lab_report").exists()
