"""The oracle asks whole tables, and leaves the session as it found it."""

import pytest
from django.db import connection

from hms.core import oracle


def lookups() -> str:
    with connection.cursor() as cursor:
        cursor.execute("show enable_nestloop")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_check_never_looks_up_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "_checks", {})
    oracle.register("asked", lambda: [lookups()])
    oracle.register("asked first", lambda: (lookups() for _time in range(2)))
    (asked, first) = oracle.checks()
    assert list(asked.check()) == ["off"]
    assert next(iter(first.check())) == "off"
    assert lookups() == "on"
