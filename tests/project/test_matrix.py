"""Every route for every role, by every method, of one's own patient, another department's, another facility's, and one
whose record is kept narrower.

Whom each opens to stands in matrix.txt, which was read line by line. Whoever is refused learns nothing: no status,
header, body or redirect says a word of a patient, and nothing is changed: no statement that changes is seen, and for each
role all tables are the same after all its refusals. The same holds of what a look opens.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.test import Client

from hms.core import access, audit, roles
from hms.core.middleware import AccessMiddleware
from hms.core.models import User
from hms.core.views import errors
from patients import care
from patients.models import Patient
from patients.querysets import PatientQuerySet
from tests.project import matrix
from tests.project.hospitals import (
    FOREIGN,
    FOREIGN_HOUSE,
    KNOW_THE_NARROW,
    MARKS,
    OWN,
    Hospital,
    texts,
)
from tests.project.matrix import (
    METHODS,
    MINUTES,
    Answer,
    Found,
    ask,
    browser,
    differences,
    kinds_of,
    read,
    table,
)
from tests.project.routes import Route, routes
from tests.project.walked import Walked
from tests.weakened import reworded

REVIEWED = Path(__file__).with_name("matrix.txt")
HOW_TO = "Read each line of the difference, then write the table again: HMS_WRITE_MATRIX=1 bin/hms test tests/project/test_matrix.py"


# Routes whose view refuses some who pass the route: the kind of entry decides who may mark it, who verifies did not
# enter, an appointment is opened only by those who may also know the patient, and a doctor keeps their own hours.
NARROWER = {
    "appointments:appointment", "appointments:chart-panel", "core:no-facility", "doctors:add-exception",
    "doctors:end-availability", "doctors:remove-exception", "doctors:set-availability", "doctors:signature",
    "laboratory:results-verify", "patients:mark-error",
}  # fmt: skip


def wrongly_refused(route: Route, walked: Walked, code: str, answer: Answer) -> bool:
    """403 is for those without the route's permission, and never for those with it."""
    if route.access.public:
        return False
    allowed = walked.lets_in(route, code)
    return (answer.status == 403) == allowed and not (allowed and route.name in NARROWER)


def may_pass(route: Route, code: str) -> bool:
    return route.access.permission is None or route.access.permission in roles.ROLES[code].permissions


def _ask_for_all(stands: Hospital, code: str, client: Client, route: Route, found: Found) -> list[str]:
    faults: list[str] = []
    methods = ["GET", "POST"]
    for kind in kinds_of(route):
        # Who lacks a route's permission is refused at the door, before any row is looked for: one role shows it.
        if kind != "own" and not (may_pass(route, code) or code == "hr"):
            continue
        walked = stands.objects[kind]
        for method in list(methods):
            answer = ask(client, method, walked.url(route), keep=True)
            if answer.status == 405:  # before any row is looked for
                methods.remove(method)
            where = f"{code} {method} {route.name} {kind} {answer.status}"
            if kind == "own" and wrongly_refused(route, walked, code, answer):
                faults.append(f"{where}: the permission says otherwise")
            if answer.opened:
                found.setdefault((route.name, method, kind), set()).add(code)
            faults += [f"{where}: {fault}" for fault in faults_of(stands, code, method, kind, answer)]
    return faults


def faults_of(stands: Hospital, code: str, method: str, kind: str, answer: Answer) -> list[str]:
    """What no answer may do, whatever the route."""
    faults = []
    if not answer.opened and (told := stands.tells(answer.text)):
        faults.append(f"the refusal says something of {told}")
    if answer.status >= 500:
        faults.append("broke")
    if (method == "GET" or not answer.opened) and (changed := answer.written - MINUTES):
        faults.append(f"changed {sorted(changed)}")
    if kind == "foreign" and answer.opened:
        faults.append("opened to another facility")
    named = stands.names(answer.text)
    if named and "patients.view_patient" not in roles.ROLES[code].permissions:
        faults.append(f"names {named} to a role that knows no patient")
    if FOREIGN in answer.text or FOREIGN_HOUSE in answer.text:
        faults.append("says something of another facility")
    if code not in KNOW_THE_NARROW:
        if "narrow" in named:
            faults.append("names a patient who is kept from this role")
        # A sign-in that is asked for first is asked for whatever the address leads to.
        silent = answer.status in (403, 404, 405) or "Location: /accounts/again/" in answer.text
        if kind == "narrow" and not answer.opened and not silent:
            faults.append("says that there is such a patient")
    return faults


