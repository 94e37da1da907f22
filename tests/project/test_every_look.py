"""No page shows a patient and leaves no trace; no address of one facility opens to another; and who knocked is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db.models import Q

from hms.core import access, audit
from hms.core.models import AuditEvent, Facility, User
from patients.models import Patient
from tests.project.routes import Route, routes
from tests.project.walked import FAMILY, GIVEN, Walked, walk


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


# Where the view asks for more than its route: the role that passes both.
ROLES = {"appointments:appointment": "receptionist", "appointments:chart-panel": "receptionist"}


def readable() -> list[Route]:
    return [route for route in routes() if not route.access.public]


def looks(patient: Patient) -> int:
    of_lists = Q(detail__contains={"patients": [str(patient.pk)]})
    return AuditEvent.objects.filter(Q(patient_id=patient.pk) | of_lists).count()


def unrecorded(walked: Walked, browser_of: Callable) -> tuple[list[str], int]:
    """The routes that showed the patient's name and recorded no look; and how many showed it."""
    clients = {}
    traceless, showed = [], 0
    for route in readable():
        user = walked.who_may(route)
        client = clients.setdefault(user.pk, browser_of(user))
        before = looks(walked.patient)
        answer = client.get(walked.url(route))
        assert answer.status_code < 500, route.name
        content = answer.getvalue()  # of a file that is streamed, too
        assert b'type="number"' not in content, f"{route.name}: a comma would be dropped"
        shown = GIVEN.encode() in content or FAMILY.encode() in content
        showed += shown
        if shown and looks(walked.patient) == before:
            traceless.append(route.name)
    return traceless, showed


def test_every_page_that_shows_a_patient_records_the_look(walked: Walked, browser_of: Callable) -> None:
    traceless, showed = unrecorded(walked, browser_of)
    assert traceless == []
    assert showed > 60


def test_and_the_check_sees_a_page_that_does_not(
    walked: Walked, browser_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "seen", lambda patient_id: None)
    traceless, _showed = unrecorded(walked, browser_of)
    assert {"patients:list", "patients:edit", "pharmacy:prescriptions"} <= set(traceless)


def test_a_search_records_whom_it_found(walked: Walked, browser_of: Callable) -> None:
    client = browser_of(walked.users["receptionist"])
    before = looks(walked.patient)
    assert GIVEN in client.post("/search", {"q": FAMILY}).content.decode()
    assert looks(walked.patient) == before + 1


def test_a_form_that_was_refused_still_showed_the_patient(walked: Walked, browser_of: Callable) -> None:
    """What the act recorded was taken back with it; the look was not."""
    client = browser_of(walked.users["receptionist"])
    before = looks(walked.patient)
    key = "00000000-0000-4000-8000-000000000001"
    address = f"/patients/{walked.patient.pk}/deactivate"
    answer = client.post(address, {"_key": key, "reason": "Double"})
    assert answer.status_code == 422
    assert GIVEN in answer.content.decode()
    assert looks(walked.patient) == before + 1


def test_nothing_of_a_patient_opens_to_another_facility_and_the_attempt_stands_in_their_trail(
    walked: Walked, south: Facility, person: Callable[..., User], browser_of: Callable
) -> None:
    concerned = [route for route in readable() if set(route.arguments) & set(access.arguments())]
    assert len(concerned) > 80
    clients: dict[str, object] = {}
    wrong = []
    for route in concerned:
        role = ROLES.get(route.name) or walked.who_may(route).roles[0]
        client = clients.get(role) or clients.setdefault(role, browser_of(person(role, south)))
        before = AuditEvent.objects.filter(patient_id=walked.patient.pk, action="access.out_of_scope").count()
        for answer in (client.get(walked.url(route)), client.post(walked.url(route), {"_key": _key(before)})):
            body = answer.content.decode()
            if answer.status_code not in (404, 405) or GIVEN in body or FAMILY in body or walked.patient.mrn in body:
                wrong.append(f"{route.name}: {answer.status_code}")
        after = AuditEvent.objects.filter(patient_id=walked.patient.pk, action="access.out_of_scope").count()
        if after == before:
            wrong.append(f"{route.name}: nobody will know")
    assert wrong == [], "\n".join(wrong)


def _key(n: int) -> str:
    return f"00000000-0000-4000-9000-{n:012d}"


def test_who_is_refused_at_the_door_stands_in_the_patients_trail(walked: Walked, browser_of: Callable) -> None:
    client = browser_of(walked.users["cashier"])
    assert client.get(f"/patients/{walked.patient.pk}/notes").status_code == 403
    event = AuditEvent.objects.get(action="access.refused")
    assert (event.patient_id, event.detail["which"]) == (walked.patient.pk, "patients:chart-notes")


def test_whoever_guesses_at_a_patient_of_the_network_is_known(
    walked: Walked, south: Facility, person: Callable[..., User], browser_of: Callable
) -> None:
    client = browser_of(person("receptionist", south))
    fields = {"mrn": walked.patient.mrn, "birth_date": "1990-01-01", "_key": _key(1)}
    assert client.post("/patients/bring-over", fields).status_code == 422
    assert AuditEvent.objects.get(action="patients.patient.bring_over_refused").patient_id == walked.patient.pk
    fields |= {"mrn": "N-0", "_key": _key(2)}
    assert client.post("/patients/bring-over", fields).status_code == 422
    assert AuditEvent.objects.filter(action="patients.patient.bring_over_refused", patient_id=None).count() == 1


def test_the_auditor_finds_looks_in_lists_by_the_patients_id(walked: Walked, browser_of: Callable) -> None:
    browser_of(walked.users["receptionist"]).get("/patients/")
    page = browser_of(walked.users["auditor"]).get(f"/reports/audit/patients/{walked.patient.pk}/").content.decode()
    assert "patients:list" in page
