"""Every route for every role, by every method, of one's own patient, another department's, another facility's.

Whom each opens to stands in matrix.txt, which was read line by line. Whoever is refused learns nothing: no status,
header, body or redirect says a word of a patient, and nothing is changed. The same holds of what a look opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse

from hms.core import access, audit, roles
from hms.core.models import Facility, User
from hms.core.views import errors
from patients.models import Patient
from patients.querysets import PatientQuerySet
from tests.project.matrix import (
    FOREIGN,
    METHODS,
    MINUTES,
    Answer,
    Hospital,
    ask,
    concerns_a_row,
    hospital,
    marked,
    table,
)
from tests.project.routes import Route, routes
from tests.project.walked import Walked

REVIEWED = Path(__file__).with_name("matrix.txt")
HOW_TO = "Read each line of the difference, then write the table again: HMS_WRITE_MATRIX=1 bin/hms test tests/project/test_matrix.py"


@pytest.fixture
def stands(north: Facility, person: Callable[..., User]) -> Iterator[Hospital]:
    with hospital(north, person) as built:
        yield built


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


def walk_all(stands: Hospital, browser_of: Callable, codes: list[str], those: list[Route]) -> tuple[dict, list[str]]:
    """Whom each route opened to, and every fault that no table could excuse."""
    found: dict[tuple[str, str, str], set[str]] = {}
    faults: list[str] = []
    for code in codes:
        client = browser_of(stands.asked[code])
        client.raise_request_exception = False
        knows_none = "patients.view_patient" not in roles.ROLES[code].permissions
        for route in those:
            for kind, walked in stands.objects.items():
                # Who lacks a route's permission is refused at the door, before any row is looked for: one role shows it.
                if kind != "own" and not (concerns_a_row(route) and (may_pass(route, code) or code == "hr")):
                    continue
                for method in ("GET", "POST"):
                    answer = ask(client, method, walked.url(route))
                    where = f"{code} {method} {route.name} {kind} {answer.status}"
                    if kind == "own" and wrongly_refused(route, walked, code, answer):
                        faults.append(f"{where}: the permission says otherwise")
                    if answer.opened:
                        found.setdefault((route.name, method, kind), set()).add(code)
                    elif marked(answer, *stands.objects.values()):
                        faults.append(f"{where}: the refusal names a patient")
                    if answer.status >= 500:
                        faults.append(f"{where}: broke")
                    if (method == "GET" or not answer.opened) and (changed := answer.written - MINUTES):
                        faults.append(f"{where}: changed {sorted(changed)}")
                    if kind == "foreign" and answer.opened:
                        faults.append(f"{where}: opened to another facility")
                    if knows_none and marked(answer, *stands.objects.values()):
                        faults.append(f"{where}: names a patient to a role that knows none")
                    if FOREIGN in answer.text:
                        faults.append(f"{where}: says something of another facility")
    return found, faults


def test_every_route_opens_to_whom_the_table_says(stands: Hospital, browser_of: Callable) -> None:
    found, faults = walk_all(stands, browser_of, list(roles.ROLES), routes())
    assert faults == [], "\n".join(faults)
    lines = table(found)
    if os.environ.get("HMS_WRITE_MATRIX"):
        REVIEWED.write_text("\n".join(lines) + "\n")
    assert lines == REVIEWED.read_text().splitlines(), HOW_TO


def test_no_other_method_is_answered(stands: Hospital, browser_of: Callable) -> None:
    wrong = []
    for code, user in stands.asked.items():
        client = browser_of(user)
        client.raise_request_exception = False
        for route in routes():
            for method in METHODS[2:]:
                if method == "HEAD" and user.pk not in (stands.asked["doctor"].pk, stands.asked["accountant"].pk):
                    continue  # a GET without its body
                answer = ask(client, method, stands.objects["own"].url(route))
                if method == "HEAD":
                    fine = answer.status != 500 and not answer.written - MINUTES
                else:
                    fine = answer.status == 405 and not answer.written
                if not fine:
                    wrong.append(f"{code} {method} {route.name}: {answer.status} {answer.written}")
    assert wrong == [], "\n".join(wrong)


# What would be found, were a check away. One route of a patient's record and one of the cash desk are enough.
A_FEW = {"patients:chart-allergies", "patients:visit-close", "billing:invoice", "laboratory:order", "wards:summary-pdf"}


def few() -> list[Route]:
    chosen = [route for route in routes() if route.name in A_FEW]
    assert len(chosen) == len(A_FEW)
    return chosen


def test_whatever_check_is_away_is_missed(
    stands: Hospital, browser_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    chart = [route for route in routes() if route.name == "patients:chart"]

    def without(code: str, those: list[Route], *change: object) -> tuple[dict, list[str]]:
        with monkeypatch.context() as weakened:
            weakened.setattr(*change)
            return walk_all(stands, browser_of, [code], those)

    found, faults = walk_all(stands, browser_of, ["doctor", "hr", "receptionist"], few())
    assert faults == [] and ("patients:visit-close", "GET", "other") not in found

    found, _faults = without("doctor", few(), access, "_care", None)
    assert {("wards:summary-pdf", "GET", "other"), ("patients:visit-close", "GET", "other")} <= set(found)

    found, faults = without("hr", few(), User, "has_perm", lambda user, permission, obj=None: True)
    assert ("billing:invoice", "GET", "own") in found
    assert any("the permission says otherwise" in fault for fault in faults)

    _found, faults = without("receptionist", chart, PatientQuerySet, "visible_to", lambda rows, user: rows)
    assert any("opened to another facility" in fault for fault in faults)

    def talkative(request: HttpRequest, page: str, status: int) -> HttpResponse:
        return HttpResponse(stands.objects["other"].patient.family_name, status=status)

    _found, faults = without("hr", few(), errors, "render", talkative)
    assert sum("the refusal names a patient" in fault for fault in faults) > len(A_FEW)

    touch = Patient.objects.update
    _found, faults = without("doctor", few(), audit, "conclude", lambda actor, noted, route: touch(language="en"))
    assert any("changed ['patients_patient']" in fault for fault in faults)
