"""The audit's months: made ahead, filled without fail, and let go after the years set with the chain whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from hms.core import audit, clock, retention, sealing
from hms.core.models import AuditEvent, AuditRetirement, AuditSeal
from tests.core.test_audit import seal, tamper
from tests.weakened import reworded, weakened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def months_are_put_back() -> Iterator[None]:
    """A test's own months go again: they are not rows, which a test leaves behind empty."""
    before = set(retention.parts().values())
    yield
    with connection.cursor() as cursor:
        cursor.execute("truncate core_auditevent, core_auditretirement, core_auditseal")
        for name in set(retention.parts().values()) - before:
            cursor.execute(f"drop table {name}")
    retention.make_months()


def part_of(event: AuditEvent) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select tableoid::regclass::text from core_auditevent where id = %s", [event.pk])
        return cursor.fetchone()[0]


def write(action: str, moment: datetime) -> AuditEvent:
    with time_machine.travel(moment, tick=False):
        return audit.record(None, action)


@contextmanager
def unguarded() -> Iterator[None]:
    """For a twin (tests/weakened.py): the audit without its trigger."""
    with connection.cursor() as cursor:
        cursor.execute("alter table core_auditevent disable trigger append_only")
        try:
            yield
        finally:
            cursor.execute("alter table core_auditevent enable trigger append_only")


@weakened("without months", retention, "make_months", lambda: 0)
def test_rows_go_into_their_month_and_never_fail_for_want_of_one() -> None:
    retention.make_months()
    now = clock.now()
    assert part_of(audit.record(None, "test.now")) == f"core_auditevent_{now:%Y_%m}"
    ahead = write("test.ahead", now + timedelta(days=80))
    assert part_of(ahead) == f"core_auditevent_{ahead.at:%Y_%m}"
    far = write("test.far", datetime(2019, 5, 31, 23, 59, 59, tzinfo=UTC))
    next_day = write("test.far", datetime(2019, 6, 1, tzinfo=UTC))
    assert {part_of(far), part_of(next_day)} == {"core_auditevent_default"}
    assert retention.make_months() == 2
    assert (part_of(far), part_of(next_day)) == ("core_auditevent_2019_05", "core_auditevent_2019_06")
    assert retention.make_months() == 0


