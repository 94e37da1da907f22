"""How many rows are looked at to say who may see what: a few, however many there are. Counted, not timed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from django.db import connection

from hms.bench import scope
from hms.bench.crowd import BEDS, ROLES, Crowd
from wards import rounds

PATIENTS = 1500
# A page and what is passed over on the way to it; of a gate, what one patient has.
CONTROLLED = ("receptionist: patients", "receptionist: invoices", "nurse: gate, a patient of today")
MOST = {"patients": 400, "invoices": 400, "gate, a patient of today": 120, "gate, a patient of long ago": 120}
BY_INDEX = ("enable_indexscan", "enable_indexonlyscan", "enable_bitmapscan")


@pytest.fixture
def crowd(db: None) -> Iterator[Crowd]:
    made = Crowd()
    made.grow(PATIENTS)
    yield made


def looked_at(sql: str, *, indexes: bool = True, table: str = "") -> int:
    """Rows that the nodes of the plan which read tables (or one table) gave or passed over."""
    with connection.cursor() as cursor:
        # Of a few thousand rows a table is soon read as a whole; the question is whether it must be.
        for name in BY_INDEX if not indexes else ("enable_seqscan",):
            cursor.execute(f"set local {name} = off")
        try:
            cursor.execute(f"explain (analyze, format json) {sql}")
            (found,) = cursor.fetchone()
        finally:
            for name in ("enable_seqscan", *BY_INDEX):
                cursor.execute(f"set local {name} = on")
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    passed = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    reads = [
        node for node in scope.nodes(plan) if node.get("Relation Name", "") and table in ("", node["Relation Name"])
    ]
    return int(sum(sum(node.get(name, 0) for name in passed) * node["Actual Loops"] for node in reads))


def test_a_page_and_a_gate_look_at_a_few_rows_and_not_at_the_hospital(crowd: Crowd) -> None:
    counted, controlled = {}, {}
    for asked in scope.questions(crowd):
        what = asked.name.partition(": ")[2]
        if what in MOST:
            sql = scope.statement(asked.ask)
            counted[asked.name] = looked_at(sql)
            if asked.name in CONTROLLED:
                controlled[asked.name] = looked_at(sql, indexes=False)
    # Nobody is asked about a list that their role does not open.
    assert {name.partition(": ")[0] for name in counted} == set(ROLES)
    assert {name.partition(": ")[2] for name in counted} == set(MOST)
    assert {name: rows for name, rows in counted.items() if rows > MOST[name.partition(": ")[2]]} == {}
    # The control: without indexes all of a table is looked at, and this says so.
    assert len(controlled) == len(CONTROLLED)
    assert min(controlled.values()) >= PATIENTS


def test_who_lies_in_the_wards_is_said_without_reading_the_allergies_of_everybody(crowd: Crowd) -> None:
    nurse = crowd.users["nurse"]
    sql = scope.statement(lambda: rounds.of(nurse, rounds.own_wards(nurse, None)))
    assert 0 < looked_at(sql, table="patients_allergy") <= BEDS / 5
    # The control: asked by EXISTS, the database prepares for it by reading them all.
    exists, replaced = re.subn(
        r'\((SELECT \w+\."id"[^()]* FROM "patients_allergy" .*?) LIMIT 1\) AS "an_allergy"',
        r'exists(\1) AS "an_allergy"',
        sql,
    )
    assert replaced == 1
    assert looked_at(exists, table="patients_allergy") >= PATIENTS / 5
