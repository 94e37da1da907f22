"""Who runs what, where two processes share the work: the longest files first, so that none is begun when the other has
nothing left, and those that look at one running hospital in the same process, which starts it once."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

LONG = (
    "tests/journeys/test_visits.py", "tests/project/test_generated.py", "tests/project/test_matrix.py",
    "tests/project/test_matrix_administration.py", "tests/project/test_statements.py", "tests/project/test_planted.py",
    "tests/project/test_planted_forms.py", "tests/journeys/test_scripts.py", "tests/project/test_supervisor.py", "tests/demo/",
    "tests/project/test_query_counts.py", "tests/project/",
)  # fmt: skip
# Their tests are begun by whichever process is free; every other file is one process's as a whole.
APART = {
    f"tests/project/test_{name}.py"
    for name in ("generated", "matrix", "matrix_administration", "planted", "statements")
}
TOGETHER = {"tests/journeys/test_signing_in.py": "tests/journeys/test_visits.py"}


class LongestFirst(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        path = super()._split_scope(nodeid)
        return nodeid if path in APART else TOGETHER.get(path, path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LongestFirst:
    return LongestFirst(config, log)


def place(nodeid: str) -> int:
    """The first of the places in LONG that a test belongs to; all others come after those."""
    path = nodeid.partition("::")[0]
    path = TOGETHER.get(path, path)
    return next((n for n, each in enumerate(LONG) if path.startswith(each)), len(LONG))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: place(item.nodeid))
