"""`bin/hms test`: the suite on a database and a broker of its own, which leave nothing behind."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from hms.supervisor import postgres
from hms.supervisor.place import ROOT, Lock, open_place, run_directory
from hms.supervisor.processes import Process
from hms.supervisor.report import say, step
from hms.supervisor.running import tied
from hms.supervisor.services import Services, environment, note
from hms.supervisor.system import find_chromium

PREFIX = "hms-test-"


def sweep() -> None:
    """Remove what test runs that were killed have left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            found = folder.stat()
            if found.st_uid != os.geteuid() or time.time() - found.st_mtime < 60:
                continue  # another's, or one that is just being made
            with (folder / "supervisor.lock").open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(run_directory(folder.resolve()), ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


SHARED = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-p", "tests.schedule")


def pytest_arguments(arguments: Sequence[str]) -> list[str]:
    """Two processes, a file in one of them (`tests/schedule.py`), unless the arguments choose."""
    chosen = any(each.startswith(("-n", "--numprocesses", "--pdb", "--dist", "-p", "--co")) for each in arguments)
    return [*arguments] if chosen else [*SHARED, *arguments]


def main(arguments: Sequence[str]) -> int:
    sweep()
    for given in ("DATABASE_URL", "REDIS_URL", "HMS_OWNER_DATABASE_URL"):
        if os.environ.pop(given, None):
            say(f"{given} is not used: tests run on a database and a broker of their own.")
    place = open_place(Path(tempfile.mkdtemp(prefix=PREFIX)))
    lock = Lock(place)
    lock.take()
    services = Services(place, careless=True)
    try:
        services.start()
        note(place, "test", True, services.processes())
        environ = environment(
            place,
            owner=True,
            HMS_APP_ROLE=postgres.APPLICATION,
            HMS_SECRET_KEY=secrets.token_urlsafe(50),
            HMS_TEST="1",
            HMS_CHROMIUM=find_chromium(),
        )
        with step("Collecting static files"):
            collect = Process("static", ("python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0"))
            subprocess.run(collect.argv, cwd=ROOT, env=environ, check=True)
        return run_pytest(environ, pytest_arguments(arguments))
    finally:
        services.stop()
        lock.free()
        shutil.rmtree(place.run, ignore_errors=True)
        shutil.rmtree(place.data, ignore_errors=True)


def run_pytest(environ: dict[str, str], arguments: Sequence[str]) -> int:
    process = subprocess.Popen(tied([sys.executable, "-m", "pytest", *arguments]), env=environ)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it reaches pytest by itself
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT))
    code = process.wait()
    return 128 - code if code < 0 else code
