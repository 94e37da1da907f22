"""The months of the audit: made ahead, and let go when they were kept for the years set.

Making them is for whoever works (`hms_audit_months` runs with the owner's right); letting go is for the owner of
the tables alone, by `manage.py retire_audit`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from psycopg import sql

from hms.core import audit, clock, sealing
from hms.core.models import AuditRetirement, AuditSeal
from hms.core.refusals import Refused

PART = "core_auditevent_%Y_%m"


def make_months() -> int:
    """Months from the last to three ahead, and those of rows that came in without one; returns how many were made.

    Locks: the audit for a moment, where rows have to move; gives up after three seconds, for the next time.
    """
    with connection.cursor() as cursor:
        cursor.execute("select hms_audit_months()")
        return cursor.fetchone()[0]


def parts() -> dict[datetime, str]:
    """The first moment of each month that has a table → its table, in the order of time."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where i.inhparent = 'core_auditevent'::regclass and c.relname ~ '_[0-9]{4}_[0-9]{2}$' order by 1"
        )
        return {datetime.strptime(name, PART).replace(tzinfo=UTC): name for (name,) in cursor.fetchall()}


@transaction.atomic
def retire() -> AuditRetirement | None:
    """Let the whole months go that are older than HMS_AUDIT_YEARS, and keep a row that says so. None if there are none.

    Locks: the audit, against seals and against new rows, until it is done. Refuses the application's role,
    rows that are not sealed yet, and seals that do not verify: what was tampered with is not let go.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_has_role(relowner, 'usage') from pg_class where oid = 'core_auditevent'::regclass")
        if not cursor.fetchone()[0]:
            raise Refused(_("Only the owner of the tables lets audit rows go (HMS_OWNER_DATABASE_URL)."))
        cursor.execute("select pg_advisory_xact_lock(%s)", [sealing.SEAL_LOCK])
        make_months()
        now = clock.now()
        limit = sealing.years_before(now, settings.AUDIT_YEARS)
        # A month goes when the next one began long enough ago.
        months = [month for month in parts() if _following(month) <= limit]
        if not months:
            return None
        cursor.execute("lock table core_auditevent in access exclusive mode")
        names = [month.strftime(PART) for month in months]
        rows, affected = _affected(cursor, names)
        if not rows:
            _drop(cursor, names)
            return None
        before = _following(months[-1])
        left = _left(affected, before)
        retired = AuditRetirement.objects.create(
            made_at=now,
            years=settings.AUDIT_YEARS,
            before=before,
            months=[month.strftime("%Y-%m") for month in months],
            rows=rows,
            last_seal=affected[-1],
            whole=_ranges([pk for pk, (count, _content) in left.items() if not count]),
            partial={str(pk): [count, content] for pk, (count, content) in left.items() if count},
        )
        _drop(cursor, names)
    detail = {"digest": sealing.fingerprint(retired), "rows": rows, "months": retired.months}
    audit.record(None, "core.audit.retired", retired, detail=detail)
    return retired


def _following(month: datetime) -> datetime:
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def _affected(cursor: Any, names: list[str]) -> tuple[int, list[AuditSeal]]:
    """How many rows the months hold, and the seals that cover them, each of which must verify."""
    rows, newest = 0, AuditSeal.objects.defer("marks").order_by("-id").first()
    found: set[int] = set()
    for name in names:
        part = sql.Identifier(name)
        cursor.execute(sql.SQL("select count(*), max(transaction) from {}").format(part))
        count, last = cursor.fetchone()
        if count and (newest is None or last >= newest.next_transaction):
            raise Refused(_("Some rows of these months are not sealed yet. Try again when they are."))
        rows += count
        cursor.execute(
            sql.SQL(
                "select s.id from core_auditseal s where s.first_transaction <= %s and exists (select from {} e"
                " where e.transaction >= s.first_transaction and e.transaction < s.next_transaction)"
            ).format(part),
            [last],
        )
        found.update(pk for (pk,) in cursor.fetchall())
    affected, before = list(AuditSeal.objects.filter(pk__in=found).order_by("id")), sealing.Retired()
    for link in affected:
        _block, wrong = sealing.check(link, before)
        if wrong:
            raise Refused(_("The audit does not verify, so nothing was let go. %(why)s") % {"why": wrong[0]})
    return rows, affected


def _left(affected: list[AuditSeal], before: datetime) -> dict[int, tuple[int, str]]:
    """Of each seal, how many rows stay and their hash."""
    left = {}
    for link in affected:
        stays = sealing.Block()
        if link.rows_until is None or link.rows_until >= before:
            stays.read(link.first_transaction, link.next_transaction, before, datetime.max.replace(tzinfo=UTC))
        left[link.pk] = (stays.rows, stays.content)
    return left


def _ranges(ids: list[int]) -> list[list[int]]:
    """Ids as ranges of neighbours: [1, 2, 3, 7] are [[1, 3], [7, 7]]."""
    ranges: list[list[int]] = []
    for pk in sorted(ids):
        if ranges and pk == ranges[-1][1] + 1:
            ranges[-1][1] = pk
        else:
            ranges.append([pk, pk])
    return ranges


def _drop(cursor: Any, names: list[str]) -> None:
    for name in names:
        cursor.execute(sql.SQL("alter table core_auditevent detach partition {}").format(sql.Identifier(name)))
        cursor.execute(sql.SQL("drop table {}").format(sql.Identifier(name)))
