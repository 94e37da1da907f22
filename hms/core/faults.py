"""What the oracle asks of the house itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from django.db import connection

from hms.core import oracle, sealing
from hms.core.models import Counter, Document


def documents() -> Iterator[str]:
    """Every stored document is the one that was issued."""
    for pk, kind, number, sha256, content in Document.objects.values_list(
        "pk", "kind", "number", "sha256", "content"
    ).iterator(chunk_size=200):
        if hashlib.sha256(bytes(content)).hexdigest() != sha256:
            yield f"Document {kind} {number} ({pk}) is not what was issued: its hash differs."


NUMBER = re.compile(r"^[A-Z]{1,4}-([A-Z]+)-(\d{4})-(\d+)$")


def runs(label: str, series: str, sql: str) -> oracle.Check:
    """The numbers of a series (`sql` lists facility code and number) run from 1 to their counter."""

    def run() -> Iterator[str]:
        given: dict[str, list[int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for code, number in cursor.fetchall():
                given.setdefault(code, []).append(number)
        counters = dict(Counter.objects.filter(series=series).values_list("facility__code", "value"))
        for code in sorted(given.keys() | counters.keys()):
            values, last = sorted(given.get(code, [])), counters.get(code, 0)
            if values != list(range(1, last + 1)):
                missing = sorted(set(range(1, last + 1)) - set(values))[:5]
                yield f"{label} of {code}: numbers do not run from 1 to {last}; missing {missing or 'none'}."

    return run


def gaps(label: str, model: type, prefix: str, *, facility: str = "facility_id") -> oracle.Check:
    """The numbers `<facility>-<prefix>-<year>-<n>` of a table run from 1 to their counter,
    without a gap; `facility` is the way from a row to its facility."""

    def run() -> Iterator[str]:
        counters = {(row.facility_id, row.series): row.value for row in Counter.objects.all()}
        given: dict[tuple, list[int]] = {}
        for facility_id, number in model._default_manager.values_list(facility, "number").iterator():
            if found := NUMBER.match(number):
                given.setdefault((facility_id, f"{found[1]}-{found[2]}"), []).append(int(found[3]))
        known = {key for key in counters if key[1].split("-")[0] == prefix}
        for key in sorted(known | given.keys(), key=str):
            values, last = sorted(given.get(key, [])), counters.get(key, 0)
            if values != list(range(1, last + 1)):
                missing = sorted(set(range(1, last + 1)) - set(values))[:5]
                yield f"{label} {key[1]}: numbers do not run from 1 to {last}; missing {missing or 'none'}."

    return run


# From here on every act of a kind that has limits says on whose authority it was done: since the table is there, or
# since its first row, whichever is earlier.
_SINCE = """
    least((select min(applied) from django_migrations where app = 'core' and name like '%\\_approvals'),
          (select min(asked_at) from core_approval))
"""


def acts_without_approval(name: str, result_type: str, sql: str) -> None:
    """Register that every act of a kind that has limits was done within its maker's own, or approved by somebody
    else, and for that amount. `sql` lists them: id, at, amount (null where it is not known any more), label."""
    oracle.register(
        name,
        oracle.query(
            f"""
            select x.label from ({sql}) x where x.at >= {_SINCE} and not exists (
                select from core_approval a where a.result_id = x.id and a.result_type = '{result_type}'
                and a.status in ('within', 'approved') and (x.amount is null or a.amount = x.amount))
            """,
            f"{result_type} {{0}} was done above a limit, or past it: nobody approved it.",
        ),
    )


def register() -> None:
    oracle.register(
        "approvals: each was carried out once",
        oracle.query(
            """
            select kind, result_id, count(*) from core_approval where result_id is not null and kind <> 'billing.price'
            group by 1, 2 having count(*) > 1
            """,
            "{0}: {1} is the result of {2} approvals.",
        ),
    )
    oracle.register(
        "approvals: nobody approved their own request",
        oracle.query(
            """
            select a.id from core_approval a where a.status = 'approved' and not exists (
                select from core_auditevent e where e.object_id = a.id::text and e.action = 'core.approval.approved'
                and e.actor_id = a.decided_by_id and e.actor_id <> a.asked_by_id) and a.created_at >= (
                select min(applied) from django_migrations where app = 'core' and name like '%\\_approvals')
            """,
            "Approval {0}: the audit does not show that somebody else approved it.",
        ),
    )
    oracle.register("audit seals", sealing.faults)
    oracle.register("documents", documents)
