"""What auditors and administrators find on their first page."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from hms.core import clock
from hms.core.models import Department, Facility, OutboxMessage, User
from patients.models import Patient


def test_the_auditor_reads_todays_figures_and_who_was_refused_and_no_patients_name(
    patient: Patient, client_as: Callable[..., Client]
) -> None:
    assert client_as("cashier").get("/wards/").status_code == 403
    client_as("receptionist").get(f"/patients/{patient.pk}/")
    answer = client_as("auditor").get("/reports/audit/today")
    page = answer.content.decode()
    assert answer.context["figures"]["refusal"] == 1
    assert answer.context["figures"]["read"] >= 1
    assert "Cashier Tester" in page
    assert "wards:board" in page
    assert patient.family_name not in page


def test_the_administrator_reads_what_the_workers_could_not_do_and_who_has_no_role(
    north: Facility, client_as: Callable[..., Client]
) -> None:
    OutboxMessage.objects.create(topic="billing.issued", handler="nowhere", dead_at=clock.now(), attempts=9)
    User.objects.create(username="idle", first_name="Ida", last_name="Idle")
    Department.objects.create(facility=north, code="finance", name="Finance", sees_patients=False)
    answer = client_as("administrator").get("/today/system")
    page = answer.content.decode()
    assert answer.context["news"] == {"dead": 1, "waiting": 0, "late": 0}
    for words in ("billing.issued", "Ida Idle", "Finance", "Sees no patients"):
        assert words in page


def test_the_first_pages_panels_are_closed_to_others(client_as: Callable[..., Client]) -> None:
    for address in ("/reports/audit/today", "/today/system"):
        assert client_as("nurse").get(address).status_code == 403
