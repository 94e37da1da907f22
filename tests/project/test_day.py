"""A day by the script: what stands in the audit is what was done, look by look, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client

from appointments import slots
from appointments.models import Appointment
from doctors.models import Doctor
from hms.core import audit, clock, outbox
from hms.core.models import AuditEvent, Facility, User
from patients.models import Observation, Patient
from tests.project.sent import forms
from tests.project.walked import Walked, walk
from wards.models import Admission


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    """The departments as they stand in the morning."""
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield walk(north, person)


class Day:
    """Whoever is named does something; what the audit gained by it is kept in `trail` as (role, action, of the patient)."""

    def __init__(self, walked: Walked, browser_of: Callable[[User], Client]) -> None:
        self.walked = walked
        self.clients = {code: browser_of(user) for code, user in walked.users.items()}
        self.names = {user.pk: code for code, user in walked.users.items()}
        self.patient: Patient | None = None
        self.last = AuditEvent.objects.latest("id").pk

    def look(self, code: str, address: str) -> str:
        return self.clients[code].get(address).content.decode()

    def do(self, code: str, address: str, /, **typed: object) -> str:
        """Fill in the form of a page and send it; where that led."""
        found = [form for form in forms(self.look(code, address), address) if urlsplit(form.action).path == address]
        fields = found[0].filled() | typed
        return self.send(code, address, **fields)

    def send(self, code: str, address: str, /, **fields: object) -> str:
        answer = self.clients[code].post(address, {"_key": str(uuid.uuid4())} | fields)
        assert answer.status_code in (200, 302), (address, answer.status_code)
        return answer.headers.get("Location", "")

    def trail(self) -> list[tuple[str, str, bool]]:
        """What the audit gained since it was last asked."""
        rows = list(AuditEvent.objects.filter(pk__gt=self.last).order_by("id"))
        self.last = rows[-1].pk if rows else self.last
        mine = self.patient and self.patient.pk
        return [
            (
                self.names.get(row.actor_id, row.actor_name),
                row.action,
                mine is not None and (row.patient_id == mine or str(mine) in row.detail.get("patients", [])),
            )
            for row in rows
        ]


def spend(day: Day) -> list[tuple[str, str, bool]]:
    desk, ids = "receptionist", day.walked.ids
    told = []
    where = day.do(desk, "/patients/register", given_name="Ilse", family_name="Brandvold", birth_date="1980-02-03")
    day.patient = Patient.objects.get(family_name="Brandvold")
    me = day.patient.pk
    told += day.trail()
    day.look(desk, where)
    consults = Doctor.objects.visible_to(day.walked.users[desk]).get(pk=ids["doctor_id"])
    today = clock.today(consults.employee.facility)
    slot = slots.free([consults], today, today)[0]
    chosen = urlencode({"doctor": consults.pk, "start": slot.start.isoformat()})
    day.send(desk, f"/appointments/patients/{me}/book?{chosen}", kind="new")
    booked = Appointment.objects.get(patient=me)
    day.send(desk, f"/appointments/{booked.pk}/check-in")
    booked.refresh_from_db()
    visit = booked.encounter_id
    told += day.trail()
    day.do("nurse", f"/patients/visits/{visit}/vitals", pulse="72")
    day.send("doctor", f"/doctors/desk/{visit}/start")
    day.look("doctor", f"/patients/{me}/notes")
    day.do("doctor", f"/laboratory/visits/{visit}/order", tests=[str(ids["test_id"])])
    day.send(
        "doctor", f"/pharmacy/visits/{visit}/prescribe",
        **{"product-1": str(ids["product_id"]), "dosage-1": "1 at night", "days-1": "5", "quantity-1": "5"},
    )  # fmt: skip
    told += day.trail()
    day.look("cashier", f"/patients/{me}/notes")
    day.look("auditor", f"/reports/audit/patients/{me}/")
    told += day.trail()
    outbox.drain()
    return told + day.trail()


# Who, which act, and whether of the patient whose day it was. A form that shows the patient is a look of its own.
ACTS = [
    ("receptionist", "patients.patient.registered", True),
    ("receptionist", "patients.chart.opened", True),
    ("receptionist", "appointments.appointment.booked", True),
    ("receptionist", "patients.encounter.opened", True),
    ("receptionist", "appointments.appointment.checked_in", True),
    ("nurse", "patients.patient.seen", True),
    ("nurse", "patients.vitals.recorded", True),
    ("doctor", "patients.encounter.begun", True),
    ("doctor", "patients.notes.viewed", True),
    ("doctor", "patients.patient.seen", True),
    ("doctor", "laboratory.order.placed", True),
    ("doctor", "core.document.issued", True),
    ("doctor", "pharmacy.prescription.written", True),
    ("cashier", "access.refused", True),
    ("auditor", "patients.patient.seen", True),
]


def test_the_trail_is_the_list_of_acts(walked: Walked, browser_of: Callable[[User], Client]) -> None:
    assert spend(Day(walked, browser_of)) == ACTS


def test_an_act_that_left_no_row_is_missed(
    walked: Walked, browser_of: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = audit.record

    def forgetful(actor: User | None, action: str, *args: object, **more: object) -> AuditEvent | None:
        return None if action == "patients.vitals.recorded" else real(actor, action, *args, **more)

    monkeypatch.setattr(audit, "record", forgetful)
    found = spend(Day(walked, browser_of))
    assert [act for act in ACTS if act not in found] == [("nurse", "patients.vitals.recorded", True)]


def refuse(action: str) -> None:
    """As if the disk were full just then."""
    with connection.cursor() as cursor:
        cursor.execute(
            "create or replace function out_of_room() returns trigger language plpgsql"
            " as $$ begin raise exception 'no room' using errcode = 'disk_full'; end $$"
        )
        cursor.execute(
            f"create trigger out_of_room before insert on core_auditevent for each row"
            f" when (new.action = '{action}') execute function out_of_room()"
        )


def test_without_its_row_an_act_is_not_done_and_a_page_not_shown(
    walked: Walked, browser_of: Callable[[User], Client]
) -> None:
    day = Day(walked, browser_of)
    stay = Admission.objects.get(patient=walked.patient, status="admitted")
    for client in day.clients.values():
        client.raise_request_exception = False
    measured = Observation.objects.count()
    refuse("patients.vitals.recorded")
    address = f"/patients/visits/{stay.encounter_id}/vitals"
    answer = day.clients["nurse"].post(address, {"_key": str(uuid.uuid4()), "pulse": "72"})
    assert (answer.status_code, Observation.objects.count()) == (500, measured)
    chart = f"/patients/{walked.patient.pk}/"
    assert walked.patient.family_name in day.look("receptionist", chart)
    with connection.cursor() as cursor:
        cursor.execute("drop trigger out_of_room on core_auditevent")
    refuse("patients.chart.opened")
    answer = day.clients["receptionist"].get(chart)
    assert answer.status_code == 500 and walked.patient.family_name not in answer.content.decode()