walk_all = partial(matrix.walk_all, _ask_for_all)

# Parts of equal length, so that two processes share them.
PARTS = [list(roles.ROLES)[part::4] for part in range(4)]


@pytest.mark.parametrize("codes", PARTS, ids=["-".join(part) for part in PARTS])
def test_every_route_opens_to_whom_the_table_says(stands: Hospital, codes: list[str]) -> None:
    found, faults = walk_all(stands, codes, routes())
    assert faults == [], "\n".join(faults)
    wrong = differences(found, REVIEWED, codes, table)
    assert wrong == [], "\n".join([*wrong, HOW_TO])


def opened_to_htmx(stands: Hospital, codes: list[str], those: list[Route]) -> tuple[list[str], int]:
    """What the table keeps closed and htmx is let into, or told something of, when it asks for a piece of a page; and
    how many were asked for. (The gate and the way to sign in answer htmx in their own words.)"""
    said, wrong, refused = read(REVIEWED), [], 0
    for code in codes:
        client = browser(stands, code)
        for route in those:
            for kind in kinds_of(route)[0 if code == "hr" else 1 :]:
                for method in ("GET",) if kind == "own" else ("GET", "POST"):
                    may = kind == "own" or may_pass(route, code)  # else refused at the door: one role shows it
                    if route.access.public or not may or code in said.get((route.name, method, kind), ()):
                        continue
                    refused += 1
                    answer = ask(client, method, stands.objects[kind].url(route), **{"HX-Request": "true"})
                    where = f"{code} {method} {route.name} {kind} {answer.status}"
                    if answer.opened:
                        wrong.append(f"{where}: opened to htmx")
                    wrong += [f"{where}: {fault}" for fault in faults_of(stands, code, method, kind, answer)]
    return wrong, refused


def test_what_is_closed_is_closed_to_htmx_too(stands: Hospital) -> None:
    wrong, refused = opened_to_htmx(stands, ["doctor", "cashier", "hr"], routes())
    assert wrong == [], "\n".join(wrong)
    assert refused > 300


