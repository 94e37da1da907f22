"""Pango for an ordinary user: Debian's own packages, unpacked into .venv/native and never installed.

Only where the system has no Pango (system.py). apt-get works in a directory of ours, checks signatures and hashes
as always, and leaves out what the system has. The directory gets its name when WeasyPrint has worked with it.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from hms.supervisor.packages import VENV, alone
from hms.supervisor.report import Step, Stop, step
from hms.supervisor.system import INSTALLED, PANGO, missing_chromium, missing_pango, please_install

NATIVE = VENV / "native"
LOG = VENV / "native.log"

# For a system without fontconfig's own settings. Our documents bring their fonts along.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def variables(folder: Path) -> dict[str, str]:
    """What a process is given to find the libraries and fonts unpacked in a folder."""
    found = {each.parent for library in PANGO for each in folder.glob(f"usr/lib/*/{library}")}
    libraries = [*found, *(folder / "lib" / each.name for each in found)]  # /lib: of packages before the merged /usr
    given = os.environ.get("LD_LIBRARY_PATH")
    result = {"LD_LIBRARY_PATH": os.pathsep.join([*([given] if given else []), *map(str, libraries)])}
    if "FONTCONFIG_FILE" not in os.environ and not Path("/etc/fonts/fonts.conf").exists():
        result["FONTCONFIG_FILE"] = str(folder / "fonts.conf")
    return result


def works(folder: Path) -> bool:
    load = "import ctypes, sys; [ctypes.CDLL(each) for each in sys.argv[1:]]"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", load, *PANGO], env=os.environ | variables(folder), capture_output=True
    )
    return done.returncode == 0


@cache
def environment() -> dict[str, str]:
    """What every process of the application is given besides: nothing where the system has Pango."""
    return variables(NATIVE) if NATIVE.exists() and missing_pango() else {}


def prepare(command: str) -> None:
    """Fetch Pango unless the system or an earlier start has it."""
    missing = missing_pango()
    if not missing or works(NATIVE):
        return
    instead = please_install(missing + missing_chromium(command))
    try:
        with alone() as lock:
            if works(NATIVE):
                return
            with step("Fetching Pango") as under_way:
                if not fetch(under_way, lock):
                    raise Stop(instead, LOG)
    except PermissionError:  # .venv is another user's
        raise Stop(instead) from None


def fetch(under_way: Step, lock: int) -> bool:
    """Whether it is there now. Everything happens under another name; what a killed start left is thrown away."""
    half = VENV / "native.half"
    shutil.rmtree(half, ignore_errors=True)
    apt = half / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (apt / folder).mkdir(parents=True)
    LOG.unlink(missing_ok=True)

    def run(*command: str | Path, **more: str) -> bool:
        """The program holds the lock too: should this process be killed, the next one waits for it to end."""
        with LOG.open("ab") as log, subprocess.Popen(
            command, env=os.environ | {"LC_ALL": "C.UTF-8"} | more,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(lock,),
        ) as process:  # fmt: skip
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    return process.wait(0.2) == 0
                under_way.beat()

    options = {
        "Dir::State": apt,
        "Dir::State::status": INSTALLED,
        "Dir::Cache": apt,
        "Debug::NoLocking": 1,
        "Acquire::Languages": "none",
        "Acquire::Retries": 1,
        "Acquire::http::Timeout": 15,
    }
    apt_get = ["apt-get", "-q", "-y", *(f"-o{name}={value}" for name, value in options.items())]
    run(*apt_get, "update")  # without one of its sources it may still do
    if not run(*apt_get, "install", "--download-only", "--no-install-recommends", *PANGO.values()):
        return False
    if not all(run("dpkg-deb", "-x", package, half) for package in apt.glob("archives/*.deb")):
        return False
    shutil.rmtree(apt)
    (half / "fonts.conf").write_text(FONTS)
    if not run(sys.executable, "-I", "-c", "import weasyprint", **variables(half)):
        return False
    shutil.rmtree(NATIVE, ignore_errors=True)
    half.rename(NATIVE)
    return True
