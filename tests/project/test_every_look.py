"""No page shows a patient and leaves no trace; no address of one facility opens to another; and who knocked is known."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import time_machine
from django.db.models import Q

from hms.core import access, audit, roles
from hms.core.middleware import FacilityMiddleware
from hms.core.models import AuditEvent, Facility, User
from patients.models import Patient
from patients.views import erasures
from tests.project.routes import Route, routes
from tests.project.walked import FAMILY, GIVEN, Walked, walk

# What stands in whatever is written of the patient, also where no name does.
MARK = "Qorvex"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person, mark=MARK, house="")


# Where the view asks for more than its route: the role that passes both.
ROLES = {"appointments:appointment": "receptionist", "appointments:chart-panel": "receptionist"}


def readable() -> list[Route]:
    return [route for route in routes() if not route.access.public]


def looks(patient: Patient, since: int = 0) -> int:
    of_lists = Q(detail__contains={"patients": [str(patient.pk)]})
    return AuditEvent.objects.filter(Q(patient_id=patient.pk) | of_lists, id__gt=since).count()


def asked(walked: Walked, browser_of: Callable, codes: Iterable[str], those: list[Route]) -> Iterator[tuple]:
    """Each of those routes by each role that may open it, as a piece of a page, and by the first of them as a page too,
    for what stands around is the same: (route, who and how, answer)."""
    for code in codes:
        client = browser_of(walked.users[code])
        for route in those:
            first = walked.who_may(route) == walked.users[code]
            # The pages of one's own account are the same for all of them.
            if not walked.lets_in(route, code) or (":" not in route.name and not first):
                continue
            for headers in (HTMX, {}) if first else (HTMX,):
                where = f"{code} {route.name}" + " by htmx" * bool(headers)
                yield route, where, client.get(walked.url(route), headers=headers)
                if route.access.reads_by_post:
                    fields = {"q": FAMILY, "_key": str(uuid.uuid4())}
                    yield route, f"{where} POST", client.post(walked.url(route), fields, headers=headers)


def unrecorded(
    walked: Walked, browser_of: Callable, codes: Iterable[str], those: list[Route] | None = None
) -> tuple[list[str], set[str]]:
    """Where something of the patient was shown and no look recorded; and the routes that showed something. Whatever
    an address of theirs shows is something, whether a word of theirs stands in it or not."""
    those = readable() if those is None else those
    words = [MARK.casefold().encode(), walked.patient.mrn.casefold().encode(), walked.patient.phone.encode()]
    theirs = {route.name for route in those if access.concerned({name: walked.ids[name] for name in route.arguments})}
    traceless, showed = [], set()
    before = _newest()
    for route, where, answer in asked(walked, browser_of, codes, those):
        assert answer.status_code < 500, where
        content = answer.getvalue()  # of a file that is streamed, too
        assert b'type="number"' not in content, f"{where}: a comma would be dropped"
        lowered = content.lower()
        if (route.name in theirs and answer.status_code == 200) or any(word in lowered for word in words):
            showed.add(route.name)
            if not looks(walked.patient, since=before):
                traceless.append(where)
        before = _newest()
    return traceless, showed


def _newest() -> int:
    return AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0


# Parts of equal length, so that two processes share them.
PARTS = [list(roles.ROLES)[part::2] for part in range(2)]


@pytest.mark.parametrize("codes", PARTS, ids=["-".join(part) for part in PARTS])
def test_every_page_and_piece_of_one_that_shows_a_patient_records_the_look(
    walked: Walked, browser_of: Callable, codes: list[str]
) -> None:
    traceless, showed = unrecorded(walked, browser_of, codes)
    assert traceless == [], "\n".join(traceless)
    assert len(showed) > 80


def named(*names: str) -> list[Route]:
    chosen = [route for route in routes() if route.name in names]
    assert len(chosen) == len(names)
    return chosen


def test_and_the_check_sees_a_page_that_does_not(
    walked: Walked, browser_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(codes: list[str], those: list[Route], *changes: tuple) -> set[str]:
        with monkeypatch.context() as weakened:
            for change in changes:
                weakened.setattr(*change)
            return set(unrecorded(walked, browser_of, codes, those)[0])

    pages = named("patients:edit", "patients:list")
    found = without(["receptionist"], pages, (audit, "seen", lambda patient_id: None))
    assert found == {
        "receptionist patients:edit", "receptionist patients:edit by htmx", "receptionist patients:list",
        "receptionist patients:list by htmx", "receptionist patients:list POST", "receptionist patients:list by htmx POST",
    }  # fmt: skip

    reasons = named("core:approvals-panel", "core:approvals-history", "patients:grants-panel")
    found = without(["manager", "auditor"], reasons, (audit, "seen_of", lambda rows: None))
    assert {line.split()[1] for line in found} == {route.name for route in reasons}

    # A panel of the chart that records nothing and names nobody: the address itself says whose it is, and without that
    # it is found.
    chart = [route for route in routes() if route.name.startswith("patients:chart")]
    forgets = (erasures, "audit", SimpleNamespace(record=lambda *said, **more: None))
    nameless = (erasures, "banner", SimpleNamespace(of=lambda user, patient: None))
    assert without(["auditor"], chart, forgets, nameless) == set()
    of_the_address = AuditEvent.objects.filter(action="patients.patient.seen", patient_id=walked.patient.pk)
    assert of_the_address.filter(detail={"route": "patients:chart-keeping"}).exists()
    blind = (FacilityMiddleware, "note_whose", lambda self, request, response, noted: None)
    found = without(["auditor"], chart, forgets, nameless, blind)
    assert {line.removesuffix(" by htmx") for line in found} == {"auditor patients:chart-keeping"}


def test_a_file_of_requests_records_whose_reasons_left_the_house(walked: Walked, browser_of: Callable) -> None:
    before = looks(walked.patient)
    file = browser_of(walked.users["auditor"]).get("/approvals/history", {"format": "csv"})
    assert MARK in file.getvalue().decode()
    assert looks(walked.patient) == before + 1


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
