"""A running process: started through child.py in a group of its own, watched, stopped as a group."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hms.supervisor.place import ROOT, Place, open_log

CHILD = Path(__file__).with_name("child.py")
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0


def tied(
    argv: Sequence[str], orphan_signal: str = "SIGTERM", directory: Path = ROOT, user: tuple[int, int] | None = None
) -> list[str]:
    """The command as child.py is to start it: it gets the signal when this process dies."""
    uid, gid = map(str, user) if user else ("-", "-")
    return [sys.executable, "-I", str(CHILD), orphan_signal, str(os.getpid()), uid, gid, str(directory), *argv]


@dataclass
class Running:
    """One process and its history of restarts."""

    name: str
    argv: Sequence[str]
    environment: dict[str, str]
    log: Path
    stop_signal: str = "SIGTERM"
    orphan_signal: str = "SIGTERM"
    directory: Path = ROOT
    user: tuple[int, int] | None = None
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = 0.0
    due: float = field(default=0.0)

    def start(self) -> None:
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                tied(self.argv, self.orphan_signal, self.directory, self.user),
                env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=self.pass_fds, process_group=0, restore_signals=True,
            )  # fmt: skip
        self.started = time.monotonic()

    @property
    def pid(self) -> int:
        return self.process.pid if self.process else 0

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ended_as(self) -> str:
        code = self.process.returncode if self.process else None
        if code is not None and code < 0:
            return f"ended by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def after_death(self) -> float:
        """What it left behind goes too; the seconds to wait before it is started again (1, 2, 4 ... 30)."""
        self.signal_group(signal.SIGKILL)
        if time.monotonic() - self.started > HEALTHY_AFTER:
            self.pause = 0.0
        self.pause = min(max(1.0, self.pause * 2), LONGEST_PAUSE)
        self.due = time.monotonic() + self.pause
        self.process = None
        return self.pause

    def ask_to_stop(self) -> None:
        if self.alive():
            os.kill(self.pid, signal.Signals[self.stop_signal])

    def signal_group(self, number: int) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)

    def group_alive(self) -> bool:
        if self.process is None:
            return False
        self.process.poll()
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True


def stop_all(processes: Sequence[Running], seconds: float, then: Sequence[tuple[int, float]] = ()) -> None:
    """Ask all of them to stop, wait, then insist: each further signal gets its own wait, SIGKILL is the last."""
    for each in processes:
        each.ask_to_stop()
    for number, patience in [(0, seconds), *then, (signal.SIGKILL, 2.0)]:
        if number:
            for each in processes:
                each.signal_group(number)
        end = time.monotonic() + patience
        while any(each.group_alive() for each in processes) and time.monotonic() < end:
            time.sleep(0.03)


def new_running(
    place: Place, name: str, argv: Sequence[str], environment: dict[str, str], **options: object
) -> Running:
    return Running(name=name, argv=argv, environment=environment, log=place.log(name), **options)  # type: ignore[arg-type]
