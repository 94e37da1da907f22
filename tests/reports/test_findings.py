"""Unusual access: what is found, what is not, and the auditor's verdict on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client

from hms.core import audit
from hms.core.models import AuditEvent, Facility, FindingReview, User
from hms.core.refusals import Refused
from patients.models import Patient
from patients.services import grants
from reports import findings, services
from reports.findings import Key
from staff import services as staff
from staff.models import Attendance
from tests.conftest import make_patient
from tests.weakened import instead, reworded, weakened

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


# What the twins take away (tests/weakened.py): words of the statement.


def asking(*changes: tuple[str, str]) -> tuple[Any, str, str]:
    return findings, "_SQL", instead(findings._SQL, *changes)


@contextmanager
def with_verdicts_that_change() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("alter table core_findingreview disable trigger user")
        yield


@pytest.fixture(autouse=True)
def afternoon(db: None) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


@pytest.fixture
def nurse(person: Callable[..., User]) -> User:
    """Nurse Tester, whose file says the same name."""
    return person("nurse")


def look(actor: User, patient: Patient, *, at: datetime = NOW, action: str = "patients.chart.opened") -> None:
    with time_machine.travel(at, tick=False):
        audit.record(actor, action, patient_id=patient.pk)


def kinds(auditor: User, *, first: date = TODAY, last: date = TODAY) -> list[str]:
    return sorted(found.key.kind for found in findings.find(auditor, first=first, last=last))


@weakened("with every name one's own", *asking((" and s.family = w.family where w.family <> ''", "")))
@weakened("with everybody a colleague", *asking(("where confidentiality = 'staff'", "")))
def test_an_ordinary_look_is_nothing_unusual(auditor: User, nurse: User, patient: Patient) -> None:
    look(nurse, patient)
    assert kinds(auditor) == []


@weakened(
    "with accents",
    *asking(("lower(unaccent(family_name)) as family\n    from patients", "family_name as family\n    from patients")),
    by=ValueError,
)
def test_a_patient_of_the_same_family_name_is_found_whatever_its_accents(
    auditor: User, nurse: User, reception: User
) -> None:
    kin = make_patient(reception, "Mattéo", "TÉSTER")
    look(nurse, kin)
    look(nurse, kin, at=NOW + timedelta(minutes=20))
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.person, found.patient, found.rows) == ("own_name", nurse, kin, 2)
    assert found.why == "The patient bears this person's family name."


@weakened("without one's own", *asking(("case when fully then 'own_record' else 'own_name' end", "'own_name'")))
def test_ones_own_record_is_found_as_that_and_not_as_a_namesake(auditor: User, nurse: User, reception: User) -> None:
    look(nurse, make_patient(reception, "nurse", "tester"))
    assert kinds(auditor) == ["own_record"]


@weakened("with every act a look", *asking((" and kind = any(%(kinds)s)", "")))
def test_changes_and_short_lists_are_no_looks(auditor: User, nurse: User, reception: User) -> None:
    kin = make_patient(reception, "Mattéo", "Tester")
    look(nurse, kin, action="patients.vitals.recorded")
    audit.record(nurse, "patients.list.seen", detail={"patients": [str(kin.pk)]})
    audit.taken_out(nurse, "export", shown=[kin.pk])
    assert kinds(auditor) == []


@weakened("without it", *asking(("where confidentiality = 'staff'", "where false")))
def test_a_record_kept_as_of_one_who_works_here_is_a_colleagues(
    auditor: User, nurse: User, reception: User, patient: Patient
) -> None:
    grants.keep_narrow(reception, patient_id=patient.pk, confidentiality="staff", reason="Works in ward 2")
    look(nurse, patient)
    assert kinds(auditor) == ["colleague"]


@weakened("by the name alone", *asking(("e.email <> '' and e.email = s.email", "true")))
@weakened("without the telephone", *asking(("length(s.phone_digits) >= 6 and", "false and")), by=ValueError)
def test_a_colleague_is_known_by_the_full_name_with_telephone_or_email(
    auditor: User, nurse: User, reception: User, person: Callable[..., User]
) -> None:
    doctor = person("doctor")
    hr = person("hr")
    staff.change(hr, employee_id=doctor.employee.pk, given_name="Ama", family_name="Weber", phone="+44 20 7946 0958")
    namesake = make_patient(reception, "Ama", "Weber", phone="+44 20 7000 1111")
    look(nurse, namesake)
    assert kinds(auditor) == []
    colleague = make_patient(reception, "Ama", "Weber", phone="020 7946 0958", birth_date=date(1980, 1, 1))
    grants.keep_narrow(auditor, patient_id=colleague.pk, confidentiality="normal", reason="She asked for it")
    look(nurse, colleague)
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.patient) == ("colleague", colleague)


@weakened("one too early", *asking(("having count(*) > %(many)s", "having count(*) >= %(many)s")))
@weakened("without the threshold", *asking(("having count(*) > %(many)s", "having false")), by=ValueError)
@weakened(
    "of a day", *asking(("patient_id, date_trunc('hour', at, %(zone)s)", "patient_id, date_trunc('day', at, %(zone)s)"))
)
def test_many_charts_within_an_hour_are_found_from_the_threshold_on(
    auditor: User, nurse: User, reception: User, settings: Any
) -> None:
    settings.AUDIT_MANY_CHARTS = 5
    patients = [make_patient(reception, f"Given{n}", f"Family{n}") for n in range(6)]
    for patient in patients[:5]:
        look(nurse, patient)
        look(nurse, patient)
    look(nurse, patients[5], at=NOW + timedelta(hours=1))
    assert kinds(auditor) == []
    look(nurse, patients[5])
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.number, found.rows) == ("many_charts", 6, 11)
    assert found.why == "6 records within one hour; 5 are usual at most."


def take_out(actor: User, patients: list[Patient], *, at: datetime = NOW) -> None:
    with time_machine.travel(at, tick=False):
        audit.taken_out(actor, "export", shown=[patient.pk for patient in patients], detail={"list": "patients"})


@weakened("without files", *asking(("from named_in where kind = 'export'", "from named_in where false")), by=ValueError)
@weakened("of a day", *asking(("kind, date_trunc('hour', at, %(zone)s)", "kind, date_trunc('day', at, %(zone)s)")))
@weakened(
    "one too early",
    *asking(
        ("kind = 'export' and number > ", "kind = 'export' and number >= "), ("\n        > case", "\n        >= case")
    ),
)
@weakened("each name as often as it stands there", *asking(("count(distinct p.id)", "count(p.id)")))
def test_many_patients_taken_out_within_an_hour_are_found_at_once_or_bit_by_bit(
    auditor: User, nurse: User, reception: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AUDIT_MANY_TAKEN_OUT = 3
    monkeypatch.setattr(audit, "LISTED", 2)  # a long file is told in several rows
    patients = [make_patient(reception, f"Given{n}", f"Family{n}") for n in range(4)]
    take_out(nurse, patients[:3])
    take_out(nurse, patients[:3])
    take_out(nurse, patients, at=NOW - timedelta(days=1))
    take_out(nurse, patients[3:], at=NOW + timedelta(hours=1))
    assert kinds(auditor) == []
    take_out(nurse, patients[3:], at=NOW + timedelta(minutes=30))
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.person, found.patient, found.number, found.rows) == ("taken_out", nurse, None, 4, 5)
    assert found.why == "Files with 4 patients left the house within one hour; 3 are usual at most."
    assert found.looks == "5 rows of the audit"
    assert kinds(auditor, first=TODAY - timedelta(days=1)) == ["taken_out", "taken_out"]


@weakened("without lists", *asking(("from named_in where kind = 'read'", "from named_in where false")), by=ValueError)
@weakened("each name as often as it stands there", *asking(("count(distinct p.id)", "count(p.id)")))
@weakened("with what others read", *asking(("e.actor_id = m.actor_id", "true")))
def test_whoever_pages_through_a_list_is_found_and_whoever_reads_the_same_page_again_is_not(
    auditor: User, nurse: User, reception: User, settings: Any
) -> None:
    settings.AUDIT_MANY_LISTED = 3
    ids = [str(make_patient(reception, f"Given{n}", f"Family{n}").pk) for n in range(4)]
    for actor, page in ((nurse, ids[:3]), (nurse, ids[:3]), (reception, ids[1:])):
        audit.record(actor, "patients.list.seen", detail={"route": "patients:list", "patients": page})
    assert kinds(auditor) == []
    audit.record(nurse, "patients.list.seen", detail={"route": "patients:list", "patients": ids[3:]})
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.person, found.number, found.rows) == ("many_listed", nurse, 4, 3)
    assert found.why == "Lists showed 4 patients within one hour; 3 are usual at most."


@weakened(
    "of everywhere",
    *asking(("facility_id = %(facility)s and kind in", "kind in"), (" and e.facility_id = %(facility)s", "")),
    by=ValueError,
)
def test_the_file_that_a_page_gives_is_counted_judged_and_led_to(
    auditor: User,
    nurse: User,
    reception: User,
    browser_of: Callable[[User], Client],
    settings: Any,
    person: Callable[..., User],
    south: Facility,
) -> None:
    settings.AUDIT_MANY_TAKEN_OUT = 2
    patients = [make_patient(reception, f"Given{n}", f"Family{n}") for n in range(3)]
    take_out(person("nurse", south), patients)
    client = browser_of(reception)
    assert b"Given2" in b"".join(client.get("/patients/?format=csv").streaming_content)
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.person, found.number) == ("taken_out", reception, 3)
    client = browser_of(auditor)
    page = client.get("/reports/audit/findings").content.decode()
    assert "Many patients taken out" in page and "3 patients" in page
    assert f"/reports/audit/?person={reception.pk}&amp;first=2026-11-20&amp;last=2026-11-20&amp;kind=export" in page
    address = "/reports/audit/findings/verdict?" + urlencode(found.key.parameters)
    fields = {"verdict": "not_justified", "note": "Nobody asked for it", "_key": str(uuid4())}
    assert client.post(address, fields).status_code == 302
    assert FindingReview.objects.get().kind == "taken_out"
    assert "Many patients taken out</b>" not in client.get("/reports/audit/findings").content.decode()


@weakened("with a verdict for all day", reworded(findings.find, ("review.made_at >= ended", "True")))
def test_what_comes_after_a_verdict_is_asked_about_anew(
    auditor: User, nurse: User, reception: User, settings: Any
) -> None:
    settings.AUDIT_MANY_TAKEN_OUT = 1
    patients = [make_patient(reception, f"Given{n}", f"Family{n}") for n in range(2)]
    take_out(nurse, patients, at=NOW - timedelta(hours=3))
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    services.judge(auditor, key=found.key, verdict="justified", note="The insurer's list")
    take_out(nurse, patients, at=NOW + timedelta(minutes=1))
    later, earlier = findings.find(auditor, first=TODAY, last=TODAY)
    assert later.review is None and earlier.review.verdict == "justified"


NIGHT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@weakened("with a longer night", findings, "NIGHT", 21)
@weakened("without a night", *asking((">= %(night)s\n                or", "> 24 and")), by=ValueError)
def test_at_night_without_a_shift_is_found(auditor: User, nurse: User, patient: Patient) -> None:
    look(nurse, patient, at=NIGHT)
    look(nurse, patient, at=NOW.replace(hour=21, minute=59))
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert (found.key.kind, found.rows, found.number) == ("off_duty", 1, 1)


@weakened("without the roster", *asking(("r.employee_id = e.id", "false")))
@weakened("without attendance", *asking(("a.employee_id = e.id", "false")))
@weakened(
    "with a roster for ever",
    *asking(
        (
            "\n                and r.period && tstzrange(l.first - interval '1 hour', l.last + interval '1 hour', '[]')",
            "",
        )
    ),
)
def test_at_night_within_the_roster_or_an_attendance_is_not(
    auditor: User, nurse: User, patient: Patient, person: Callable[..., User]
) -> None:
    hr, other = person("hr"), person("nurse")
    shift = staff.set_shift(hr, name="Night", starts=time(22), ends=time(6))
    staff.plan_roster(hr, employee_id=nurse.employee.pk, shift=shift, days=[TODAY])
    look(nurse, patient, at=NIGHT)
    look(nurse, patient, at=NIGHT + timedelta(hours=7, minutes=20))  # handing over, after the end
    Attendance.objects.create(employee=other.employee, came_at=NIGHT - timedelta(hours=2), recorded_by=hr)
    look(other, patient, at=NIGHT)
    assert kinds(auditor, last=TODAY + timedelta(days=1)) == []
    look(nurse, patient, at=NIGHT + timedelta(days=1))
    assert kinds(auditor, last=TODAY + timedelta(days=2)) == ["off_duty"]


@weakened(
    "by Greenwich's",
    *asking(
        ("extract(hour from l.hour at time zone %(zone)s) >=", "extract(hour from l.hour at time zone 'UTC') >="),
        ("extract(hour from l.hour at time zone %(zone)s) <", "extract(hour from l.hour at time zone 'UTC') <"),
    ),
)
def test_night_is_by_the_facilitys_clock(person: Callable[..., User], south: Facility) -> None:
    auditor, nurse = person("auditor", south), person("nurse", south)
    look(nurse, make_patient(person("receptionist", south)), at=datetime(2026, 11, 20, 2, 30, tzinfo=UTC))
    assert kinds(auditor, first=date(2026, 11, 19)) == []  # half past nine in the evening in New York
    look(nurse, make_patient(person("receptionist", south), "B", "C"), at=datetime(2026, 11, 20, 4, 30, tzinfo=UTC))
    (found,) = findings.find(auditor, first=date(2026, 11, 19), last=date(2026, 11, 19))
    assert (found.key.kind, found.key.day) == ("off_duty", date(2026, 11, 19))


@weakened("with the last day itself", *asking(("d.day > w.left_on", "d.day >= w.left_on")))
@weakened("without an end", *asking(("d.day > w.left_on", "false")))
def test_after_the_last_working_day_is_found(
    auditor: User, nurse: User, patient: Patient, person: Callable[..., User]
) -> None:
    look(nurse, patient)
    staff.leave(person("hr"), employee_id=nurse.employee.pk, left_on=TODAY, reason="Moved")
    assert kinds(auditor) == []
    look(nurse, patient, at=NOW + timedelta(days=1))
    assert kinds(auditor, last=TODAY + timedelta(days=1)) == ["after_leaving"]


@weakened("without emergencies", *asking(("g.kind = 'break_glass'", "false")), by=ValueError)
@weakened("judged anywhere", reworded(services.judge, ("key.kind == FindingKind.EMERGENCY or ", "")), by=DatabaseError)
def test_an_emergency_access_is_found_and_judged_where_it_stands(auditor: User, nurse: User, patient: Patient) -> None:
    grants.break_glass(nurse, patient_id=patient.pk, reason="Collapsed")
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert found.key.kind == "emergency"
    with pytest.raises(Refused, match="no such finding"):
        services.judge(auditor, key=found.key, verdict="justified", note="x")


@weakened("of everywhere", *asking(("facility_id = %(facility)s and kind =", "kind =")))
def test_findings_of_another_facility_are_not_ours(auditor: User, person: Callable[..., User], south: Facility) -> None:
    look(person("nurse", south), make_patient(person("receptionist", south), "A", "Tester"))
    assert kinds(auditor) == []
    assert kinds(person("auditor", south)) == ["own_name"]


def kin_of(nurse: User, reception: User, auditor: User) -> findings.Finding:
    look(nurse, make_patient(reception, "Mattéo", "Tester"))
    (found,) = findings.find(auditor, first=TODAY, last=TODAY)
    return found


@weakened("with the first that counts", reworded(findings._reviews, ('"id"', '"-id"')))
@weakened("without its row", services, "audit", SimpleNamespace(record=lambda *said, **more: None))
@weakened("with verdicts that change", with_verdicts_that_change)
def test_a_verdict_is_kept_audited_and_the_later_one_counts(auditor: User, nurse: User, reception: User) -> None:
    found = kin_of(nurse, reception, auditor)
    services.judge(auditor, key=found.key, verdict="followed_up", note="Asked the ward sister")
    services.judge(auditor, key=found.key, verdict="justified", note="On duty, her patient")
    (again,) = findings.find(auditor, first=TODAY, last=TODAY)
    assert again.review.verdict == "justified"
    assert FindingReview.objects.count() == 2
    told = AuditEvent.objects.filter(action="core.audit.finding_judged")
    assert told.count() == 2 and told.first().patient_id == found.patient.pk
    for change in ("update core_findingreview set note = 'x'", "delete from core_findingreview"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


@weakened("whatever is said", findings, "one", lambda reader, key: key)
@weakened("one's own", reworded(services.judge, ("if key.person_id == actor.pk:", "if False:")), by=DatabaseError)
def test_what_is_no_finding_and_what_one_did_oneself_is_not_judged(auditor: User, nurse: User, reception: User) -> None:
    found = kin_of(nurse, reception, auditor)
    for key in (
        Key("own_name", TODAY, nurse.pk, uuid4()),
        Key("off_duty", TODAY, nurse.pk, None),
        Key("own_name", TODAY - timedelta(days=1), nurse.pk, found.patient.pk),
    ):
        with pytest.raises(Refused, match="no such finding"):
            services.judge(auditor, key=key, verdict="justified", note="x")
    mine = make_patient(reception, "Auditor", "Tester")
    look(auditor, mine)
    with pytest.raises(Refused, match="Somebody else"):
        services.judge(auditor, key=Key("own_record", TODAY, auditor.pk, mine.pk), verdict="justified", note="x")


@weakened("with verdicts that are lost", findings, "_reviews", lambda facility, first, last: {})
def test_the_page_shows_the_finding_its_rows_and_takes_the_verdict(
    auditor: User, nurse: User, reception: User, browser_of: Callable[[User], Client]
) -> None:
    found = kin_of(nurse, reception, auditor)
    auditor.last_name = "Okafor"  # else the auditor's own looks at a Tester are found as well
    auditor.save()
    client = browser_of(auditor)
    page = client.get("/reports/audit/findings").content.decode()
    assert "Patient of the same family name" in page and found.patient.mrn in page
    rows = f"/reports/audit/patients/{found.patient.pk}/?person={nurse.pk}&amp;first=2026-11-20"
    assert rows in page
    address = "/reports/audit/findings/verdict?" + urlencode(found.key.parameters)
    assert "Give a verdict" in client.get(address).content.decode()
    fields = {"verdict": "not_justified", "note": "No reason given", "_key": str(uuid4())}
    assert client.post(address, {**fields, "note": ""}).status_code == 422
    assert client.post(address, fields).status_code == 302
    assert found.patient.mrn not in client.get("/reports/audit/findings").content.decode()
    page = client.get("/reports/audit/findings?show=all").content.decode()
    assert "Not justified" in page and "No reason given" in page
    for nonsense in ("", "?kind=own_name", "?kind=x&day=2026-11-20&person=" + str(nurse.pk), "?day=y&person=z"):
        assert client.get("/reports/audit/findings/verdict" + nonsense).status_code == 404
