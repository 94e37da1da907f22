"""The audit of two years that `bin/hms bench months` makes is one that the pages can read, and its bars can be missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncMonth

from hms.bench import months
from hms.bench.crowd import Crowd
from hms.core import clock, retention
from hms.core.models import AuditEvent

ROWS = 6000


@pytest.fixture
def crowd(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    monkeypatch.setattr(months, "PATIENTS", 300)
    monkeypatch.setattr(months, "STAFF", 20)
    made = Crowd()
    made.register(months.PATIENTS)
    months.people(made)
    connection.check_constraints()  # all of it is one transaction here, and tables are joined in it
    months.write(made, ROWS, lambda line: None)
    yield made


def test_the_rows_lie_evenly_in_the_months_and_only_in_them(crowd: Crowd) -> None:
    written = AuditEvent.objects.filter(actor_name__startswith="Staff").order_by()
    assert written.count() == ROWS
    assert written.filter(at__gt=clock.now()).count() == 0
    found = dict(written.annotate(month=TruncMonth("at")).values_list("month").annotate(Count("id")))
    assert len(found) == months.MONTHS
    whole = sorted(found.items())[:-1]
    assert max(rows for _month, rows in whole) < 1.3 * min(rows for _month, rows in whole)
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from core_auditevent_default")
        assert cursor.fetchone() == (0,)
    assert set(found) <= set(retention.parts())
    kinds = dict(written.values_list("kind").annotate(Count("id")))
    assert {"read", "print", "change", "sign_in", "refusal"} == set(kinds)
    assert kinds["read"] > kinds["change"] > kinds["refusal"]


def test_every_page_is_asked_for_and_what_comes_late_is_said(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    auditor = crowd.users["auditor"]
    for most, kept in ((600_000, True), (0, False)):
        monkeypatch.setattr(months, "LIST", most)
        monkeypatch.setattr(months, "SLACK", most)
        said: list[str] = []
        assert months.measure(said.append, auditor) is kept
        assert len(said) == len(months.questions(auditor)) + 2
        assert any("ABOVE THE BAR" in line for line in said) is not kept
