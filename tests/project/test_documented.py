"""docs/roles.md is what the tables say, and docs/security.md names no test that there is not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hms.core import roles
from hms.core.limits import NOTHING, RULES
from hms.core.management.commands import write_roles

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text()


def missing(page: str) -> list[str]:
    """The files and folders of tests and code that a page names and that are not there."""
    named = re.findall(r"`((?:tests|hms|patients|billing|doctors|reports|interop)/[\w/.]+)`", page)
    return sorted({name for name in named if not (ROOT / name).exists()})


def test_the_page_of_roles_is_what_the_tables_say() -> None:
    assert write_roles.PAGE.read_text() == write_roles.text(), "Write it again: bin/hms manage write_roles"


def test_every_role_and_every_limit_stands_on_it() -> None:
    page = write_roles.PAGE.read_text()
    assert [
        role.code for role in roles.ROLES.values() if f"## {role.label}\n`{role.code}`. {role.why}" not in page
    ] == []
    assert [key for key, rule in RULES.items() if rule.why not in page] == []


def test_a_permission_more_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    nurse = roles.ROLES["nurse"]
    more = replace(nurse, permissions=nurse.permissions | {"billing.give_refund"})
    monkeypatch.setitem(roles.ROLES, "nurse", more)
    assert write_roles.text() != write_roles.PAGE.read_text()


def test_another_limit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES["billing.refund"].by_role, "cashier", NOTHING)
    assert write_roles.text() != write_roles.PAGE.read_text()


def test_every_proof_that_is_named_exists() -> None:
    assert len(re.findall(r"`tests/", SECURITY)) > 30
    assert missing(SECURITY) == []


def test_a_proof_that_does_not_exist_is_noticed() -> None:
    assert missing("proved by `tests/core/test_nothing.py`") == ["tests/core/test_nothing.py"]


def test_every_link_of_the_page_of_roles_leads_to_a_heading() -> None:
    headings = {line[3:].lower().replace(" ", "-") for line in SECURITY.splitlines() if line.startswith("## ")}
    anchors = re.findall(r"security\.md#([\w-]+)", write_roles.PAGE.read_text())
    assert anchors and set(anchors) <= headings
