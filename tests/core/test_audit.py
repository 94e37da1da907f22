"""The audit proves itself: every way to tamper with it is found, and the row has its name."""

from __future__ import annotations

import hashlib
import time

import pytest
from django.db import connection

from hms.core import audit, sealing
from hms.core.models import AuditEvent, AuditSeal

pytestmark = pytest.mark.django_db(transaction=True)


def tamper(*statements: str) -> None:
    """What only the owner of the tables can do: switch the guard off and change history."""
    tables = ("core_auditevent", "core_auditseal", "core_auditretirement")
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"alter table {table} disable trigger append_only")
        for sql in statements:
            cursor.execute(sql)
        for table in tables:
            cursor.execute(f"alter table {table} enable trigger append_only")


def seal(*, all_of_it: bool = True) -> AuditSeal:
    """Seal what is there. Tests of other databases run beside this one in the same server, and their
    open transactions hold a seal back: wait for them."""
    over = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint > max(transaction) from core_auditevent"
    for _try in range(3000):
        with connection.cursor() as cursor:
            cursor.execute(over)
            ready = cursor.fetchone()[0] or not all_of_it
        if ready and (made := sealing.seal()):
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


def row(action: str) -> AuditEvent:
    return AuditEvent.objects.get(action=action)


def said(event: AuditEvent) -> str:
    return f"{event.at:%Y-%m-%d %H:%M:%S} UTC, {event.actor_name}, {event.action}."


def test_an_untouched_audit_has_no_faults() -> None:
    three_seals()
    assert list(sealing.faults()) == []
    assert sealing.seal() is None


def test_a_changed_row_is_named() -> None:
    seals = three_seals()
    tamper("update core_auditevent set actor_name = 'someone else' where action = 'test.event.1.2'")
    changed = row("test.event.1.2")
    assert list(sealing.faults()) == [
        f"Audit seal {seals[1].pk}: row {changed.pk} was changed. Now it says: {said(changed)}"
    ]


@pytest.mark.parametrize(
    "column",
    [
        "transaction = 1",
        "at = at - interval '1 second'",
        "id = 1000000",
        "id = -5",
        "role = 'x'",
        "object_type = 'x'",
        "object_id = 'x'",
        "patient_id = gen_random_uuid()",
        "reason = 'x'",
        "detail = '{\"a\": 1}'",
        "source = 'x'",
    ],
)
def test_no_column_can_be_changed_without_being_found(column: str) -> None:
    seals = three_seals()
    pk = row("test.event.1.2").pk
    tamper(f"update core_auditevent set {column} where id = {pk}")
    found = list(sealing.faults())
    assert found and any(f"row {pk} was" in line for line in found)
    assert all(line.startswith((f"Audit seal {seals[1].pk}:", f"Audit seal {seals[0].pk}:")) for line in found)


def test_a_removed_row_is_named() -> None:
    seals = three_seals()
    gone = row("test.event.1.1").pk
    tamper("delete from core_auditevent where action = 'test.event.1.1'")
    assert list(sealing.faults()) == [f"Audit seal {seals[1].pk}: row {gone} was removed."]


def test_a_cut_off_end_is_named() -> None:
    seals = three_seals()
    gone = [row(f"test.event.2.{n}").pk for n in (2, 3)]
    tamper("delete from core_auditevent where action in ('test.event.2.2', 'test.event.2.3')")
    assert list(sealing.faults()) == [f"Audit seal {seals[2].pk}: row {pk} was cut off its end." for pk in gone]


def test_a_row_slipped_in_is_named() -> None:
    seals = three_seals()
    tamper(
        "insert into core_auditevent (transaction, at, actor_name, role, action, object_type, object_id, reason, detail,"
        " source) select transaction, at, actor_name, role, 'forged', '', '', '', '{}', '' from core_auditevent"
        " where action = 'test.event.0.0'"
    )
    forged = row("forged")
    assert list(sealing.faults()) == [
        f"Audit seal {seals[0].pk}: row {forged.pk} was slipped in. It says: {said(forged)}"
    ]


def test_a_row_slipped_in_at_another_time_is_named() -> None:
    """Where the check of its seal, which reads the seal's own days, does not look."""
    seals = three_seals()
    tamper(
        "insert into core_auditevent (transaction, at, actor_name, role, action, object_type, object_id, reason, detail,"
        " source) select transaction, at - interval '3 years', '', '', 'forged', '', '', '', '{}', ''"
        " from core_auditevent where action = 'test.event.0.0'"
    )
    pk = row("forged").pk
    assert list(sealing.faults()) == [f"Audit seal {seals[0].pk}: row {pk} was slipped in, or its time was changed."]


def test_a_seal_made_to_fit_a_changed_row_is_found_all_the_same() -> None:
    seals = three_seals()
    tamper(
        "update core_auditevent set actor_name = 'someone else' where action = 'test.event.1.2'",
        f"update core_auditseal set content = repeat('0', 64) where id = {seals[1].pk}",
    )
    assert f"Audit seal {seals[1].pk} was changed itself." in list(sealing.faults())


def test_a_removed_seal_is_found() -> None:
    seals = three_seals()
    tamper(f"delete from core_auditseal where id = {seals[1].pk}")
    assert any("does not follow" in fault for fault in sealing.faults())


def test_seals_made_before_rows_had_marks_still_verify() -> None:
    """As the first seals were made: the digest is of the rows themselves."""
    seals = three_seals()
    with connection.cursor() as cursor:
        sha = hashlib.sha256(f":{seals[0].first_transaction}:{seals[0].next_transaction}".encode())
        cursor.execute(
            "select jsonb_build_array(id, transaction, extract(epoch from at)::text, actor_id, actor_name, role,"
            " facility_id, action, object_type, object_id, patient_id, reason, detail, source)::text"
            " from core_auditevent where transaction < %s order by id",
            [seals[0].next_transaction],
        )
        for (text,) in cursor.fetchall():
            sha.update(text.encode() + b"\n")
    tamper(
        f"delete from core_auditseal where id > {seals[0].pk}",
        "update core_auditseal set content = '', marks = null, rows_from = null, rows_until = null,"
        f" digest = '{sha.hexdigest()}'",
    )
    assert seal().rows == 8
    assert list(sealing.faults()) == []
    tamper("update core_auditevent set actor_name = 'someone else' where action = 'test.event.0.2'")
    assert list(sealing.faults()) == [f"Audit seal {seals[0].pk}: a row was changed."]
    tamper("delete from core_auditevent where action = 'test.event.0.3'")
    assert list(sealing.faults()) == [f"Audit seal {seals[0].pk}: 1 of 4 rows are missing at its end."]


def test_marks_take_ten_bytes_a_row_and_read_back() -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter table core_auditevent alter column id restart with 50000000")
        try:
            ids = [audit.record(None, f"test.event.{n}").pk for n in range(300)]
        finally:
            cursor.execute("alter table core_auditevent alter column id restart with 1000000")
    made = seal()
    marks = sealing.unpacked(bytes(made.marks))
    assert list(marks) == ids and {len(mark) for mark in marks.values()} == {sealing.MARK}
    assert len(set(marks.values())) == 300
    assert len(made.marks) < 10 * made.rows


def test_rows_of_a_running_transaction_wait_for_the_next_seal() -> None:
    audit.record(None, "test.done")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("select pg_current_xact_id()")
            audit.record(None, "test.after")
            assert seal(all_of_it=False).rows == 1
        other.rollback()
    finally:
        other.close()
    assert seal().rows == 1
    assert AuditEvent.objects.count() == sum(seal.rows for seal in AuditSeal.objects.all())
    assert list(sealing.faults()) == []
