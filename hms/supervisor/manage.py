"""`bin/hms manage`: a Django command against the running services, or services started for its duration."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hms.supervisor.place import ROOT, Lock, Place, open_place, read_state
from hms.supervisor.report import say
from hms.supervisor.running import tied
from hms.supervisor.services import Services, environment, note

# These change tables, roles, or what the application may only add to: they run as the owner.
AS_OWNER = {
    "migrate", "makemigrations", "sqlmigrate", "showmigrations", "flush", "sync_roles", "grant_app_role",
    "demo", "test", "retire_audit", "sqlflush", "optimizemigration", "squashmigrations",
}  # fmt: skip


def environment_for(place: Place, arguments: Sequence[str]) -> dict[str, str]:
    name = next((each for each in arguments if not each.startswith("-")), "")
    kept = {key: os.environ[key] for key in ("HMS_DEMO_PASSWORD", "HMS_ADMIN_PASSWORD") if key in os.environ}
    if name == "demo" and "HMS_DEMO_PASSWORD" not in kept and place.password.exists():
        kept["HMS_DEMO_PASSWORD"] = place.password.read_text().strip()
    if port := read_state(place).get("port"):
        kept.setdefault("HMS_PORT", str(port))
    return environment(place, owner=name in AS_OWNER, **kept)


def _here() -> Path:
    """Where the caller stands: paths among the arguments are theirs."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return ROOT


def run(place: Place, arguments: Sequence[str]) -> int:
    """The command in the foreground, with the terminal; Ctrl-C is its own affair."""
    before = [signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGQUIT)]
    try:
        process = subprocess.Popen(
            tied([sys.executable, str(ROOT / "manage.py"), *arguments], directory=_here()),
            env=environment_for(place, arguments),
            preexec_fn=lambda: [signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGQUIT)],
        )  # fmt: skip
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGQUIT), before, strict=True):
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


def main(arguments: Sequence[str]) -> int:
    place = open_place()
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return run(place, arguments)
    waiting = False
    lock = Lock(place)
    while not lock.take():
        state = read_state(place)
        if state.get("kind") == "up" and state.get("serving") and str(state.get("pid")) == lock.holder:
            return run(place, arguments)
        if not waiting:
            say(f"Waiting for process {lock.holder} in {place.data} ...")
            waiting = True
        time.sleep(0.2)
    services = Services(place)
    try:
        services.check()
        services.start()
        note(place, "manage", True, services.processes())
        return run(place, arguments)
    finally:
        services.stop()
        lock.free()


def verify(arguments: Sequence[str]) -> int:
    return main(["verify", *arguments])
