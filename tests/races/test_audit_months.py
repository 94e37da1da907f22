"""Rows are written while their month is made, seals are made, and months are let go: none is lost, no act fails."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from hms.core import audit, retention, sealing
from hms.core.models import AuditEvent, AuditRetirement, AuditSeal
from tests.core.test_audit import seal
from tests.core.test_retention import months_are_put_back  # noqa: F401  (puts the months back)
from tests.races.crowd import crowd

CROWD = 8
EACH = 12
pytestmark = pytest.mark.django_db(transaction=True)


def write_long_ago(number: int) -> None:
    for each in range(EACH):
        with transaction.atomic():
            AuditEvent.objects.create(
                at=datetime(2019, 5, 1 + number, tzinfo=UTC), actor_name="", action=f"test.{number}.{each}"
            )


def parts() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("select distinct tableoid::regclass::text from core_auditevent where action like 'test.%%'")
        return {name for (name,) in cursor.fetchall()}


def test_rows_written_while_their_month_is_made_are_all_kept() -> None:
    write_long_ago(0)

    def act(number: int) -> int:
        if number == 3:
            return retention.make_months()
        write_long_ago(number)
        return 0

    crowd(act, CROWD)
    retention.make_months()
    assert parts() == {"core_auditevent_2019_05"}
    assert AuditEvent.objects.filter(action__startswith="test.").count() == EACH * CROWD
    seal()
    assert list(sealing.faults()) == []


def test_of_seals_made_at_once_each_row_is_in_one() -> None:
    audit.record(None, "test.event")
    seal()

    def act(number: int) -> int:
        audit.record(None, f"test.event.{number}")
        made = sealing.seal()
        return made.rows if made else 0

    crowd(act, CROWD)
    if (
        AuditSeal.objects.order_by("-id").first().next_transaction
        <= AuditEvent.objects.latest("transaction").transaction
    ):
        seal()
    assert sum(row.rows for row in AuditSeal.objects.all()) == CROWD + 1
    assert list(sealing.faults()) == []


def test_months_are_let_go_once_by_many_at_once(settings: Any) -> None:
    settings.AUDIT_YEARS = 2
    write_long_ago(0)
    seal()
    answers = crowd(lambda number: retention.retire(), CROWD)
    assert [type(each) for each in answers].count(AuditRetirement) == 1, answers
    assert AuditRetirement.objects.count() == 1
    assert list(sealing.faults()) == []
