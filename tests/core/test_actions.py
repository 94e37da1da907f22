"""Whatever the audit records has words, and no words are left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from django.conf import settings

from hms.core import actions

APPS = ["hms", "staff", "patients", "billing", "doctors", "pharmacy", "laboratory", "appointments", "wards"]
APPS += ["reports", "interop"]
# audit.record(actor, CODE …), audit.attempted(CODE …), self.refusal(request, CODE …), lists.taken_out(request, CODE …)
PLACE = {"record": 1, "attempted": 0, "refusal": 1, "taken_out": 1}


def patterns(code: ast.expr) -> Iterator[str]:
    """The codes that an expression can give, as regular expressions."""
    if isinstance(code, ast.Constant) and isinstance(code.value, str):
        yield re.escape(code.value)
    elif isinstance(code, ast.JoinedStr):
        parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z_]+" for p in code.values]
        yield "".join(parts)
    elif isinstance(code, ast.IfExp):
        yield from patterns(code.body)
        yield from patterns(code.orelse)


def written(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            if len(node.args) > PLACE.get(name, 99):
                yield from patterns(node.args[PLACE[name]])
        elif isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["action"]:
            yield from patterns(node.value)


def recorded() -> set[str]:
    trees = (ast.parse(path.read_text()) for app in APPS for path in (settings.BASE_DIR / app).rglob("*.py"))
    return {pattern for tree in trees for pattern in written(tree)}


def without_words(found: set[str]) -> list[str]:
    known = actions.registered()
    return sorted(pattern for pattern in found if not any(re.fullmatch(pattern, code) for code in known))


def test_every_act_that_is_recorded_has_words() -> None:
    # What `people.keep` records of master data is read off the model.
    kept = "[a-z_]+" + re.escape(".") + "[a-z_]+" + re.escape(".") + "[a-z_]+"
    found = recorded()
    assert {"patients\\.patient\\.registered", "wards\\.bed\\.[a-z_]+", "export", kept} <= found
    assert without_words(found) == []


def test_an_act_without_words_is_noticed() -> None:
    tree = ast.parse('audit.record(actor, "wards.bed.painted", bed)\naudit.attempted(f"wards.roof.{how}")')
    assert without_words(set(written(tree))) == ["wards\\.bed\\.painted", "wards\\.roof\\.[a-z_]+"]


def test_no_words_are_left_over() -> None:
    """What is said of codes that nobody records any more would never be read."""
    found = [pattern for pattern in recorded() if not pattern.startswith("[")]
    left = [code for code in actions.registered() if not any(re.fullmatch(pattern, code) for pattern in found)]
    assert left == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pharmacy.dispense.handed_out", "Medicine handed out"),
        ("core.department.changed", "Department changed"),
        ("pharmacy.medicine.added", "Medicine added"),
        ("gone.thing.painted", "Thing painted"),
        ("gone.thing.changed", "Thing changed"),
        ("export", "List exported"),
        ("odd", "Odd"),
        ("", "Unknown act"),
    ],
)
def test_a_code_is_readable_also_when_nobody_knows_it_any_more(code: str, words: str) -> None:
    assert actions.words(code) == words


def test_words_differ() -> None:
    said = list(actions.registered().values())
    assert sorted(said) == sorted(set(said))