@weakened("without the guard", unguarded)
def test_a_row_that_moved_into_its_month_is_still_guarded_and_still_verifies() -> None:
    far = write("test.far", datetime(2019, 5, 31, tzinfo=UTC))
    seal()
    retention.make_months()
    assert list(sealing.faults()) == []
    other = write("test.other", datetime(2018, 1, 1, tzinfo=UTC))
    assert part_of(other) == "core_auditevent_default"
    for table in ("core_auditevent", "core_auditevent_2019_05", "core_auditevent_default"):
        for change in (f"update {table} set action = 'x'", f"delete from {table}"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(change)
    assert AuditEvent.objects.get(pk=far.pk).action == "test.far"


def kept(settings: Any) -> tuple[list[AuditSeal], AuditEvent]:
    """Three seals, of 2019 alone, of 2019 and today, and of today, where two years are kept."""
    settings.AUDIT_YEARS = 2
    write("test.old.a", datetime(2019, 5, 3, tzinfo=UTC))
    write("test.old.b", datetime(2019, 6, 3, tzinfo=UTC))
    first = seal()
    write("test.old.c", datetime(2019, 6, 4, tzinfo=UTC))
    straddles = audit.record(None, "test.new.a")
    second = seal()
    audit.record(None, "test.new.b")
    return [first, second, seal()], straddles


@weakened(
    "without a word of it",
    reworded(retention.retire, ('detail = {"digest": sealing.fingerprint(retired), ', 'detail = {"digest": "", ')),
)
@weakened("with the months kept", retention, "_drop", lambda cursor, names: None)
def test_whole_months_older_than_the_years_set_are_let_go_and_the_chain_still_verifies(
    settings: Any,
) -> None:
    seals, _straddles = kept(settings)
    out = StringIO()
    call_command("retire_audit", stdout=out)
    assert "3 rows of 2 months, until 2019-06, were let go." in out.getvalue()
    gone = AuditRetirement.objects.get()
    assert (gone.rows, gone.months, gone.before) == (3, ["2019-05", "2019-06"], datetime(2019, 7, 1, tzinfo=UTC))
    assert gone.whole == [[seals[0].pk, seals[0].pk]]
    assert list(gone.partial) == [str(seals[1].pk)] and gone.partial[str(seals[1].pk)][0] == 1
    assert gone.last_seal == seals[1]
    assert not AuditEvent.objects.filter(action__startswith="test.old").exists()
    assert AuditEvent.objects.filter(action="core.audit.retired", object_id=str(gone.pk)).count() == 1
    assert list(sealing.faults()) == []
    seal()
    assert list(sealing.faults()) == []
    assert retention.retire() is None


@weakened(
    "of what was left nothing asked",
    reworded(sealing.check, ('if (block.rows, block.content if block.rows else "") != (rows, content):', "if False:")),
)
def test_what_is_left_of_a_straddling_seal_is_still_guarded(settings: Any) -> None:
    seals, straddles = kept(settings)
    retention.retire()
    tamper(f"update core_auditevent set actor_name = 'someone else' where id = {straddles.pk}")
    found = list(sealing.faults())
    assert any(f"seal {seals[1].pk}: row {straddles.pk} was changed" in line for line in found)
    tamper(f"delete from core_auditevent where id = {straddles.pk}")
    assert any(f"Audit seal {seals[1].pk}: of what was left" in line for line in sealing.faults())


@weakened(
    "of what was retired nothing asked",
    reworded(sealing.check, ('if (block.rows, block.content if block.rows else "") != (rows, content):', "if False:")),
)
def test_a_row_slipped_in_among_retired_ones_is_found(settings: Any) -> None:
    seals, _straddles = kept(settings)
    retention.retire()
    tamper(
        "insert into core_auditevent (transaction, at, actor_name, role, action, object_type, object_id, reason, detail,"
        f" source) values ({seals[0].first_transaction}, '2019-05-03', '', '', 'forged', '', '', '', '{{}}', '')"
    )
    assert any(f"Audit seal {seals[0].pk}" in line for line in sealing.faults())


@weakened("without the check", sealing, "check", lambda link, retired: (sealing.Block(), []))
def test_a_month_removed_otherwise_is_found_as_missing(settings: Any) -> None:
    seals, _straddles = kept(settings)
    retention.make_months()
    with connection.cursor() as cursor:
        cursor.execute("drop table core_auditevent_2019_05")
    lines = list(sealing.faults())
    assert len(lines) == 1 and lines[0].startswith(f"Audit seal {seals[0].pk}: row ") and "was removed" in lines[0]
    with pytest.raises(CommandError, match="does not verify"):
        call_command("retire_audit")
    assert not AuditRetirement.objects.exists()


@weakened("without asking the audit", sealing, "_retirements", lambda: iter(()))
def test_a_retirement_made_by_hand_is_found(settings: Any) -> None:
    seals, _straddles = kept(settings)
    retention.make_months()
    with connection.cursor() as cursor:
        cursor.execute("drop table core_auditevent_2019_05")
        cursor.execute("delete from core_auditevent_2019_06 where false")
    AuditRetirement.objects.create(
        years=2, before=datetime(2019, 6, 1, tzinfo=UTC), months=["2019-05"], rows=1, last_seal=seals[0], whole=[],
        partial={str(seals[0].pk): [1, "x"]},
    )  # fmt: skip
    assert any("is not told by an audit row" in line for line in sealing.faults())


@weakened(
    "whatever its age",
    reworded(sealing._retirements, ("if row.before > years_before(row.made_at, row.years):", "if False:")),
)
def test_a_month_too_young_to_go_is_found(settings: Any) -> None:
    kept(settings)
    gone = retention.retire()
    tamper(f"update core_auditretirement set before = made_at - interval '1 month' where id = {gone.pk}")
    found = list(sealing.faults())
    assert any("had not been kept for 2 years" in line for line in found)
    assert any("is not told by an audit row" in line for line in found)


@weakened("sealed or not", retention, "_affected", lambda cursor, names: (0, []))
def test_rows_that_are_not_sealed_stay(settings: Any) -> None:
    settings.AUDIT_YEARS = 2
    write("test.old", datetime(2019, 5, 3, tzinfo=UTC))
    with pytest.raises(CommandError, match="not sealed yet"):
        call_command("retire_audit")
    assert AuditEvent.objects.filter(action="test.old").exists()


@weakened("however young", sealing, "years_before", lambda moment, years: moment)
def test_nothing_is_old_enough(settings: Any) -> None:
    kept(settings)
    settings.AUDIT_YEARS = 100
    assert retention.retire() is None
    assert AuditEvent.objects.filter(action__startswith="test.old").count() == 3


def test_the_application_role_makes_months_and_lets_none_go() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select 1 from pg_roles where rolname = 'hms_app'")
        if cursor.fetchone() is None:
            cursor.execute("create role hms_app")
    call_command("grant_app_role", "hms_app", verbosity=0)
    write("test.far", datetime(2019, 5, 31, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.execute("set role hms_app")
        try:
            assert retention.make_months() == 1
            month = f"core_auditevent_{clock.now():%Y_%m}"
            for statement in (
                "alter table core_auditevent detach partition core_auditevent_2019_05",
                "drop table core_auditevent_2019_05",
                "delete from core_auditevent_2019_05",
                "truncate core_auditevent_2019_05",
                "update core_auditevent_2019_05 set action = 'x'",
                f"insert into {month} (at, action) values (now(), 'x')",
                f"select * from {month}",
                "select hms_audit_month(now())",
                "insert into core_auditretirement default values",
                "create table core_auditevent_1999_01 partition of core_auditevent for values from ('1999-01-01') to ('1999-02-01')",
            ):
                with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                    cursor.execute(statement)
            audit.record(None, "test.event")
            with pytest.raises(CommandError, match="Only the owner"):
                call_command("retire_audit")
            with pytest.raises(DatabaseError), transaction.atomic():
                retention._drop(cursor, ["core_auditevent_2019_05"])
        finally:
            cursor.execute("reset role")


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("patients.chart.opened", "read"),
        ("patients.patient.seen", "read"),
        ("appointments.day.viewed", "read"),
        ("core.search", "read"),
        ("patients.patient.searched", "read"),
        ("patients.encounter.opened", "change"),
        ("core.document.printed", "print"),
        ("core.document.issued", "change"),
        ("export", "export"),
        ("core.audit.exported", "export"),
        ("access.outside_care", "refusal"),
        ("patients.patient.bring_over_refused", "refusal"),
        ("core.user.sign_in_failed", "refusal"),
        ("core.user.unlock_failed", "refusal"),
        ("staff.licence.demanded", "refusal"),
        ("core.user.signed_in", "sign_in"),
        ("core.user.locked", "sign_in"),
        ("core.user.unlocked", "sign_in"),
        ("core.session.switched_facility", "sign_in"),
        ("core.user.password_set", "change"),
        ("pharmacy.dispense.handed_out", "change"),
    ],
)
def test_the_database_reads_the_kind_of_an_act_off_its_code(action: str, kind: str) -> None:
    event = audit.record(None, action)
    event.refresh_from_db()
    assert event.kind == kind
