from __future__ import annotations

import pytest

from hms.core.models import User


@pytest.fixture
def doctor_user(person) -> User:
    return person("doctor")


@pytest.fixture
def auditor(person) -> User:
    return person("auditor")
