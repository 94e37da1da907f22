"""The audit proves itself: every way to tamper with it is found and named."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from hms.core import audit
from hms.core.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db(transaction=True)


def tamper(sql: str) -> None:
    """What only the owner of the tables can do: switch the guard off and change history."""
    with connection.cursor() as cursor:
        for table in ("core_auditevent", "core_auditseal"):
            cursor.execute(f"alter table {table} disable trigger append_only")
        cursor.execute(sql)
        for table in ("core_auditevent", "core_auditseal"):
            cursor.execute(f"alter table {table} enable trigger append_only")


def seal() -> AuditSeal:
    """Seal what is there. Tests of other databases run beside this one in the same server, and their
    open transactions hold a seal back: wait for them."""
    for _try in range(3000):
        if made := audit.seal():
            return made
        time.sleep(0.1)
    raise AssertionError("no seal was made within five minutes")


def three_seals() -> list[AuditSeal]:
    made = []
    for n in range(3):
        for place in range(4):
            audit.record(None, f"test.event.{n}.{place}")
        made.append(seal())
        assert made[-1].rows == 4
    return made


def test_an_untouched_audit_has_no_faults() -> None:
    three_seals()
    assert list(audit.faults()) == []
    assert audit.seal() is None


def test_a_changed_row_is_found() -> None:
    seals = three_seals()
    tamper("update core_auditevent set actor_name = 'someone else' where action = 'test.event.1.2'")
    assert list(audit.faults()) == [f"Audit seal {seals[1].pk}: a row was changed."]


def test_a_removed_row_is_found() -> None:
    seals = three_seals()
    tamper("delete from core_auditevent where action = 'test.event.1.1'")
    assert list(audit.faults()) == [f"Audit seal {seals[1].pk}: 1 of 4 rows are missing."]


def test_a_cut_off_end_is_found() -> None:
    seals = three_seals()
    tamper("delete from core_auditevent where action in ('test.event.2.2', 'test.event.2.3')")
    assert list(audit.faults()) == [f"Audit seal {seals[2].pk}: 2 of 4 rows are missing at its end."]


def test_a_row_slipped_in_is_found() -> None:
    seals = three_seals()
    tamper(
        "insert into core_auditevent (transaction, at, actor_name, role, action, object_type, object_id, reason, detail,"
        " source) select transaction, at, actor_name, role, 'forged', '', '', '', '{}', '' from core_auditevent"
        " where action = 'test.event.0.0'"
    )
    assert list(audit.faults()) == [f"Audit seal {seals[0].pk}: 1 rows were slipped in."]


def test_a_removed_seal_is_found() -> None:
    seals = three_seals()
    tamper(f"delete from core_auditseal where id = {seals[1].pk}")
    assert any("does not follow" in fault for fault in audit.faults())


def test_rows_of_a_running_transaction_wait_for_the_next_seal() -> None:
    audit.record(None, "test.done")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")
            audit.record(None, "test.after")
            assert seal().rows == 1
        other.rollback()
    finally:
        other.close()
    assert seal().rows == 1
    assert AuditEvent.objects.count() == sum(seal.rows for seal in AuditSeal.objects.all())
    assert list(audit.faults()) == []
