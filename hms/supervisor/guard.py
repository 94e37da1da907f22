"""Insists, when the supervisor is killed.

    python -I guard.py STATE SUPERVISOR

Every child asks the kernel for a signal when the supervisor dies (child.py), and most end on it. A Celery worker that
was just talking to a broker which is gone as well may not. So this waits for its input to close, which the kernel does
however the supervisor ends, gives the process groups named in the state file some seconds, and kills what is left.
PostgreSQL is left to shut down by itself. Run by its path and isolated; standard library only.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE = 5.0


def boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def birth(pid: int) -> str:
    """When a process began, in the kernel's own count: with its number, it names one process of this boot."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def groups_of(state: dict[str, Any]) -> list[int]:
    """The groups a state names that still live. A group's number is not given out again while one of it lives."""
    if state.get("boot") != boot():
        return []
    children = state.get("children", [])
    groups = [pid for name, pid, born in children if name != "postgres" and birth(pid) in ("", born)]
    return [group for group in groups if group_exists(group)]


def end(groups: list[int], patience: float, pause: float = 0.05) -> None:
    until = time.monotonic() + patience
    while any(map(group_exists, groups)) and time.monotonic() < until:
        time.sleep(pause)
    for group in groups:
        if group_exists(group):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def main(state_file: str, supervisor: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 64):
        pass
    try:
        state = json.loads(Path(state_file).read_text())
    except (OSError, ValueError):
        return
    if str(state.get("pid")) == supervisor:
        end(groups_of(state), PATIENCE)


if __name__ == "__main__":
    main(*sys.argv[1:])
