"""A new hospital: its first administrator, and what their first page says to do."""

from __future__ import annotations

import io
import itertools
from datetime import time
from decimal import Decimal

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth import SESSION_KEY
from django.core.management import CommandError, call_command
from django.test import Client

from billing.services import prices
from doctors.models import Availability, Doctor, Specialty
from hms.core import people, setup
from hms.core.clock import today
from hms.core.models import Department, Facility, Pin, User
from hms.core.models.identity import HospitalUserManager
from hms.core.sign_in.adapters import AccountAdapter
from staff.services import hire
from tests.weakened import reworded, weakened

HOSPITAL = {"hospital": "North Hospital", "code": "NG", "time_zone": "Europe/Oslo", "currency": "NOK"}
ADDRESSES = itertools.count()


@pytest.fixture
def administrator(db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setenv("HMS_ADMIN_PASSWORD", "seven green kettles sing")
    call_command("create_administrator", username="ines", stdout=io.StringIO(), **HOSPITAL)
    return User.objects.get(username="ines").at(Facility.objects.get())


def test_the_first_facility_is_what_was_given(administrator: User) -> None:
    made = administrator.facility
    assert (made.name, made.code, made.time_zone, made.currency) == ("North Hospital", "NG", "Europe/Oslo", "NOK")


def test_nothing_of_the_first_facility_is_guessed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HMS_ADMIN_PASSWORD", "seven green kettles sing")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--code, --currency"):
        call_command("create_administrator", username="ines", hospital="North Hospital", time_zone="Europe/Oslo")
    assert not Facility.objects.exists()
    for name in ("NAME", "CODE", "TIME_ZONE", "CURRENCY"):
        monkeypatch.setenv(f"HMS_HOSPITAL_{name}", {"NAME": "South", "CODE": "S", "TIME_ZONE": "UTC"}.get(name, "EUR"))
    call_command("create_administrator", username="ines", stdout=io.StringIO())
    assert Facility.objects.get().name == "South"


# What the twins take away (tests/weakened.py).
ACTIVE = ('"is_active": False', '"is_active": True')
ITS_NAME = (
    '"password": "!"',
    '"password": __import__("django.contrib.auth.hashers").contrib.auth.hashers.make_password(SYSTEM)',
)


@weakened(
    "with a system that signs in",
    reworded(HospitalUserManager.system, ACTIVE, ITS_NAME),
)
@weakened("with a system that is active", reworded(HospitalUserManager.system, ACTIVE))
@weakened("with no door at all", AccountAdapter, "authenticate", lambda self, request, **typed: None)
def test_nobody_signs_in_until_the_first_administrator_is_made(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database of the tests is one that migrate and sync_roles made, as for a new hospital. What runs by itself
    makes an account of its own, for the audit alone."""
    call_command("sync_roles", verbosity=0)
    assert not User.objects.exists()
    system = User.objects.system()
    for name in (system.username, "admin", "administrator", "root"):
        for password in ("", "!", name, "admin", "password", "seven green kettles sing"):
            assert not _lets_in(name, password), (name, password)
    assert (system.is_active, system.has_usable_password(), system.is_staff, system.is_superuser) == (False,) * 4
    assert not system.memberships.exists() and not Pin.objects.exists() and not Authenticator.objects.exists()
    monkeypatch.setenv("HMS_ADMIN_PASSWORD", "seven green kettles sing")
    call_command("create_administrator", username="ines", stdout=io.StringIO(), **HOSPITAL)
    assert [user.username for user in User.objects.filter(is_active=True)] == ["ines"]
    assert _lets_in("ines", "seven green kettles sing")
    assert not _lets_in(system.username, "seven green kettles sing")


def _lets_in(username: str, password: str) -> bool:
    """By the door, from a computer of its own: what is slowed down is no answer."""
    client = Client(REMOTE_ADDR=f"10.0.{next(ADDRESSES)}.1")
    assert client.post("/accounts/login/", {"username": username, "password": password}).status_code in (200, 302)
    return SESSION_KEY in client.session


def test_the_first_page_says_what_to_do_next_until_it_is_done(administrator: User) -> None:
    """Letterhead, departments, people, staff, services, then doctors and hours; laboratory, pharmacy and wards
    are there for whoever has them."""
    client = Client()
    client.force_login(administrator)
    facility = administrator.facility

    def following() -> str:
        return next((step.label for step in setup.standing(administrator) if step.current), "")

    page = client.get("/today/set-up").content.decode()
    assert "Set up your hospital" in page
    assert "0 of 9 done" in page
    assert f"/admin/core/facility/{facility.pk}/change/" in page
    assert following() == "Letterhead, time zone and currency"
    Facility.objects.filter(pk=facility.pk).update(address="1 Fjord Road")
    assert following() == "Departments"
    assert "No department yet" in client.get("/staff/hire").content.decode()
    outpatients = Department.objects.create(facility=facility, code="outpatients", name="Outpatients")
    assert following() == "People with roles"
    colleague = User.objects.create_user(username="kari", first_name="Kari", last_name="Lie")
    people.grant(administrator, user=colleague, facility=facility, role="doctor", department=outpatients)
    assert following() == "Staff"
    for empty in ("/staff/", "/doctors/"):
        assert "fits this filter" not in client.get(empty).content.decode()
    employee = hire(
        administrator, department=outpatients, given_name="Kari", family_name="Lie", profession="doctor",
        hired_on=today(facility), user=colleague,
    )  # fmt: skip
    assert following() == "Services and prices"
    prices.ensure(facility, code="C", name="Consultation", category="consultation", price=Decimal(40))
    assert following() == "Doctors and their hours"
    assert "/today/set-up" in client.get("/").content.decode()
    doctor = Doctor.objects.create(
        employee=employee, specialty=Specialty.objects.create(code="GP", name="General practice"), licence_number="1"
    )
    Availability.objects.create(
        doctor=doctor, weekday=0, starts=time(8), ends=time(12), slot_minutes=20, valid_from=today(facility)
    )
    assert following() == ""
    assert "/today/set-up" not in client.get("/").content.decode()


def test_every_step_leads_to_a_page_that_the_administrator_may_open(administrator: User) -> None:
    client = Client()
    client.force_login(administrator)
    for step in setup.standing(administrator):
        assert client.get(step.url).status_code == 200, step.label