def test_and_a_gate_that_lets_htmx_in_is_found(stands: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = [route for route in few() if route.name in ("wards:summary-pdf", "patients:chart-allergies")]
    assert opened_to_htmx(stands, ["doctor"], summary)[0] == []
    with reworded(AccessMiddleware.gate, ("if closed is None:", "if closed is None or request.htmx:"))():
        wrong, _refused = opened_to_htmx(stands, ["doctor"], summary)
    assert any(line.startswith("doctor GET wards:summary-pdf other 200: opened") for line in wrong)

    def talkative(request: HttpRequest, page: str, status: int) -> HttpResponse:
        return HttpResponse(MARKS["other"] if request.htmx else "", status=status)

    monkeypatch.setattr(errors, "render", talkative)
    wrong, _refused = opened_to_htmx(stands, ["doctor"], summary)
    assert any("the refusal says something of ['other']" in line for line in wrong)


def test_no_other_method_is_answered(stands: Hospital) -> None:
    """By whom it is sent is not even looked up: what holds for one role holds for each."""
    wrong, statements = [], []

    def note(execute: Callable, sql: str, *more: object) -> object:
        statements.append(sql)
        return execute(sql, *more)

    for code in ("doctor", "accountant"):
        client = browser(stands, code)
        for route in routes():
            address = stands.objects["own"].url(route)
            for method in METHODS[3:] if code == "doctor" else ():
                with connection.execute_wrapper(note):
                    status = client.generic(method, address).status_code
                if status != 405 or statements:
                    wrong.append(f"{code} {method} {route.name}: {status} {statements}")
                    statements.clear()
            answer = ask(client, "HEAD", address)  # a GET without its body
            if answer.status == 500 or answer.written - MINUTES:
                wrong.append(f"{code} HEAD {route.name}: {answer.status} {answer.written}")
    assert wrong == [], "\n".join(wrong)


# Columns of text that nobody types: by these the house counts, names itself, or finds its own way.
NOT_TYPED = {
    "appointments.Appointment.room", "appointments.QueueToken.room", "billing.Charge.description", "billing.Charge.source_type",
    "billing.Invoice.currency", "billing.InvoiceLine.description", "billing.LedgerTransaction.kind", "billing.LedgerTransaction.source_type",
    "core.Approval.arguments", "core.Approval.currency", "core.Approval.kind", "core.Approval.result_type", "core.Approval.subject_type",
    "core.AuditEvent.action", "core.AuditEvent.actor_name", "core.AuditEvent.detail", "core.AuditEvent.object_id", "core.AuditEvent.object_type",
    "core.AuditEvent.role", "core.AuditEvent.source", "core.Document.sha256", "core.Document.source_type", "core.Document.template",
    "core.Document.title", "interop.SourceRecord.key", "interop.SourceRecord.object_type", "interop.SourceRecord.resource_type",
    "interop.SourceRecord.source", "interop.UnresolvedReference.field", "interop.UnresolvedReference.reference",
    "laboratory.Result.range_text", "laboratory.Result.unit", "laboratory.Result.value_text", "patients.AmendmentRequest.about",
    "patients.AmendmentRequest.record_type", "patients.Condition.system", "patients.Contact.phone", "patients.Contact.relationship",
    "patients.Observation.code", "patients.Observation.display", "patients.Observation.unit", "patients.Observation.value_text", "patients.Patient.language",
    "patients.PatientIdentifier.system", "pharmacy.StockMovement.source_type",
}  # fmt: skip


def test_every_column_of_text_bears_the_mark_of_its_patient(stands: Hospital) -> None:
    """What a refusal is searched for is all that there is to tell."""
    for kind, walked in stands.objects.items():
        said, bearing = set(), set()
        for column, text in texts(walked.patient):
            said.add(column)
            if any(word in text for word in stands.words[kind]):
                bearing.add(column)
        assert (bare := said - bearing - NOT_TYPED) == set(), f"{kind}: " + "\n".join(sorted(bare))
        others = {word for other, words in stands.words.items() if other != kind for word in words}
        assert not {*stands.words[kind]} & others, "a marker is one patient's alone"


# What would be found, were a check away. One route of a patient's record and one of the cash desk are enough.
A_FEW = {"patients:chart-allergies", "patients:visit-close", "billing:invoice", "laboratory:order", "wards:summary-pdf"}


def few() -> list[Route]:
    chosen = [route for route in routes() if route.name in A_FEW]
    assert len(chosen) == len(A_FEW)
    return chosen


def test_whatever_check_is_away_is_missed(stands: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    chart = [route for route in routes() if route.name == "patients:chart"]

    def without(code: str, those: list[Route], *change: object) -> tuple[Found, list[str]]:
        with monkeypatch.context() as weakened:
            weakened.setattr(*change)
            return walk_all(stands, [code], those)

    found, faults = walk_all(stands, ["doctor", "hr", "receptionist", "cashier"], few())
    assert faults == [] and ("patients:visit-close", "GET", "other") not in found

    found, _faults = without("doctor", few(), access, "_care", None)
    assert {("wards:summary-pdf", "GET", "other"), ("patients:visit-close", "GET", "other")} <= set(found)

    found, faults = without("hr", few(), User, "has_perm", lambda user, permission, obj=None: True)
    assert ("billing:invoice", "GET", "own") in found
    assert any("the permission says otherwise" in fault for fault in faults)

    _found, faults = without("receptionist", chart, PatientQuerySet, "visible_to", lambda rows, user: rows)
    assert any("opened to another facility" in fault for fault in faults)

    _found, faults = without("cashier", few(), care, "unkept", lambda user, ref="": Q())
    assert "cashier GET billing:invoice narrow 200: names a patient who is kept from this role" in faults

    invoice = stands.objects["own"].patient.invoices.first()
    own = stands.objects["own"].patient
    for word in (f"Rash{OWN}", MARKS["other"], own.phone, own.birth_date.isoformat(), invoice.number):

        def talkative(request: HttpRequest, page: str, status: int, word: str = word) -> HttpResponse:
            return HttpResponse(headers={"X-Word": word}, status=status)

        _found, faults = without("hr", few(), errors, "render", talkative)
        assert sum("the refusal says something of" in fault for fault in faults) > len(A_FEW), word

    touch = Patient.objects.update
    _found, faults = without("doctor", few(), audit, "conclude", lambda actor, noted, route: touch(language="en"))
    assert any("changed ['patients_patient']" in fault for fault in faults)


def test_what_a_refusal_changes_is_found_in_the_tables(stands: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it changes them by a statement that does not look like one."""

    def unseen(*said: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("with rows as (update patients_patient set language = 'en' returning 1) select * from rows")

    monkeypatch.setattr(audit, "conclude", unseen)
    _found, faults = walk_all(stands, ["hr"], few())
    assert len(faults) == 1 and faults[0].startswith("hr: its refusals changed ['patients_patient'")
