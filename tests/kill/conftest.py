"""The real worker and relay as processes of their own, with a broker that can be taken away."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from django.db import connection

from hms.supervisor import broker, processes

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 40.0


def wait_for(what: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Whether it becomes true in time."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def database_url() -> str:
    """The database of this test, as the worker is told of it."""
    settings = connection.settings_dict
    who = quote(settings["USER"], safe="")
    if settings["PASSWORD"]:
        who += ":" + quote(settings["PASSWORD"], safe="")
    where = quote(settings["HOST"], safe="") + (f":{settings['PORT']}" if settings["PORT"] else "")
    return f"postgresql://{who}@{where}/{settings['NAME']}"


@dataclass
class House:
    """A broker, a relay and a worker that belong to one test."""

    folder: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def socket(self) -> Path:
        return self.folder / "broker.sock"

    def start(self, name: str, argv: list[str], **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.running[name] = process
        return process

    def kill(self, name: str) -> None:
        """SIGKILL for the process and all its children."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def start_broker(self) -> None:
        self.socket.unlink(missing_ok=True)
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self.start("broker", [str(broker.program()), *options, "--dir", str(self.folder)])
        assert wait_for(self.broker_answers, 10), self.said("broker")

    def broker_answers(self) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket))
            line.sendall(b"PING\r\n")
            return line.recv(16).startswith(b"+PONG")
        return False

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": database_url(),
            "REDIS_URL": f"redis+socket://{self.socket}?virtual_host=0",
            "HMS_OUTBOX_LEASE_SECONDS": "2",
            "HMS_TASK_WORKERS": "1",
            "DJANGO_SETTINGS_MODULE": "hms.settings",
        }

    def start_worker(self) -> None:
        argv = [sys.executable, "-m", "celery", "-A", "hms", "worker", "--concurrency", "1"]
        self.start("worker", [*argv, "--without-gossip", "--without-mingle", "-l", "INFO"], **self.environment())

    def start_relay(self) -> None:
        self.start("relay", processes.relay().argv, **self.environment())

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-4000:]


@pytest.fixture
def house(transactional_db: None) -> Iterator[House]:
    """Everything is killed at the end, whatever happened."""
    with TemporaryDirectory(prefix="hms-kill-") as folder:
        house = House(Path(folder))
        try:
            yield house
        finally:
            for name in list(house.running):
                house.kill(name)
            _disconnect_others()


def _disconnect_others() -> None:
    """What a killed worker still held open must not hold up the emptying of the tables."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid() and usename = current_user"
        )
