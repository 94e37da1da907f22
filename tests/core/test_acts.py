"""A form sent twice is one act, even when both arrive at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import Client

from hms.core.models import Facility, SubmittedForm, User
from patients.models import Patient


def details(**changes: str) -> dict[str, str]:
    return {
        "_key": str(uuid.uuid4()),
        "given_name": "Meera",
        "family_name": "Raghunathan",
        "sex": "female",
        "birth_date": "1979-08-12",
        **changes,
    }


def test_a_form_sent_twice_registers_one_patient(client_as: Callable[..., Client]) -> None:
    client, form = client_as("receptionist"), details()
    first = client.post("/patients/register", form)
    second = client.post("/patients/register", form)
    assert first.status_code == second.status_code == 302
    assert first.headers["Location"] == second.headers["Location"]
    assert Patient.objects.count() == 1


def test_a_corrected_form_is_accepted_under_the_same_key(client_as: Callable[..., Client]) -> None:
    client = client_as("receptionist")
    form = details(birth_date="")
    wrong = client.post("/patients/register", form)
    assert wrong.status_code == 422
    assert "Raghunathan" in wrong.content.decode()
    assert not SubmittedForm.objects.exists()
    assert client.post("/patients/register", {**form, "birth_date": "1979-08-12"}).status_code == 302


def test_a_form_without_a_key_is_refused(client_as: Callable[..., Client]) -> None:
    answer = client_as("receptionist").post("/patients/register", details(_key=""))
    assert answer.status_code == 400
    assert not Patient.objects.exists()


def test_a_key_of_someone_else_gives_nothing_away(
    north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    form = details()
    browser_of(person("receptionist")).post("/patients/register", form)
    answer = browser_of(person("receptionist")).post("/patients/register", form)
    assert answer.headers["Location"] == "/"
    assert Patient.objects.count() == 1


def test_ten_at_once_are_one(
    transactional_db: None, north: Facility, person: Callable[..., User], browser_of: Callable[[User], Client]
) -> None:
    user = person("receptionist")
    clients = [browser_of(user) for _n in range(10)]
    form = details()

    def send(client: Client) -> str:
        try:
            return client.post("/patients/register", form).headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, clients))
    assert len(answers) == 1
    assert Patient.objects.count() == 1
