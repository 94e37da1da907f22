"""The floors of the house: imports go downwards only, and the lint that says so can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lint(config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run(
        [*command, "--config", str(config), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_import_goes_downwards() -> None:
    answer = lint(ROOT / "pyproject.toml")
    assert answer.returncode == 0, answer.stdout


def test_an_import_upwards_would_be_found(tmp_path: Path) -> None:
    """Billing uses patients; with the floors turned round, that very import must be refused."""
    config = tmp_path / "upside-down.ini"
    config.write_text(
        "[importlinter]\nroot_packages=\n    patients\n    billing\n\n"
        "[importlinter:contract:1]\nname=upside down\ntype=layers\nlayers=\n    patients\n    billing\n"
    )
    answer = lint(config)
    assert answer.returncode != 0
    assert "billing" in answer.stdout
