"""A day by the script: what stands in the audit is what was done, look by look, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.test import Client

from appointments import slots
from appointments.models import Appointment
from billing.models import Invoice
from doctors.models import Doctor
from hms.core import audit, clock, people
from hms.core.models import Approval, AuditEvent, Department, Facility, User
from laboratory.models import LabOrder
from patients.models import Observation, Patient
from pharmacy.models import Prescription
from tests.conftest import drain
from tests.project.sent import forms
from tests.project.walked import Walked, walk
from wards.models import Admission

PASSWORD = "a long pass phrase of mine"


def staffed(facility: Facility, person: Callable[..., User], **how: Any) -> Walked:
    """The departments as they stand in the morning; with two surgeons, who work in another department."""
    found = walk(facility, person, **how)
    surgery = Department.objects.create(facility=facility, code="surgery", name="Surgery")
    for name in ("surgeon", "second surgeon"):
        user = User.objects.create(username=name.replace(" ", "-"), last_name="Brandt")
        user.set_password(PASSWORD)
        user.save()
        people.grant(None, user=user, facility=facility, role="doctor", department=surgery)
        found.users[name] = user.at(facility)
    return found


@pytest.fixture
def walked(north: Facility, person: Callable[..., User]) -> Iterator[Walked]:
    with time_machine.travel(datetime(2026, 11, 20, 9, 0, tzinfo=UTC), tick=False):
        yield staffed(north, person)


class Day:
    """Whoever is named does something; what the audit gained by it is kept in `trail` as (role, action, of the patient)."""

    def __init__(self, walked: Walked, browser_of: Callable[[User], Client]) -> None:
        self.walked = walked
        self.clients = {code: browser_of(user) for code, user in walked.users.items()}
        self.names = {user.pk: code for code, user in walked.users.items()}
        self.patient: Patient | None = None
        self.visit: UUID | None = None
        self.last = AuditEvent.objects.latest("id").pk

    def look(self, code: str, address: str) -> str:
        return self.clients[code].get(address).getvalue().decode()

    def print(self, code: str, address: str) -> None:
        answer = self.clients[code].get(address)
        assert answer.headers["Content-Type"] == "application/pdf", (address, answer.status_code)

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
    """The day of one patient, hour by hour; everything the audit gained by it."""
    told = []
    for hour in (arrive, be_seen, be_tested, be_treated, go_home, pay, be_looked_at):
        hour(day)
        told += day.trail()
    drain()
    return told + day.trail()


def arrive(day: Day) -> None:
    desk, ids = "receptionist", day.walked.ids
    where = day.do(desk, "/patients/register", given_name="Ilse", family_name="Brandvold", birth_date="1980-02-03")
    day.patient = Patient.objects.get(family_name="Brandvold")
    me = day.patient.pk
    day.look(desk, where)
    consults = Doctor.objects.visible_to(day.walked.users[desk]).get(pk=ids["doctor_id"])
    today = clock.today(consults.employee.facility)
    slot = slots.free([consults], today, today)[0]
    chosen = urlencode({"doctor": consults.pk, "start": slot.start.isoformat()})
    day.send(desk, f"/appointments/patients/{me}/book?{chosen}", kind="new")
    booked = Appointment.objects.get(patient=me)
    day.send(desk, f"/appointments/{booked.pk}/check-in")
    booked.refresh_from_db()
    day.visit = booked.encounter_id


def be_seen(day: Day) -> None:
    ids = day.walked.ids
    day.do("nurse", f"/patients/visits/{day.visit}/vitals", pulse="72")
    day.send("doctor", f"/doctors/desk/{day.visit}/start")
    day.look("doctor", f"/patients/{day.patient.pk}/notes")
    day.do("doctor", f"/laboratory/visits/{day.visit}/order", tests=[str(ids["test_id"])])
    day.send(
        "doctor", f"/pharmacy/visits/{day.visit}/prescribe",
        **{"product-1": str(ids["product_id"]), "dosage-1": "1 at night", "days-1": "5", "quantity-1": "5"},
    )  # fmt: skip


def be_tested(day: Day) -> None:
    order = LabOrder.objects.get(encounter=day.visit)
    result = order.results.get()
    address = f"/laboratory/orders/{order.pk}"
    day.send("lab_technician", f"{address}/collect")
    day.send("lab_technician", f"{address}/enter", **{f"result-{result.pk}": "13.4"})
    day.send("pathologist", f"{address}/verify", result=str(result.pk))
    drain()
    order.refresh_from_db()
    day.print("doctor", f"/laboratory/reports/{order.report.pk}/pdf")


def be_treated(day: Day) -> None:
    paper = Prescription.objects.get(encounter=day.visit)
    day.print("doctor", f"/pharmacy/prescriptions/{paper.pk}/pdf")
    day.send("doctor", f"/doctors/desk/{day.visit}/", complaint="Cough", plan="Rest", act="sign")
    day.send("pharmacist", f"/pharmacy/prescriptions/{paper.pk}/hand-out", **{f"line-{paper.lines.get().pk}": "5"})


def go_home(day: Day) -> None:
    """The visit is closed; the worker makes the invoice."""
    day.send("doctor", f"/patients/visits/{day.visit}/close")
    drain()


def pay(day: Day) -> None:
    """A discount above the cashier's limit is asked for and approved; the rest is paid, printed and listed."""
    invoice = Invoice.objects.get(encounter=day.visit)
    address = f"/billing/invoices/{invoice.pk}"
    day.send("cashier", f"{address}/discount", amount="20.00", reason="Lost the day's wage")
    asked = Approval.objects.get(kind="billing.discount", patient_id=day.patient.pk)
    day.look("manager", f"/approvals/{asked.pk}/")
    day.send("manager", f"/approvals/{asked.pk}/decide", decision="approve", reason="")
    day.send("cashier", f"{address}/pay", amount="5.00", method="cash")
    day.print("cashier", f"{address}/pdf")
    day.look("cashier", "/billing/invoices/?format=csv")


