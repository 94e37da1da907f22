"""After an erasure no trace is left of the patient, in no table, paper, file, page or export; and nothing of anybody else
is touched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from billing.models import Charge
from hms.core import erasing as machinery
from hms.core import erasures, oracle
from hms.core.models import AuditErasure, AuditEvent, Facility, User
from hms.core.refusals import Refused
from patients.models import Allergy, AmendmentRequest, ClinicalNote, Patient
from patients.services import amendments, clinical, erasing
from tests.conftest import make_patient
from tests.core.test_audit import seal
from tests.project import lived as lives
from tests.project.lived import (
    ask_earlier,
    found_in_database_files,
    found_in_files,
    found_in_papers,
    found_in_tables,
    lived,
)
from tests.project.routes import routes

# Of the database's own day: what it writes down lies near in time to the act that did it.
MORNING = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
# What is written by force into every column; what is typed on the way through the departments, by one and the other.
MARK, TYPED, OTHER = "zqfa", "zqwa", "zqwb"
SAID = [
    *(f"{word}{TYPED}" for word in ("Zephyrine", "Quillfeather", "Kin", "Collapsed", "Latex", "Rash", "Asthma")),
    *(f"{word}{TYPED}" for word in ("Breathe", "Inhale", "Cough", "Sleeps", "three times a day", "Well", "No")),
    *(f"{TYPED}{word}" for word in ("14 Canal Road", "ID-7", "@example.org")),
]
WORDS = (MARK, lives.BORN, lives.VALUE, *SAID)

# The tables in which all this leaves nothing of a patient.
NOTHING_THERE = ["core.AuditErasure"]


@pytest.fixture
def morning() -> Iterator[None]:
    with time_machine.travel(MORNING):
        yield


def faults() -> list[str]:
    return [line for named in oracle.checks() for line in named.check()]


def test_of_every_table_and_column_it_is_said_what_becomes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert erasures.unsaid() == []
    monkeypatch.delitem(erasures._fates, ClinicalNote)
    fate = erasures.of(Charge)
    values = {name: value for name, value in fate.values.items() if name != "description"}
    monkeypatch.setitem(erasures._fates, Charge, erasures.Fate(Charge, False, fate.why, fate.kept | {"colour"}, values))
    assert sorted(erasures.unsaid()) == [
        "billing.Charge.colour is not there",
        "billing.Charge.description",
        "patients.ClinicalNote",
    ]


@pytest.mark.printed
@pytest.mark.django_db(transaction=True)
def test_no_trace_is_left_anywhere(
    morning: None, north: Facility, south: Facility, person: Callable[..., User], browser_of: Callable
) -> None:
    one, other = lived(north, person, TYPED), lived(south, person, OTHER)
    patient, auditor, manager = one.patient, one.users["auditor"], one.users["manager"]
    with pytest.raises(Refused, match="correction is open"):
        erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason=f"Order {MARK}")
    wrong = AmendmentRequest.objects.get(patient=patient, status="open")
    amendments.withdraw(one.users["receptionist"], request_id=wrong.pk, reason=f"Settled {MARK}")
    asked = erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason=f"Order {MARK}")
    assert lives.empty_tables(patient) == NOTHING_THERE
    assert len(found_in_tables(*SAID)) > 20
    written = lives.write_everywhere(patient, MARK)
    assert len(written) > 150 and {"patients.Patient.family_name", "core.AuditEvent.reason"} <= set(written)
    seal()
    before, untouched = faults(), lives.as_text(other.patient)
    assert len(found_in_tables(MARK)) > 60 and found_in_tables(lives.BORN) and found_in_tables(lives.VALUE)

    erasing.approve(manager, erasure_id=asked.pk)

    assert found_in_tables(*WORDS) == []
    assert found_in_papers(*WORDS) == []
    assert found_in_files(*WORDS) == []
    # What tests laid down with their own hands was no act, and is known as such.
    assert all(line.endswith("no act did it.") for line in before)
    assert set(faults()) <= set(before)
    assert lives.as_text(other.patient) == untouched
    assert shown(one, browser_of) == []
    # And what is there goes on: the same papers, exports and pages of the other.
    assert OTHER in " ".join(str(rows) for rows in lives.as_text(other.patient).values())
    seal()
    assert set(faults()) <= set(before)
    assert AuditErasure.objects.get().marks
    assert AuditEvent.objects.filter(patient_id=patient.pk).exclude(reason="").count() == 0
    # What the database's files still held of it is gone when its owner has them written anew.
    # While anybody still looks at an older state (the planner's own housekeeping does), its rows are kept: once more.
    tries = (found_in_database_files(*WORDS) for _time in range(6) if not time.sleep(2 * _time))
    assert any(found == [] for found in tries)
    assert found_in_database_files(OTHER)


def shown(walked: object, browser_of: Callable) -> list[str]:
    """The pages and exports on which a marker still stands, whoever asks."""
    found = []
    clients = {code: browser_of(user) for code, user in walked.users.items()}
    for route in routes():
        if route.access.public:
            continue
        for code in ("auditor", "accountant", "receptionist", "doctor"):
            if walked.lets_in(route, code):
                answer = clients[code].get(walked.url(route))
                assert answer.status_code < 500, f"{route.name} for {code}"
                if any(word.lower().encode() in answer.getvalue().lower() for word in WORDS):
                    found.append(f"{route.name} for {code}")
    for code in ("auditor", "receptionist"):
        answer = clients[code].post("/search", {"q": f"Quillfeather{TYPED}"})
        assert b"Quillfeather" not in answer.getvalue().replace(b'value="Quillfeather', b"")
    return found


@pytest.fixture
def forgotten(transactional_db: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(erasures._fates, Allergy)
        assert machinery.install()
        yield
    assert machinery.install()


def test_a_table_that_was_forgotten_is_found(
    morning: None, forgotten: None, north: Facility, person: Callable[..., User]
) -> None:
    """The check above sees what is left out."""
    reception, doctor = person("receptionist"), person("doctor")
    patient = make_patient(reception, f"{MARK}given", f"{MARK}family")
    clinical.record_allergy(doctor, patient_id=patient.pk, substance=f"{MARK}latex", reaction="")
    erasing.approve(person("manager"), erasure_id=ask_earlier(person("auditor"), patient).pk)
    assert found_in_tables(MARK) == ["patients_allergy", "patients_allergychange"]
    assert Patient.objects.get(pk=patient.pk).family_name == "Erased"
