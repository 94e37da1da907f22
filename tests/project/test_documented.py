"""docs/roles.md is what the tables say, and docs/security.md names no test that there is not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from hms.core import roles
from hms.core.limits import NOTHING, RULES
from hms.core.management.commands import write_roles
from staff import licences

ROOT = Path(__file__).resolve().parents[2]
SECURITY = (ROOT / "docs" / "security.md").read_text()


def missing(page: str) -> list[str]:
    """The files and folders of tests and code that a page names and that are not there."""
    named = re.findall(r"`((?:tests|hms|patients|billing|doctors|reports|interop)/[\w/.]+)`", page)
    return sorted({name for name in named if not (ROOT / name).exists()})


def test_the_page_of_roles_is_what_the_tables_say() -> None:
    assert write_roles.PAGE.read_text() == write_roles.text(), "Write it again: bin/hms manage write_roles"


def test_every_role_every_limit_and_every_paper_stands_on_it() -> None:
    page = write_roles.PAGE.read_text()
    assert [
        role.code for role in roles.ROLES.values() if f"## {role.label}\n`{role.code}`. {role.why}" not in page
    ] == []
    assert [key for key, rule in RULES.items() if rule.why not in page] == []
    papers = {act: f"| {act.value} | {rule.takes.label.lower()}" for act, rule in licences.RULES.items()}
    assert [act for act, row in papers.items() if row not in page or licences.RULES[act].why not in page] == []


def test_a_permission_more_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    nurse = roles.ROLES["nurse"]
    more = replace(nurse, permissions=nurse.permissions | {"billing.give_refund"})
    monkeypatch.setitem(roles.ROLES, "nurse", more)
    assert write_roles.text() != write_roles.PAGE.read_text()


def test_another_limit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES["billing.refund"].by_role, "cashier", NOTHING)
    assert write_roles.text() != write_roles.PAGE.read_text()


def test_another_paper_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = licences.RULES[licences.Act.DISPENSE]
    monkeypatch.setitem(licences.RULES, licences.Act.DISPENSE, replace(rule, other=licences.REGISTERED))
    assert write_roles.text() != write_roles.PAGE.read_text()


def test_every_proof_that_is_named_exists() -> None:
    assert len(re.findall(r"`tests/", SECURITY)) > 30
    assert missing(SECURITY) == []


def test_a_proof_that_does_not_exist_is_noticed() -> None:
    assert missing("proved by `tests/core/test_nothing.py`") == ["tests/core/test_nothing.py"]


# Tests of these folders that prove nothing of security: of everything else there, the page says what it proves.
FOLDERS = ("core", "staff", "patients", "reports", "project", "races", "journeys")
OF_SOMETHING_ELSE = {
    "tests/core/test_admin_look.py",
    "tests/core/test_asking.py",
    "tests/core/test_charts.py",
    "tests/core/test_numbers_and_money.py",
    "tests/core/test_oracle.py",
    "tests/core/test_tables.py",
    "tests/core/test_units.py",
    "tests/patients/test_death.py",
    "tests/patients/test_long_charts.py",
    "tests/project/test_bench.py",
    "tests/project/test_floors.py",
    "tests/project/test_manage.py",
    "tests/project/test_readme.py",
    "tests/project/test_supervisor_native.py",
    "tests/races/test_registration.py",
    "tests/races/test_two_shelves.py",
    "tests/reports/test_figures.py",
    "tests/staff/test_presence.py",
}
PROOF = re.compile(r"`(tests/[\w/.]+)(?:::(\w+))?`")


def claims(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each claim of the tables "claim | proved by", with its proofs: (file, function or ""). "the same" is that of the
    row above."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for table in re.findall(r"^\| claim \| proved by \|\n\|[-|]+\|\n((?:\|.*\n?)+)", page, re.MULTILINE):
        for line in table.splitlines():
            claim, proofs = (cell.strip() for cell in line.strip("|").split(" | "))
            above = found[-1][1] if proofs.startswith("the same") and found else []
            found.append((claim, [*above, *PROOF.findall(proofs)]))
    return found


def functions_of(file: str) -> set[str]:
    return (
        set(re.findall(r"^def (test_\w+)", (ROOT / file).read_text(), re.MULTILINE))
        if (ROOT / file).exists()
        else set()
    )


def unproved(page: str) -> list[str]:
    """Claims that no test stands for: no file is named, or one that is not there, holds no test, or not that one."""
    return [
        claim
        for claim, proofs in claims(page)
        if not proofs
        or any(not there or (name and name not in there) for file, name in proofs for there in [functions_of(file)])
    ]


def unnamed(page: str) -> list[str]:
    """Files that prove something and that no row names."""
    rows = "\n".join(line for line in page.splitlines() if line.startswith("|"))
    there = {str(path.relative_to(ROOT)) for each in FOLDERS for path in (ROOT / "tests" / each).glob("test_*.py")}
    return sorted(there - {file for file, _name in PROOF.findall(rows)} - OF_SOMETHING_ELSE)


def test_every_claim_is_proved_by_a_test_that_is_there() -> None:
    assert len(claims(SECURITY)) > 50
    assert unproved(SECURITY) == []


@pytest.mark.parametrize(
    "proof",
    [
        "nothing",
        "`hms/core/audit.py`",
        "`tests/core/test_nothing.py`",
        "`tests/project/walked.py`",
        "`tests/core/test_audit.py`, `tests/project/walked.py`",
        "`tests/core/test_audit.py::test_nothing`",
    ],
)
def test_a_claim_without_its_test_is_noticed(proof: str) -> None:
    row = "| claim | proved by |\n|---|---|\n| this | {} |\n"
    assert unproved(row.format(proof)) == ["this"]
    assert unproved(row.format("`tests/project/test_documented.py::test_a_claim_without_its_test_is_noticed`")) == []


def test_every_proof_is_said_to_be_one() -> None:
    assert unnamed(SECURITY) == []
    assert [file for file in OF_SOMETHING_ELSE if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("file", ["tests/races/test_guesses.py", "tests/core/test_facility_switch.py"])
def test_a_proof_of_which_nothing_is_said_is_noticed(file: str) -> None:
    assert unnamed(SECURITY.replace(file, "")) == [file]


def test_every_link_of_the_page_of_roles_leads_to_a_heading() -> None:
    headings = {line[3:].lower().replace(" ", "-") for line in SECURITY.splitlines() if line.startswith("## ")}
    anchors = re.findall(r"security\.md#([\w-]+)", write_roles.PAGE.read_text())
    assert anchors and set(anchors) <= headings
