"""The pieces a Python package cannot bring: the venv module, Pango, Chromium.

Run by `bin/hms` with whatever Python the machine has, before anything is installed or started:
standard library only. Installed through apt-get for root; for anyone else, named with the exact command,
except that Pango can be unpacked without being installed (native.py, once .venv is there).
"""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PANGO = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
INSTALLED = Path("/var/lib/dpkg/status")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


# What the program that drives the browser is linked to, and Chromium does not bring.
DRIVER = {"libatomic.so.1": "libatomic1"}


def find_chromium() -> str:
    """The browser of the tests: HMS_CHROMIUM (set and empty means none), else the system's, if it can be driven."""
    if "HMS_CHROMIUM" in os.environ:
        return os.environ["HMS_CHROMIUM"]
    return "" if missing(DRIVER) else next((path for name in BROWSERS if (path := shutil.which(name))), "")


def missing_chromium(command: str) -> list[str]:
    """The packages that the browser tests want."""
    if command != "test" or "HMS_CHROMIUM" in os.environ:
        return []
    return ([] if any(map(shutil.which, BROWSERS)) else ["chromium"]) + missing(DRIVER)


def missing_venv() -> list[str]:
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        default = shutil.which("python3")
        same = default is not None and os.path.realpath(default) == os.path.realpath(sys.executable)
        return ["python3-venv" if same else f"{version}-venv"]
    return []


def missing_pango() -> list[str]:
    return missing(PANGO)


def missing(libraries: dict[str, str]) -> list[str]:
    """The packages of those libraries that cannot be loaded."""
    packages = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            packages.append(package)
    return packages


def can_unpack() -> bool:
    """Whether native.py can do: an ordinary user of a system made of Debian's packages."""
    return os.geteuid() != 0 and all(map(shutil.which, ("apt-get", "dpkg-deb"))) and INSTALLED.exists()


def please_install(packages: list[str]) -> str:
    if shutil.which("apt-get"):
        how = f"sudo apt-get install {' '.join(packages)}"
    else:
        how = f"your system's packages of {', '.join(packages)}"
    return f"parts of the system are missing. Install them and run this again:\n  {how}"


def install(packages: list[str]) -> str:
    """Install through apt-get; the last lines of what it said when it failed, else nothing."""
    began = time.monotonic()
    print(f"Installing {', '.join(packages)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    said = ""
    for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        said += done.stdout
    if done.returncode == 0:
        print(f"  done ({time.monotonic() - began:.0f} s)", flush=True)
        return ""
    return "\n".join(said.splitlines()[-6:]) or "apt-get failed"


def main(command: str) -> int:
    own_environment = sys.prefix != sys.base_prefix
    needed = [] if own_environment else missing_venv()
    if needed or not can_unpack():
        needed += missing_pango()
    wanted = missing_chromium(command)
    if not needed and not wanted:
        return 0
    apt = shutil.which("apt-get") is not None
    if apt and os.geteuid() == 0:
        failure = install(needed + wanted)
        if not failure:
            return 0
        print(failure, file=sys.stderr)
        if needed and wanted and not install(needed):
            needed = []
    if needed:
        print(f"hms: {please_install(needed + wanted)}", file=sys.stderr)
        return 1
    how = f"sudo apt-get install {' '.join(wanted)}" if apt else f"install {' '.join(wanted)}"
    print(f"No Chromium that can be driven: the browser tests will be skipped ({how}).", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
