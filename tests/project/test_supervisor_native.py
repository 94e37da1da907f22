"""Pango without root: what is fetched, used, thrown away, and said where it cannot be had."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hms.supervisor import native, system
from hms.supervisor.report import Stop

LIBRARY = "libnowhere.so.9"


@pytest.fixture(autouse=True)
def system_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A library that no system has, wanted in a .venv that has nothing, with an apt-get that reaches nothing."""
    for module in (native, system):
        monkeypatch.setattr(module, "PANGO", {LIBRARY: "libnowhere9"})
    for name, path in {"VENV": "", "NATIVE": "native", "LOG": "native.log"}.items():
        monkeypatch.setattr(native, name, tmp_path / path)
    native.environment.cache_clear()
    apt_get(tmp_path, "echo 'E: Unable to locate package libnowhere9'; exit 100")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    yield
    native.environment.cache_clear()


def apt_get(folder: Path, script: str) -> None:
    """A stand-in for the system's, which needs the network. {apt} is where it is told to keep things."""
    program = folder / "bin/apt-get"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n".replace("{apt}", str(folder / "native.half/apt")))
    program.chmod(0o755)


def package(folder: Path) -> Path:
    """A real package with a real library under the name that is wanted."""
    files = folder / "files"
    library = next(line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "libm.so" in line)
    (files / "usr/lib/some-triplet").mkdir(parents=True)
    shutil.copy(library, files / "usr/lib/some-triplet" / LIBRARY)
    (files / "DEBIAN").mkdir()
    control = (
        "Package: libnowhere9\nVersion: 9\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: x\n"
    )
    (files / "DEBIAN/control").write_text(control)
    subprocess.run(["dpkg-deb", "--build", files, folder / "nowhere.deb"], check=True, capture_output=True)
    return folder / "nowhere.deb"


@pytest.mark.skipif(not shutil.which("dpkg-deb"), reason="needs a system of Debian's packages")
def test_what_is_missing_is_unpacked_once_and_what_a_killed_start_left_is_thrown_away(tmp_path: Path) -> None:
    left = tmp_path / "native.half/usr/left"
    left.mkdir(parents=True)
    apt_get(tmp_path, f'case "$*" in *download-only*) cp {package(tmp_path)} {{apt}}/archives/ ;; esac')
    native.prepare("up")
    assert (tmp_path / "native/usr/lib/some-triplet" / LIBRARY).exists()
    assert not (tmp_path / "native/usr/left").exists() and not (tmp_path / "native.half").exists()
    assert native.environment()["LD_LIBRARY_PATH"].startswith(str(tmp_path / "native/usr/lib/some-triplet"))
    apt_get(tmp_path, "exit 100")
    native.prepare("up")


def test_without_the_network_the_one_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(Stop) as stopped:
        native.prepare("up")
    assert str(stopped.value).endswith("\n  sudo apt-get install libnowhere9")
    assert stopped.value.log and "Unable to locate package" in stopped.value.log.read_text()
    assert not (tmp_path / "native").exists() and native.environment() == {}


def test_a_system_of_other_packages_is_told_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not system.can_unpack()
    assert system.main("up") == 1
    assert capsys.readouterr().err.endswith("\n  your system's packages of libnowhere9\n")


def test_a_library_path_of_the_caller_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "native/usr/lib/some-triplet"
    folder.mkdir(parents=True)
    (folder / LIBRARY).touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    assert native.variables(tmp_path / "native")["LD_LIBRARY_PATH"].split(":")[:2] == ["/opt/lib", str(folder)]