def be_looked_at(day: Day) -> None:
    """By who may not, by who says why, by whom it was shown to, and by who watches."""
    me = day.patient.pk
    day.look("cashier", f"/patients/{me}/notes")
    day.look("surgeon", f"/patients/{me}/notes")
    glass = f"/patients/{me}/break-glass"
    day.send("surgeon", day.clients["surgeon"].get(glass).headers["Location"], password=PASSWORD)
    day.send("surgeon", glass, reason="Collapsed in the corridor")
    day.look("surgeon", f"/patients/{me}/notes")
    until = clock.today(day.walked.users["doctor"].facility)
    second = day.walked.users["second surgeon"].pk
    day.send("doctor", f"/patients/{me}/share", user=str(second), until=until.isoformat(), reason="Second opinion")
    day.look("second surgeon", f"/patients/{me}/notes")
    day.look("auditor", f"/reports/audit/patients/{me}/")


# Who, which act, and whether of the patient whose day it was. A form that shows the patient is a look of its own.
ACTS = [
    # Arriving.
    ("receptionist", "patients.patient.registered", True),
    ("receptionist", "patients.chart.opened", True),
    ("receptionist", "appointments.appointment.booked", True),
    ("receptionist", "patients.encounter.opened", True),
    ("receptionist", "appointments.appointment.checked_in", True),
    # Being seen.
    ("nurse", "patients.patient.seen", True),
    ("nurse", "patients.vitals.recorded", True),
    ("doctor", "patients.encounter.begun", True),
    ("doctor", "patients.notes.viewed", True),
    ("doctor", "patients.patient.seen", True),
    ("doctor", "laboratory.order.placed", True),
    ("doctor", "core.document.issued", True),
    ("doctor", "pharmacy.prescription.written", True),
    # Tested. Each specimen is charged and labelled; the report is drawn in the name of who verified it.
    ("lab_technician", "billing.charge.posted", True),
    ("lab_technician", "core.document.issued", True),
    ("lab_technician", "laboratory.specimen.collected", True),
    ("lab_technician", "laboratory.result.entered", True),
    ("pathologist", "laboratory.result.verified", True),
    ("pathologist", "core.document.issued", True),
    ("pathologist", "laboratory.report.issued", True),
    ("doctor", "core.document.printed", True),
    # Treated.
    ("doctor", "core.document.printed", True),
    ("doctor", "patients.note.signed", True),
    ("doctor", "billing.charge.posted", True),
    ("pharmacist", "billing.charge.posted", True),
    ("pharmacist", "pharmacy.dispense.handed_out", True),
    # Gone home: the worker issues the invoice, draws it, and keeps the appointment.
    ("doctor", "patients.encounter.closed", True),
    ("System", "billing.invoice.issued", True),
    ("System", "appointments.appointment.fulfilled", True),
    ("System", "core.document.issued", True),
    # Paying: above the limit the discount waits for the manager, and is then the cashier's act.
    ("cashier", "core.approval.asked", True),
    ("manager", "core.approval.viewed", True),
    ("cashier", "core.document.issued", True),
    ("cashier", "billing.invoice.discounted", True),
    ("manager", "core.approval.approved", True),
    ("cashier", "core.document.issued", True),
    ("cashier", "billing.payment.taken", True),
    ("cashier", "core.document.printed", True),
    ("cashier", "export", True),
    # Looked at: refused, then with a reason; shared; and by the auditor.
    ("cashier", "access.refused", True),
    ("surgeon", "access.outside_care", True),
    ("surgeon", "core.user.reauthenticated", False),
    ("surgeon", "patients.glass.broken", True),
    ("surgeon", "patients.notes.viewed", True),
    ("doctor", "patients.chart.shared", True),
    ("second surgeon", "patients.notes.viewed", True),
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
