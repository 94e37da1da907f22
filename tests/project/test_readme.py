"""What the README says is what there is, and its commands are the ones CI runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
APPS = [
    "patients",
    "doctors",
    "appointments",
    "billing",
    "pharmacy",
    "laboratory",
    "wards",
    "staff",
    "reports",
    "interop",
]


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "\n    bin/hms test\n" in README
    commands = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if not line.startswith("#")]
    assert any(re.search(r"\bbin/hms test\b", line) for line in commands)


def test_every_command_of_the_readme_exists() -> None:
    words = set(re.findall(r"bin/hms (\w+)", README))
    usage = subprocess.run([ROOT / "bin" / "hms", "--help"], capture_output=True, text=True, check=True).stdout
    assert words >= {"up", "test", "manage", "verify"}
    assert [word for word in words if not re.search(rf"\b{word}\b", usage)] == []


@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/running.md", "docs/security.md", "docs/roles.md", "hms/core/README.md"]
    + [f"{app}/README.md" for app in APPS],
)
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} points to {target}"


@pytest.mark.parametrize("app", APPS)
def test_every_app_says_what_it_is_in_one_screen(app: str) -> None:
    assert len((ROOT / app / "README.md").read_text().splitlines()) <= 60
