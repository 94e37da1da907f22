"""The auditor's list: whose record, by whom, when, what kind of act, where and from where."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from hms.core import audit, people
from hms.core.access import Access
from hms.core.models import AuditEvent, Facility, User
from patients.models import Patient
from reports import trail
from reports.trail import LONGEST
from reports.views import audit as views
from tests.conftest import make_patient
from tests.weakened import reworded, weakened

NOW = datetime(2026, 11, 20, 14, 5, 9, tzinfo=UTC)

# What the twins take away (tests/weakened.py).
THIS_ONE = ' & Q(detail__contains={"patients": [str(patient_id)]})'
AS_AUDITOR = 'if "core.view_auditevent" in roles.permissions_of([held.role.name])'
REACHED = "rows.filter(Q(facility__in=self.reach) | Q(facility=None))"
RECORDED = 'audit.record(request.user, "core.audit.searched", detail={"hits": len(patients) + len(people)})'


@pytest.fixture(autouse=True)
def afternoon(db: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


@pytest.fixture
def page(auditor: User, browser_of: Callable[[User], Client]) -> Callable[..., str]:
    """`page("/reports/audit/", kind="read")`: what the auditor sees."""
    client = browser_of(auditor)

    def read(path: str = "/reports/audit/", **query: Any) -> str:
        answer = client.get(path, query)
        assert answer.status_code == 200
        return answer.content.decode()

    return read


def write(actor: User | None, action: str, *, days: int = 0, source: str = "10.0.0.7", **more: Any) -> AuditEvent:
    with time_machine.travel(NOW - timedelta(days=days), tick=False), audit.source(source):
        return audit.record(actor, action, **more)


def of(patient: Patient) -> str:
    return f"/reports/audit/patients/{patient.pk}/"


def test_a_row_says_who_in_which_role_when_to_the_second_which_patient_what_from_where_and_why(
    person: Callable[..., User], patient: Patient, page: Callable[..., str]
) -> None:
    nurse = person("nurse")
    write(nurse, "patients.glass.broken", patient_id=patient.pk, reason="Collapsed in the corridor")
    found = page()
    for word in (nurse.name, "Nurse", "20 Nov 2026, 14:05:09", "Meera Raghunathan", patient.mrn, "10.0.0.7"):
        assert word in found, word
    assert "Collapsed in the corridor" in found and "Northgate Hospital" in found
    assert "patients.glass.broken" not in found


def test_what_is_no_patients_is_named(
    auditor: User, person: Callable[..., User], north: Facility, page: Callable[..., str]
) -> None:
    nurse = User.objects.create(username="w.mensah", first_name="Wanjiru", last_name="Mensah")
    admin = person("administrator")
    people.grant(admin, user=nurse, facility=north, role="pathologist")
    audit.record(admin, "core.user.password_set", nurse)
    odd = {"action": "core.department.changed", "object_type": "core.department", "object_id": "no key"}
    AuditEvent.objects.create(actor=admin, actor_name=admin.name, facility=north, at=NOW, **odd)
    html = page(kind="change")
    assert 'Role given<br><small class="muted">Wanjiru Mensah · Pathologist' in html
    assert 'Password set by an administrator<br><small class="muted">Wanjiru Mensah' in html
    assert "Department changed" in html


def test_the_time_is_that_of_the_rows_facility(
    person: Callable[..., User], auditor: User, south: Facility, page: Callable[..., str]
) -> None:
    people.grant(None, user=auditor, facility=south, role="auditor")
    write(person("nurse", south), "core.search")
    assert "20 Nov 2026, 09:05:09" in page(where=str(south.pk))


@weakened("of every kind", reworded(trail.Asked.rows, ("if self.kind:", "if False:")))
@weakened("by everybody", reworded(trail.Asked.rows, ("if self.person:", "if False:")))
@weakened("from everywhere", reworded(trail.Asked.rows, ("if self.source:", "if False:")))
@weakened("since ever", reworded(trail.Asked.rows, ("at__gte=self.since, ", "")))
@weakened("until now", reworded(trail.Asked.rows, (", at__lt=self.until", "")))
def test_filters_by_kind_person_source_and_period(
    person: Callable[..., User], patient: Patient, page: Callable[..., str]
) -> None:
    nurse, doctor = person("nurse"), person("doctor")
    write(nurse, "patients.chart.opened", patient_id=patient.pk, reason="by-nurse")
    write(doctor, "core.document.printed", patient_id=patient.pk, reason="by-doctor", source="10.0.0.8")
    write(nurse, "access.refused", reason="refused-once", days=3)
    write(nurse, "core.search", reason="long-ago", days=20)

    def told(**query: Any) -> set[str]:
        shown = page(**query)
        return {word for word in ("by-nurse", "by-doctor", "refused-once", "long-ago") if word in shown}

    assert told() == {"by-nurse", "by-doctor", "refused-once"}
    assert told(kind="read") == {"by-nurse"}
    assert told(kind="print") == {"by-doctor"}
    assert told(kind="refusal") == {"refused-once"}
    assert told(person=str(nurse.pk)) == {"by-nurse", "refused-once"}
    assert told(source="10.0.0.8") == {"by-doctor"}
    assert told(first="2026-10-20") == {"by-nurse", "by-doctor", "refused-once", "long-ago"}
    assert told(first="2026-10-20", last="2026-11-01") == {"long-ago"}
    assert told(kind="nonsense", person="x", where="y", first="z") == {"by-nurse", "by-doctor", "refused-once"}


@weakened("however long", reworded(trail.read, ("first=max(first, last - longest)", "first=first")))
def test_without_a_patient_a_person_or_a_source_the_period_is_bounded(
    person: Callable[..., User], page: Callable[..., str]
) -> None:
    nurse = person("nurse")
    write(nurse, "core.search", reason="last-year", days=LONGEST.days + 5)
    assert "last-year" not in page(first="2020-01-01")
    assert "last-year" in page(first="2020-01-01", person=str(nurse.pk))


@weakened("without lists", reworded(trail.concerning, (" | listed", "")))
@weakened("with every list", reworded(trail.concerning, (THIS_ONE, "")))
@weakened("with everybody's", reworded(trail.Asked.rows, (".filter(concerning(self.patient_id))", "")))
def test_who_looked_at_this_record_counts_lists_that_showed_it_and_nobody_elses(
    reception: User, person: Callable[..., User], patient: Patient, page: Callable[..., str]
) -> None:
    other = make_patient(reception, "Arjun", "Mehta")
    nurse = person("nurse")
    write(nurse, "patients.chart.opened", patient_id=patient.pk, reason="hers")
    write(nurse, "patients.chart.opened", patient_id=other.pk, reason="another's")
    write(
        nurse, "patients.list.seen", detail={"route": "patients:list", "patients": [str(patient.pk)]}, reason="listed"
    )
    write(
        nurse,
        "patients.list.seen",
        detail={"route": "patients:list", "patients": [str(other.pk)]},
        reason="listed-other",
    )
    found = page(of(patient))
    assert "hers" in found and "listed" in found
    assert "another's" not in found and "listed-other" not in found
    assert "Meera Raghunathan" in found and "Mehta" not in found


def test_the_chart_leads_the_auditor_to_who_looked(
    auditor: User, patient: Patient, browser_of: Callable[[User], Client], client_as: Callable[..., Client]
) -> None:
    assert of(patient) in browser_of(auditor).get(f"/patients/{patient.pk}/").content.decode()
    assert of(patient) not in client_as("doctor").get(f"/patients/{patient.pk}/").content.decode()


@weakened("with any facility asked for", reworded(trail.read, ("where=where if where in known else", "where=where or")))
@weakened("whatever one's role there", reworded(trail.reach, (AS_AUDITOR, "")))
@weakened("with all of them as all", reworded(trail.Asked.rows, (REACHED, "rows")))
def test_rows_of_another_facility_are_seen_by_its_own_auditor_only(
    person: Callable[..., User], auditor: User, south: Facility, page: Callable[..., str]
) -> None:
    nurse = person("nurse", south)
    write(nurse, "core.search", reason="in-the-south")
    for query in ({}, {"where": str(south.pk)}, {"where": "all"}, {"person": str(nurse.pk), "where": "all"}):
        assert "in-the-south" not in page(**query)
    people.grant(None, user=auditor, facility=south, role="receptionist")
    assert "in-the-south" not in page(where=str(south.pk))
    people.grant(None, user=auditor, facility=south, role="auditor")
    assert "in-the-south" in page(where=str(south.pk))
    assert "in-the-south" in page(person=str(nurse.pk), where="all")


@weakened("unasked", reworded(trail.Asked.rows, ("facility=None if self.where == NOWHERE else self.where", "")))
def test_rows_of_no_facility_are_asked_for_by_themselves(page: Callable[..., str]) -> None:
    write(None, "core.user.sign_in_failed", reason="at-the-door")
    assert "at-the-door" not in page()
    found = page(where="none")
    assert "at-the-door" in found and "Nobody signed in" in found


@weakened("whose it may be", reworded(trail.lines, ("Patient.objects.visible_to(asked.reader)", "Patient.objects")))
def test_a_patient_of_another_branch_is_not_named(
    person: Callable[..., User], south: Facility, page: Callable[..., str]
) -> None:
    theirs = make_patient(person("receptionist", south), "Zuleikha", "Farouk")
    write(person("nurse"), "access.out_of_scope", patient_id=theirs.pk)
    found = page()
    assert "Patient of another branch" in found and "Zuleikha" not in found and theirs.mrn not in found


@weakened("unrecorded", reworded(views.audit_search, (RECORDED, "pass")))
def test_patients_and_colleagues_are_found_by_post(
    auditor: User, person: Callable[..., User], patient: Patient, browser_of: Callable[[User], Client]
) -> None:
    nurse = person("nurse")
    found = browser_of(auditor).post("/reports/audit/search", {"q": "raghu"}).content.decode()
    assert of(patient) in found and "Nobody found" in found
    found = browser_of(auditor).post("/reports/audit/search", {"q": "nurse tester"}).content.decode()
    assert f"/reports/audit/?person={nurse.pk}" in found
    assert AuditEvent.objects.filter(action="core.audit.searched").count() == 2


def test_pages_go_on_where_they_ended_also_at_one_moment(
    person: Callable[..., User], patient: Patient, auditor: User, browser_of: Callable[[User], Client]
) -> None:
    nurse, client = person("nurse"), browser_of(auditor)
    written = {write(nurse, "core.search", source="10.9.9.9").pk for _n in range(120)}
    for query in ("?source=10.9.9.9", ""):
        path = "/reports/audit/" if query else of(patient)
        if not query:
            written = {write(nurse, "patients.chart.opened", patient_id=patient.pk).pk for _n in range(120)}
        seen: list[int] = []
        address = path + query
        while address:
            page = client.get(address).context
            seen += [line.event.pk for line in page["lines"] if line.event.actor_id == nurse.pk]
            address = path + page["page"].next_url if page["page"].next_url else ""
        assert len(seen) == len(set(seen)) and set(seen) == written


def test_the_list_costs_the_same_with_many_rows(
    person: Callable[..., User], reception: User, auditor: User, browser_of: Callable[[User], Client]
) -> None:
    client = browser_of(auditor)

    def cost() -> int:
        client.get("/reports/audit/")
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/reports/audit/").status_code == 200
        return len(captured)

    write(person("nurse"), "patients.chart.opened", patient_id=make_patient(reception).pk)
    few = cost()
    for n in range(30):
        patient = make_patient(reception, f"Given{n}", f"Family{n}")
        write(person("nurse"), "patients.chart.opened", patient_id=patient.pk)
    assert cost() == few <= 12


@weakened("unrecorded", audit, "taken_out", lambda actor, action, **more: None, by=AuditEvent.DoesNotExist)
def test_the_list_as_csv_and_xlsx_with_the_same_filters_leaves_a_row(
    person: Callable[..., User], patient: Patient, auditor: User, browser_of: Callable[[User], Client]
) -> None:
    nurse, client = person("nurse"), browser_of(auditor)
    write(nurse, "patients.chart.opened", patient_id=patient.pk, reason="=cmd|' /C calc'!A0")
    write(nurse, "core.document.printed", patient_id=patient.pk)
    answer = client.get(of(patient), {"kind": "read", "person": str(nurse.pk), "format": "csv"})
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(table) == 1
    assert table[0]["Who"] == nurse.name and table[0]["MRN"] == patient.mrn
    assert table[0]["When"] == "2026-11-20T14:05:09+00:00"
    assert table[0]["Why"].startswith("'=cmd")
    left = AuditEvent.objects.get(action="export")
    assert left.patient_id == patient.pk and left.kind == "export"
    assert left.detail["format"] == "csv" and left.detail["kind"] == "read" and left.detail["person"] == str(nurse.pk)
    book = load_workbook(io.BytesIO(client.get("/reports/audit/", {"kind": "print", "format": "xlsx"}).getvalue()))
    rows = list(book.active.iter_rows(values_only=True))
    assert len(rows) == 2 and rows[1][7] == patient.mrn


@weakened("but the list", views.audit_list, "access", Access())
@weakened("but a patient's", views.audit_of_patient, "access", Access())
@weakened("but what was unusual", views.audit_findings, "access", Access())
@weakened("but what left the house", views.disclosure_list, "access", Access())
def test_nobody_else_reads_the_audit(client_as: Callable[..., Client], patient: Patient) -> None:
    for role in ("administrator", "doctor", "manager", "hr"):
        client = client_as(role)
        for path in ("/reports/audit/", of(patient), "/reports/audit/findings", f"{of(patient)}disclosures"):
            assert client.get(path).status_code == 403, (role, path)


@weakened("unseen", audit, "conclude", lambda actor, noted, route: None)
def test_the_auditors_own_look_leaves_a_row(auditor: User, patient: Patient, page: Callable[..., str]) -> None:
    page(of(patient))
    looked = AuditEvent.objects.filter(actor=auditor, patient_id=patient.pk)
    assert [row.detail["route"] for row in looked] == ["reports:audit-of-patient"]


@weakened("since ever", reworded(trail.today, (", at__gte=since", "")))
def test_the_dashboard_says_todays_figures_and_refusals(person: Callable[..., User], page: Callable[..., str]) -> None:
    write(person("nurse"), "access.refused", detail={"kind": "route", "which": "billing:invoices"})
    write(person("nurse"), "access.refused", detail={"kind": "route", "which": "long:ago"}, days=2)
    found = page("/reports/audit/today")
    assert "billing:invoices" in found and "Refused: not allowed in this role" in found and "long:ago" not in found


def test_an_id_in_the_address_is_no_name(patient: Patient, page: Callable[..., str]) -> None:
    assert isinstance(patient.pk, UUID)
    found = page(of(patient))
    links = [part.split('"')[0] for part in found.split('href="')[1:]]
    assert not any("raghunathan" in link.lower() or patient.mrn in link for link in links)
