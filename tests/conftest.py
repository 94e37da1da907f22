"""What every test of the hospital starts from: two facilities, people with roles, a patient, a visit."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.db import connection, models, transaction
from django.test import Client, TransactionTestCase

from hms.core import clock, held, numbering, outbox, people
from hms.core.models import Department, Facility, Session, User
from patients.models import Encounter, Patient
from patients.services import encounters, registration
from staff.models import Credential, Employee
from tests.paper import papers, pytest_runtest_setup
from tests.weakened import twins

__all__ = ["papers", "pytest_runtest_setup"]

# Looking for what nobody holds any more took a quarter of the suite's time, most of it among what stays to the end.
gc.set_threshold(50_000, 20, 100)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """A password's hash is slow by intent, and there are thousands of them here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 100)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        call_command("sync_roles", verbosity=0)
    gc.collect()
    gc.freeze()


# Roles and what they may do are the program's own: written once, and read by every test.
STANDING = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}


@pytest.fixture(scope="session", autouse=True)
def emptied() -> Iterator[None]:
    """A test with real commits leaves empty tables. Django would have emptied those of the roles too, and written them
    anew after each."""

    def empty(case: TransactionTestCase) -> None:
        tables = {*connection.introspection.django_table_names(only_existing=True, include_views=False)} - STANDING
        with connection.cursor() as cursor:
            cursor.execute(f"truncate {', '.join(sorted(tables))}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem() -> Iterator[Any]:
    """After each test its twins, in which a check of the product is away."""
    made = yield
    if not isinstance(made, list):
        return made
    return [each for item in made for each in [item, *(twins(item) if isinstance(item, pytest.Function) else [])]]


def drain(limit: int = 10_000) -> int:
    """Do all that waits in the outbox here and now, as the relay and its workers would; how many messages were done."""
    done = 0
    while done < limit and (ids := outbox.claim()):
        done += sum(outbox.deliver(message_id) for message_id in ids)
    return done


def held_on(patient: Patient) -> Iterator[tuple[type[models.Model], models.QuerySet]]:
    """Every table, and its rows that are held on a patient."""
    for model in held.tables():
        yield model, held.rows(model, patient.pk)


def make_facility(code: str, name: str, zone: str = "Europe/London", currency: str = "GBP") -> Facility:
    facility = Facility.objects.create(
        code=code,
        name=name,
        address="14 Canal Road",
        phone="+44 20 7946 0101",
        registration="40-1182",
        time_zone=zone,
        currency=currency,
    )
    Department.objects.create(facility=facility, code="outpatients", name="Outpatients")
    return facility


@pytest.fixture
def north(db: None) -> Facility:
    return make_facility("N", "Northgate Hospital")


@pytest.fixture
def south(db: None) -> Facility:
    return make_facility("S", "Southside Clinic", "America/New_York", "USD")


MakeUser = Callable[..., User]
# The roles whose acts take a licence.
LICENSED = ("doctor", "nurse", "pharmacist", "pathologist")


@pytest.fixture
def person(north: Facility) -> MakeUser:
    """`person("nurse")`, `person("doctor", south)`: a signed-up person with that role, working there. One of a
    clinical role is an employee with a licence that does not end."""
    return lambda role, facility=None, username="": make_user(role, facility or north, username)


def make_user(role: str, facility: Facility, username: str = "") -> User:
    name = username or f"{role}-{facility.code.lower()}-{User.objects.count()}"
    user = User.objects.create(
        username=name, first_name=role.replace("_", " ").title(), last_name="Tester", is_staff=role == "administrator"
    )
    people.grant(None, user=user, facility=facility, role=role)
    if role in LICENSED:
        employ(user, role, facility)
    return user.at(facility)


def employ(user: User, profession: str, facility: Facility) -> Employee:
    """An employee's file for a sign-in, with a licence that does not end."""
    with transaction.atomic():
        employee = Employee.objects.create(
            facility=facility,
            department=facility.departments.first(),
            user=user,
            number=f"{facility.code}-E-{numbering.next_value(facility, 'E'):04d}",
            given_name=user.first_name,
            family_name=user.last_name,
            profession=profession,
            hired_on=date(2019, 1, 7),
        )
    license_for(employee)
    return employee


def license_for(employee: Employee, until: date | None = None, number: str = "GM-1") -> Credential:
    return Credential.objects.create(
        employee=employee,
        kind="licence",
        number=number,
        issuer="Council",
        issued_on=date(2019, 1, 7),
        valid_until=until,
    )


@pytest.fixture
def browser_of() -> Callable[[User], Client]:
    """A client signed in as a person, at their facility."""
    return sign_in


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    session = client.session
    session["facility"] = str(user.facility.pk)
    session.save()
    # However slow the machine: no page of a test writes that its person is still there, or counts it.
    Session.objects.filter(pk=session.session_key).update(active_at=clock.now() + timedelta(hours=1))
    return client


@pytest.fixture
def client_as(person: MakeUser, browser_of: Callable[[User], Client]) -> Callable[..., Client]:
    """`client_as("nurse")`: a client signed in with that role."""
    return lambda role, facility=None: browser_of(person(role, facility))


@pytest.fixture
def reception(person: MakeUser) -> User:
    return person("receptionist")


@pytest.fixture
def manager(person: MakeUser) -> User:
    """Whose limits have no end (`hms/core/limits.py`)."""
    return person("manager")


def make_patient(actor: User, given: str = "Meera", family: str = "Raghunathan", **details: Any) -> Patient:
    fields = {"sex": "female", "birth_date": date(1979, 8, 12), **details}
    return registration.register(actor, given_name=given, family_name=family, duplicates_seen=True, **fields)


@pytest.fixture
def patient(reception: User) -> Patient:
    return make_patient(reception)


@pytest.fixture
def visit(reception: User, patient: Patient) -> Encounter:
    return encounters.open_encounter(reception, patient=patient, reason="Cough")
