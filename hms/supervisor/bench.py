"""`bin/hms bench`: the measurements, each on a database of its own, which leaves nothing behind."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hms.supervisor.place import ROOT, Lock, open_place
from hms.supervisor.report import Stop, say
from hms.supervisor.running import tied
from hms.supervisor.services import Services, environment, note
from hms.supervisor.tests import PREFIX, sweep

WHAT = ("audit", "scope", "months")
# What is measured unless something is named: the audit over months takes an hour and 40 GB.
QUICKER = WHAT[:2]
SIZES = ("--patients=", "--rows=")
# A million patients are written by statements that nobody waits for; what the audit costs is what the disk costs, too.
CARELESS = {"scope", "months"}


def main(arguments: Sequence[str]) -> int:
    sizes = [each for each in arguments if each.startswith(SIZES)]
    wanted = [each for each in arguments if each not in sizes] or list(QUICKER)
    if unknown := [each for each in wanted if each not in WHAT]:
        raise Stop(f"there is no measurement '{unknown[0]}'. There are: {', '.join(WHAT)}.")
    sweep()
    for given in ("DATABASE_URL", "REDIS_URL", "HMS_OWNER_DATABASE_URL"):
        if os.environ.pop(given, None):
            say(f"{given} is not used: measurements run on a database of their own.")
    return max([_measure(each, sizes) for each in wanted])


def _measure(what: str, sizes: Sequence[str]) -> int:
    place = open_place(Path(tempfile.mkdtemp(prefix=PREFIX)))
    lock = Lock(place)
    lock.take()
    services = Services(place, careless=what in CARELESS)
    try:
        services.start()
        note(place, "bench", True, services.processes())
        environ = environment(place, owner=True, HMS_SECRET_KEY=secrets.token_urlsafe(50))
        steps = (
            [sys.executable, "-m", "hms.supervisor.prepare"],
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
        )
        for step in steps:
            subprocess.run(tied(step), cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
        return subprocess.run(
            tied([sys.executable, "manage.py", "bench", what, *sizes]), cwd=ROOT, env=environ
        ).returncode
    finally:
        services.stop()
        lock.free()
        shutil.rmtree(place.run, ignore_errors=True)
        shutil.rmtree(place.data, ignore_errors=True)
