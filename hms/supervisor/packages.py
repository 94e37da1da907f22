"""Makes .venv from the requirements, once.

Run by `bin/hms` with whatever Python the machine has: standard library only. One at a time (a lock), and
done only when the copy of the requirements is written last; an interrupted install is begun afresh.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"


@contextmanager
def alone() -> Iterator[int]:
    """One bin/hms at a time changes .venv. Gives the lock, for the programs that are to hold it as well."""
    with (ROOT / "requirements.txt").open() as lock:  # an advisory lock needs no file of its own
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another bin/hms that is installing packages ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()


def stamp(name: str) -> Path:
    return VENV / f"installed-{name}"


def ready(name: str) -> bool:
    names = {"requirements.txt", name}
    try:
        if any(stamp(each).read_bytes() != (ROOT / each).read_bytes() for each in names):
            return False
        return subprocess.run([VENV / "bin/python", "-c", ""], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def same_python() -> bool:
    """Whether .venv holds a whole environment of a Python that still works, with pip."""
    try:
        return (
            subprocess.run([VENV / "bin/python", "-I", "-m", "pip", "--version"], capture_output=True).returncode == 0
        )
    except OSError:
        return False


def pip(name: str, lock: int) -> int:
    """Install, showing how far it is: a moving count on a terminal, else one line.

    pip shares the lock: should this process be killed, the next one waits for pip to end.
    """
    total = sum("==" in line for each in {"requirements.txt", name} for line in (ROOT / each).open())
    command = [VENV / "bin/python", "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--progress-bar", "off", "--only-binary", ":all:", "-r", ROOT / name]
    environment = {key: value for key, value in os.environ.items() if key != "PIP_REQUIRE_VIRTUALENV"}
    began, seen, tail = time.monotonic(), 0, []
    moving = sys.stdout.isatty()
    print(f"Installing {total} Python packages (once; a minute or two) ...", flush=True)
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        pass_fds=(lock,),
    ) as process:  # fmt: skip
        for line in process.stdout or []:
            tail = [*tail[-7:], line.rstrip()]
            seen += line.startswith(("Collecting ", "Requirement already satisfied"))
            if moving:
                text = "  installing" if line.startswith("Installing") else f"  {min(seen, total)} of {total}"
                print(f"\r{text}   ", end="", flush=True)
    print(("\r" if moving else "") + f"  done ({time.monotonic() - began:.0f} s)   ", flush=True)
    if process.returncode:
        print("\n".join(tail), file=sys.stderr)
    return process.returncode


def make(name: str, lock: int) -> int:
    if ready(name):
        return 0
    unfinished = VENV / "unfinished"
    for each in ("requirements.txt", "requirements-dev.txt"):
        if not ready(each):
            stamp(each).unlink(missing_ok=True)
    if unfinished.exists() or not same_python():
        if VENV.is_symlink():
            VENV.unlink()
        elif VENV.exists():
            shutil.rmtree(VENV)
        made = subprocess.run([sys.executable, "-I", "-m", "venv", VENV], capture_output=True, text=True)
        if made.returncode:
            print(made.stdout + made.stderr, file=sys.stderr)
            print(f"hms: could not make {VENV}.", file=sys.stderr)
            return 1
    unfinished.touch()
    if pip(name, lock):
        print("hms: the Python packages could not be installed (see above). Run it again to go on.", file=sys.stderr)
        return 1
    for each in {"requirements.txt", name}:
        half = stamp(each).with_suffix(".half")
        shutil.copyfile(ROOT / each, half)
        half.replace(stamp(each))
    unfinished.unlink()
    return 0


def main(name: str) -> int:
    try:
        with alone() as lock:
            return make(name, lock)
    except KeyboardInterrupt:
        print("\nhms: stopped. Run it again to go on.", file=sys.stderr)
        return 130
    except OSError as failure:
        print(f"hms: cannot make the Python environment in {ROOT}: {failure.strerror or failure}.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
