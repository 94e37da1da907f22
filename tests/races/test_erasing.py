"""A record is erased while somebody opens a visit, places a hold, or decides the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import sleep
from typing import Any

import pytest
from django.db import connection, connections, transaction

from hms.core.models import Erasure, LegalHold, User
from hms.core.refusals import Refused
from patients.models import Encounter, Patient
from patients.services import encounters, erasing, legal_holds
from tests.conftest import make_patient
from tests.races.crowd import again, crowd

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def auditor(person: Callable[..., User]) -> User:
    return person("auditor")


@pytest.fixture
def asked(auditor: User, patient: Patient) -> Erasure:
    return erasing.ask(auditor, patient_id=patient.pk, ground="ordered", reason="Order")


def second(first: Callable[[], Any], then: Callable[[], Any]) -> Any:
    """What `then` gets, which begins when `first` is done and not yet committed."""
    done, found = Event(), []

    def slowly() -> None:
        try:
            with transaction.atomic():
                first()
                done.set()
                sleep(1.5)
        finally:
            done.set()
            connections.close_all()

    thread = Thread(target=slowly)
    thread.start()
    done.wait(timeout=60)
    try:
        found.append(then())
    except Exception as met:
        found.append(met)
    thread.join()
    return found[0]


@contextmanager
def without_guard(table: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {table} disable trigger of_nobody_erased")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"alter table {table} enable trigger of_nobody_erased")


def opens(reception: User, patient: Patient) -> Callable[[], Encounter]:
    return lambda: encounters.open_encounter(again(reception), patient=patient)


def approves(manager: User, asked: Erasure) -> Callable[[], Erasure]:
    return lambda: erasing.approve(again(manager), erasure_id=asked.pk)


def test_no_visit_is_opened_for_whom_is_being_erased(
    asked: Erasure, patient: Patient, manager: User, reception: User
) -> None:
    answer = second(approves(manager, asked), opens(reception, patient))
    assert isinstance(answer, Refused) and "erased" in str(answer.message), answer
    assert not Encounter.objects.exists()


def test_and_without_the_guard_there_would_be_one(
    asked: Erasure, patient: Patient, manager: User, reception: User
) -> None:
    with without_guard("patients_encounter"):
        answer = second(approves(manager, asked), opens(reception, patient))
    assert isinstance(answer, Encounter), answer


def test_nobody_is_erased_for_whom_a_visit_is_being_opened(
    asked: Erasure, patient: Patient, manager: User, reception: User
) -> None:
    answer = second(opens(reception, patient), approves(manager, asked))
    assert isinstance(answer, Refused) and "visit is open" in str(answer.message), answer
    assert Patient.objects.get(pk=patient.pk).erased_at is None


def test_a_hold_and_an_erasure_meet_and_one_of_them_wins(
    asked: Erasure, patient: Patient, manager: User, auditor: User, reception: User
) -> None:
    def holds(who: Patient) -> Callable[[], LegalHold]:
        return lambda: legal_holds.place(again(auditor), patient_id=who.pk, asked_for="court", reason="Trial")

    answer = second(holds(patient), approves(manager, asked))
    assert isinstance(answer, Refused) and "legal hold" in str(answer.message), answer
    other = make_patient(reception, "Other")
    again_asked = erasing.ask(auditor, patient_id=other.pk, ground="ordered", reason="Order")
    answer = second(approves(manager, again_asked), holds(other))
    assert isinstance(answer, Refused) and "erased" in str(answer.message), answer
    assert LegalHold.objects.count() == 1


def test_of_several_who_decide_one_does_it(
    asked: Erasure, patient: Patient, manager: User, person: Callable[..., User]
) -> None:
    deciders = [manager, *(person("manager") for _n in range(3))]

    def act(number: int) -> Erasure:
        if number == 3:
            return erasing.reject(again(deciders[number]), erasure_id=asked.pk, reason="No")
        return erasing.approve(again(deciders[number]), erasure_id=asked.pk)

    answers = crowd(act, 4)
    assert sum(isinstance(answer, Erasure) for answer in answers) == 1, answers
    assert sum(isinstance(answer, Refused) for answer in answers) == 3, answers
    assert Erasure.objects.get().status in ("done", "rejected")


def test_visits_and_an_erasure_by_many_hands_leave_one_or_the_other(
    asked: Erasure, patient: Patient, manager: User, reception: User
) -> None:
    def act(number: int) -> Any:
        return approves(manager, asked)() if number == 2 else opens(reception, patient)()

    answers = crowd(act, 5)
    assert all(isinstance(answer, Refused | Encounter | Erasure) for answer in answers), answers
    erased = Patient.objects.get(pk=patient.pk).erased_at is not None
    assert erased == any(isinstance(answer, Erasure) for answer in answers)
    assert not (erased and Encounter.objects.open().exists())
