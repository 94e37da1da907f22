"""What the oracle asks of the house itself."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from django.db import connection

from hms.core import audit, oracle
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


def register() -> None:
    oracle.register("audit seals", audit.faults)
    oracle.register("documents", documents)
