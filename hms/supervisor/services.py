"""The embedded services of one data directory, and the environment everything else runs in."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from hms.supervisor import broker, guard, native, postgres
from hms.supervisor.place import Place, read_state, write_state
from hms.supervisor.report import Stop, step
from hms.supervisor.running import Running, stop_all

# What long-lived processes have no business knowing.
SECRETS_OF_STEPS = ("HMS_OWNER_DATABASE_URL", "HMS_APP_DATABASE_URL", "HMS_DEMO_PASSWORD", "HMS_ADMIN_PASSWORD")


class Services:
    """PostgreSQL and the broker, each embedded unless a URL names another."""

    def __init__(self, place: Place, careless: bool = False) -> None:
        self.place = place
        self.database_given = os.environ.get("DATABASE_URL", "")
        self.broker_given = os.environ.get("REDIS_URL", "")
        self.postgres = None if self.database_given else postgres.Postgres(place, careless)
        self.broker = None if self.broker_given else broker.Broker(place, careless)

    @property
    def embedded(self) -> bool:
        return self.postgres is not None or self.broker is not None

    def check(self) -> None:
        if self.postgres:
            self.postgres.check()
        else:
            reach_database(self.database_given)

    def start(self) -> None:
        bury_left_behind(self.place)
        if self.postgres:
            with step("Starting PostgreSQL") as under_way:
                self.postgres.start(under_way)
        if self.broker:
            with step("Starting the broker") as under_way:
                self.broker.start(under_way)

    def processes(self) -> list[Running]:
        return [each.running for each in (self.postgres, self.broker) if each and each.running]

    def stop(self) -> None:
        """The broker first, then the database: a fast shutdown, then an immediate one, which loses nothing either."""
        if self.broker and self.broker.running:
            stop_all([self.broker.running], 2)
        if self.postgres and self.postgres.running:
            stop_all([self.postgres.running], 4, [(signal.SIGQUIT, 1)])


def reach_database(given: str) -> None:
    """One clear line instead of a traceback when the server of DATABASE_URL does not answer."""
    import psycopg

    try:
        psycopg.connect(given, connect_timeout=10).close()
    except psycopg.ProgrammingError:  # its text may repeat the password
        raise Stop("DATABASE_URL is not an address of PostgreSQL: postgresql://USER:PASSWORD@HOST:PORT/NAME") from None
    except psycopg.Error as failure:
        why = " ".join(str(failure).split("\n")[0].split())
        raise Stop(f"the database of DATABASE_URL cannot be used: {why}") from None


def environment(place: Place, *, owner: bool = False, **more: str) -> dict[str, str]:
    """What a process of the application is given. The owner of the tables is for migrations and the like only."""
    given = os.environ.get("DATABASE_URL", "")
    role = postgres.OWNER if owner else postgres.APPLICATION
    database = given or postgres.url(place, role)
    if owner and given:
        database = os.environ.get("HMS_OWNER_DATABASE_URL") or given
    programs = "" if given else f"{postgres.client_programs()}{os.pathsep}"  # psql, for `manage dbshell`
    result = {key: value for key, value in os.environ.items() if key not in (*SECRETS_OF_STEPS, "PYTHONPATH")}
    return result | {
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE") or "hms.settings",
        "DATABASE_URL": database,
        "REDIS_URL": os.environ.get("REDIS_URL") or broker.url(place),
        "HMS_DATA_DIR": str(place.data),
        "PATH": programs + os.environ.get("PATH", os.defpath),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        **native.environment(),
        **more,
    }


def note(place: Place, kind: str, ready: bool, processes: Sequence[Running], **more: object) -> None:
    """Keep on disk what runs, for commands that join and for the next start after a SIGKILL."""
    children = [[each.name, each.pid, guard.birth(each.pid)] for each in processes if each.pid]
    write_state(place, kind=kind, ready=ready, boot=guard.boot(), children=children, **more)


def bury_left_behind(place: Place, patience: float = 12.0) -> None:
    """Wait for what an earlier, killed supervisor left on its way out; then end it. Called with the lock held."""
    if groups := guard.groups_of(read_state(place)):
        with step("Waiting for what an earlier run left behind"):
            guard.end(groups, patience)


def post_guard(place: Place) -> subprocess.Popen[bytes]:
    """Its input closes when this process ends, however it ends."""
    argv = [sys.executable, "-I", guard.__file__, str(place.state), str(os.getpid())]
    return subprocess.Popen(
        argv,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
