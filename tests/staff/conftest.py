from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from hms.core.models import Department, Facility, User
from staff import services
from staff.models import Employee, Shift


@pytest.fixture
def hr(person: Callable[..., User]) -> User:
    return person("hr")


def hire(actor: User, given: str = "Ama", family: str = "Mensah", **details: Any) -> Employee:
    """A sign-in that has its file already, as a clinical role of `person` has, goes by this name from here on."""
    department = Department.objects.filter(facility=actor.facility).first()
    fields = {"department": department, "profession": "nurse", "hired_on": date(2020, 1, 6), **details}
    if filed := Employee.objects.filter(user=details.get("user"), user__isnull=False).first():
        return services.change(actor, employee_id=filed.pk, given_name=given, family_name=family, **fields)
    return services.hire(actor, given_name=given, family_name=family, **fields)


@pytest.fixture
def employee(hr: User) -> Employee:
    return hire(hr)


@pytest.fixture
def early(hr: User) -> Shift:
    return services.set_shift(hr, name="Early", starts=time(7), ends=time(15))


@pytest.fixture
def night(hr: User) -> Shift:
    return services.set_shift(hr, name="Night", starts=time(22), ends=time(6))


@pytest.fixture
def wards_of_north(north: Facility) -> Department:
    return Department.objects.create(facility=north, code="wards", name="Wards")
