"""Browser tests are skipped where there is no browser, and fail where there must be one: in continuous integration."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("chromium", "said", "outcome"),
    [("", "", "skipped"), ("", "required", "failed"), ("/usr/bin/true", "required", "passed")],
)
def test_without_a_browser_its_tests_are_skipped_unless_it_is_required(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, chromium: str, said: str, outcome: str
) -> None:
    monkeypatch.setenv("HMS_CHROMIUM", chromium)
    monkeypatch.setenv("HMS_BROWSER", said)
    pytester.makeini("[pytest]\nmarkers = browser")
    pytester.makeconftest(
        "from tests.journeys.conftest import pytest_collection_modifyitems, pytest_runtest_setup  # noqa: F401"
    )
    pytester.mkpydir("journeys").joinpath("test_a_visit.py").write_text("def test_a_visit():\n    pass\n")
    ran = pytester.inline_run("-p", "no:django", "-p", "no:cacheprovider", "-m", "browser")
    passed, skipped, failed = ran.listoutcomes()
    assert [len(passed), len(skipped), len(failed)] == [outcome == each for each in ("passed", "skipped", "failed")]


def test_a_browser_that_does_not_start_is_no_reason_to_skip(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HMS_CHROMIUM", "/usr/bin/false")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest("from tests.journeys.conftest import browser  # noqa: F401")
    pytester.makepyfile("def test_a_page(browser):\n    pass\n")
    ran = pytester.runpytest_subprocess("-p", "no:django", "-p", "no:cacheprovider", "-p", "no:playwright")
    ran.assert_outcomes(errors=1)


@pytest.mark.parametrize("there", [True, False])
def test_continuous_integration_requires_the_browser_that_is_there(tmp_path: Path, there: bool) -> None:
    tools = tmp_path / "tools"
    for folder in (tools, tmp_path / "bin", tmp_path / ".ci"):
        folder.mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    (tmp_path / "bin" / "hms").write_text('#!/bin/sh\necho "$1 with ${HMS_BROWSER:-any} browser"\n')
    (tmp_path / "bin" / "hms").chmod(0o755)
    for name in ("bash", "dirname", "id", "sh"):
        (tools / name).symlink_to(shutil.which(name))
    if there:
        (tools / "chromium").symlink_to("/usr/bin/true")
    bare = {name: value for name, value in os.environ.items() if name != "HMS_BROWSER"}
    ran = subprocess.run(
        [str(tmp_path / ".ci" / "run")], env={**bare, "PATH": str(tools)}, capture_output=True, text=True, check=True
    )
    assert ran.stdout == f"test with {'required' if there else 'any'} browser\n"
