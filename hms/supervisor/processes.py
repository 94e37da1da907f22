"""Every long-lived process of the hospital, by name, command and port: the one list.

docker-compose.yml runs the same commands; tests/project/test_compose.py compares the two.
"""

import os
import sys
from dataclasses import dataclass

PORT = 8000
POSTGRES_MAJOR = 18


@dataclass(frozen=True)
class Process:
    """A command and how it is asked to stop.

    `orphaned` is the signal the kernel sends when the supervisor is killed. The database goes at the same moment,
    so the web and the worker are not to wait for what they have under way; tasks are claimed again later.
    """

    name: str
    command: tuple[str, ...]
    stop: str = "SIGTERM"
    orphaned: str = "SIGTERM"

    @property
    def argv(self) -> list[str]:
        """The command with the Python of this environment, so that PATH does not matter."""
        program, *rest = self.command
        return [sys.executable, *rest] if program == "python" else [sys.executable, "-m", program, *rest]


def web(bind: str) -> Process:
    workers = os.environ.get("HMS_WEB_WORKERS") or "2"
    threads = os.environ.get("HMS_WEB_THREADS") or "4"
    command = f"gunicorn hms.wsgi:application --worker-class gthread --workers {workers} --threads {threads}"
    command += f" --bind {bind} --timeout 60 --graceful-timeout 6 --no-control-socket"
    command += " --logger-class hms.weblog.Log"
    return Process("web", tuple(command.split()), orphaned="SIGQUIT")


def worker() -> Process:
    concurrency = os.environ.get("HMS_TASK_WORKERS") or "2"
    command = f"celery -A hms worker --concurrency {concurrency} --without-gossip --without-mingle --loglevel INFO"
    return Process("worker", tuple(command.split()), orphaned="SIGQUIT")


def beat() -> Process:
    return Process("beat", ("celery", "-A", "hms", "beat", "--pidfile=", "--loglevel", "INFO"))


def relay() -> Process:
    return Process("relay", ("python", "manage.py", "relay"))


def prepare() -> tuple[str, ...]:
    """Migrations, roles and privileges; run once before the others, as the owner of the tables."""
    return ("python", "-m", "hms.supervisor.prepare")


def application(bind: str) -> list[Process]:
    """In the order of their start."""
    return [web(bind), worker(), beat(), relay()]
