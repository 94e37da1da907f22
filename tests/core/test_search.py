"""One search for everything, within one's permissions and facility, with the words in no address."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from hms.core.models import AuditEvent, Facility, User
from patients.models import Patient
from tests.conftest import make_patient


def test_the_search_finds_patients_and_pages(client_as: Callable[..., Client], patient: Patient) -> None:
    client = client_as("receptionist")
    answer = client.post("/search", {"q": "raghu"}).content.decode()
    assert patient.mrn in answer
    assert "Invoices" in client.post("/search", {"q": "invo"}).content.decode()
    assert "Revenue" not in client.post("/search", {"q": "revenue"}).content.decode()


def test_the_search_never_leaves_the_facility(
    person: Callable[..., User], browser_of: Callable[[User], Client], south: Facility
) -> None:
    make_patient(person("receptionist", south), "Hidden", "Elsewhere")
    answer = browser_of(person("receptionist")).post("/search", {"q": "elsewhere"}).content.decode()
    assert "Hidden" not in answer


def test_what_was_searched_is_recorded_without_the_words(client_as: Callable[..., Client], patient: Patient) -> None:
    client_as("receptionist").post("/search", {"q": "raghu"})
    event = AuditEvent.objects.get(action="core.search")
    assert event.detail == {"hits": 1}
