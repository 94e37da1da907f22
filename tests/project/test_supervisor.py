"""`bin/hms` for real: started, asked, killed and started again, in a directory with a space, through a link."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from hms.supervisor import postgres
from hms.supervisor.place import open_place

ROOT = Path(__file__).resolve().parents[2]
OF_THE_SUITE = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
PATIENCE = 120.0


AS_OWNER = """
import sys, psycopg
from hms.supervisor import postgres
from hms.supervisor.place import open_place
from hms.supervisor.services import Services
place = open_place()
services = Services(place)
services.start()
try:
    with psycopg.connect(postgres.url(place, postgres.OWNER)) as owner:
        owner.execute(sys.argv[1])
finally:
    services.stop()
"""


@dataclass
class House:
    """One data directory, and `bin/hms` called on it."""

    folder: Path
    command: Path = field(default=ROOT / "bin/hms")
    process: subprocess.Popen[str] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "the data"

    def environment(self, **more: str) -> dict[str, str]:
        plain = {
            key: value
            for key, value in os.environ.items()
            if key not in OF_THE_SUITE and not key.startswith(("HMS_", "PYTEST_"))
        }
        return plain | {"HMS_DATA_DIR": str(self.data), "HMS_PORT": "0", "HMS_WEB_WORKERS": "1", **more}

    def call(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.command, *arguments], env=self.environment(**more), cwd="/", timeout=PATIENCE,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip

    def sql(self, statement: str) -> None:
        """As the owner of the tables, while it is stopped."""
        done = subprocess.run(
            [sys.executable, "-c", AS_OWNER, statement], env=self.environment(), cwd=ROOT, timeout=PATIENCE,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def up(self) -> None:
        """Start it, empty, and wait for Ready. The output goes to a file, so that no full pipe holds it up."""
        output = (self.folder / "output").open("w")
        self.process = subprocess.Popen(
            [self.command, "up", "--empty"], env=self.environment(), cwd="/",
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, text=True, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + PATIENCE
        while not (ready := re.search(r"^Ready: (http://127\.0\.0\.1:\d+)$", self.said(), re.MULTILINE)):
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < end, self.said()
            time.sleep(0.1)
        self.address = ready[1]

    def said(self) -> str:
        return (self.folder / "output").read_text()

    def state(self) -> dict[str, object]:
        return json.loads((self.data / "state.json").read_text())

    def children(self) -> dict[str, int]:
        return {name: pid for name, pid, _ in self.state()["children"]}  # type: ignore[attr-defined]

    def everyone(self) -> list[int]:
        """Every process that works for this data directory: children, and the children of those."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    told = f"HMS_DATA_DIR={self.data}".encode() in (entry / "environ").read_bytes().split(b"\0")
                    inside = Path(os.readlink(entry / "cwd")).is_relative_to(self.data)
                    if (told or inside) and b"\nState:\tZ" not in (entry / "status").read_bytes():
                        found.append(int(entry.name))
        return found

    def answer(self) -> int:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.address}/readyz", timeout=10) as answer:
            return int(answer.status)

    def stop(self) -> float:
        assert self.process
        began = time.monotonic()
        self.process.terminate()
        assert self.process.wait(30) == 0, self.said()
        return time.monotonic() - began

    def gone_within(self, seconds: float) -> list[str]:
        """Who is still there after so long, by command."""
        end = time.monotonic() + seconds
        while (left := self.everyone()) and time.monotonic() < end:
            time.sleep(0.1)
        return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in left]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A hospital that is begun once; the tests of this file follow each other on it."""
    folder = tmp_path_factory.mktemp("a house with spaces")
    link = folder / "hms link"
    link.symlink_to(ROOT / "bin/hms")
    house = House(folder, link)
    yield house
    if house.process and house.process.poll() is None:
        house.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            house.process.wait(20)
    for pid in house.everyone():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def running(house: House) -> House:
    if house.process is None or house.process.poll() is not None:
        house.up()
    return house


def test_up_starts_every_process_and_says_how_to_begin(running: House) -> None:
    assert running.answer() == 200
    assert set(running.children()) == {"postgres", "broker", "web", "worker", "beat", "relay"}
    assert "bin/hms manage create_administrator" in running.said()
    assert not (running.data / "demo-password").exists()
    assert (running.data / "secret-key").stat().st_mode & 0o777 == 0o600


def test_manage_joins_the_running_hospital_as_the_role_that_owns_nothing(running: House) -> None:
    code = (
        "from django.db import connection as c; k = c.cursor(); k.execute('select current_user'); print(k.fetchone())"
    )
    done = running.call("manage", "shell", "--verbosity", "0", "-c", code)
    assert (done.returncode, done.stdout.strip()) == (0, "('hms_app',)"), done.stderr
    refused = running.call("manage", "shell", "-c", "import sys; sys.exit(7)")
    assert refused.returncode == 7


def test_a_path_given_to_manage_is_the_callers(running: House, tmp_path: Path) -> None:
    """And a package there that happens to be called hms is not ours."""
    (tmp_path / "hms").mkdir()
    (tmp_path / "hms/__init__.py").write_text("raise SystemExit('not this one')")
    done = subprocess.run(
        [running.command, "manage", "shell", "--verbosity", "0", "-c", "open('found', 'w').close()"],
        env=running.environment(), cwd=tmp_path, timeout=PATIENCE, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    assert (done.returncode, (tmp_path / "found").exists()) == (0, True), done.stderr


def test_a_second_supervisor_is_refused(running: House) -> None:
    done = running.call("up")
    assert done.returncode == 1
    assert re.fullmatch(r"hms: a hospital already runs in .*the data \(process \d+\)\.\n", done.stderr)
    assert running.answer() == 200


def test_a_port_in_use_is_one_clear_line_before_anything_starts(running: House, tmp_path: Path) -> None:
    port = running.address.rsplit(":", 1)[1]
    other = House(tmp_path)
    done = other.call("up", HMS_PORT=port)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"hms: port {port} on 127.0.0.1 is in use. Choose another with HMS_PORT.\n"
    assert not (other.data / "pg").exists()


def test_what_is_killed_is_started_again_and_the_hospital_answers(running: House) -> None:
    before = running.children()
    killed = ("worker", "broker", "postgres")
    for name in killed:
        os.kill(before[name], signal.SIGKILL)
    end = time.monotonic() + 30
    while True:
        now = running.children()
        if all(now.get(name, before[name]) != before[name] for name in killed):
            break
        assert time.monotonic() < end, running.said()
        time.sleep(0.2)
    assert "worker ended by SIGKILL: starting it again in 1 s." in running.said()
    ask = "from django.db import connection as c; c.cursor().execute('select 1')"
    while running.call("manage", "shell", "-c", ask).returncode:
        assert time.monotonic() < end, running.said()
    while True:
        with contextlib.suppress(OSError):
            if running.answer() == 200:
                break
        assert time.monotonic() < end, running.said()
        time.sleep(0.2)


def test_sigkill_of_the_supervisor_leaves_no_orphan_and_it_starts_clean_again(running: House) -> None:
    assert running.process
    made = "from django.contrib.auth.models import Group; Group.objects.get_or_create(name='kept through a kill')"
    assert running.call("manage", "shell", "-c", made).returncode == 0
    key = (running.data / "secret-key").read_text()
    assert len(running.everyone()) > 8
    os.kill(int(str(running.state()["pid"])), signal.SIGKILL)
    running.process.wait(5)
    assert running.gone_within(15) == []
    # A number in the lock file that meanwhile belongs to someone else must not hold the start up.
    (running.data / "pg/postmaster.pid").write_text(f"{os.getppid()}\n/proc/self/cwd\n0\n5432\n")
    running.up()
    kept = (
        "from django.contrib.auth.models import Group; print(Group.objects.filter(name='kept through a kill').count())"
    )
    assert running.call("manage", "shell", "--verbosity", "0", "-c", kept).stdout.strip() == "1"
    assert (running.data / "secret-key").read_text() == key


def test_it_starts_at_once_while_the_last_run_is_still_going_down(running: House) -> None:
    assert running.process
    os.kill(int(str(running.state()["pid"])), signal.SIGKILL)
    running.process.wait(5)
    running.up()
    assert running.answer() == 200


def test_under_nohup_a_closed_terminal_stops_nothing_and_otherwise_it_stops_cleanly(running: House) -> None:
    running.stop()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        running.up()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert running.process
    os.kill(int(str(running.state()["pid"])), signal.SIGHUP)
    with pytest.raises(subprocess.TimeoutExpired):
        running.process.wait(1.5)
    assert running.answer() == 200
    running.stop()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        running.up()
    finally:
        signal.signal(signal.SIGHUP, before)
    os.kill(int(str(running.state()["pid"])), signal.SIGHUP)
    assert running.process.wait(20) == 0


def test_sigterm_stops_everything_within_fifteen_seconds(running: House) -> None:
    assert running.stop() < 15
    assert running.said().splitlines()[-1].startswith("Stopped (")
    assert running.everyone() == []
    assert not (running.data / "pg/postmaster.pid").exists()


@pytest.fixture
def stopped(house: House) -> House:
    if house.process and house.process.poll() is None:
        house.stop()
    if not (house.data / "pg/PG_VERSION").exists():
        house.call("manage", "migrate")
    return house


def test_manage_starts_the_services_for_one_command_and_stops_them(stopped: House) -> None:
    done = stopped.call("manage", "check")
    assert done.returncode == 0, done.stderr
    assert stopped.everyone() == []


def test_database_files_of_a_newer_postgresql_are_left_as_they_are(stopped: House) -> None:
    version = stopped.data / "pg/PG_VERSION"
    kept = version.read_text()
    version.write_text("19\n")
    try:
        done = stopped.call("up")
    finally:
        version.write_text(kept)
    assert done.returncode == 1 and done.stdout == ""
    assert "are of a newer PostgreSQL (19); this one is 18" in done.stderr and done.stderr.count("\n") == 1


def test_a_database_of_a_newer_version_of_the_program_is_left_as_it_is(stopped: House) -> None:
    of_tomorrow = "insert into django_migrations (app, name, applied) values ('core', '9999_tomorrow', now())"
    stopped.up()
    with psycopg.connect(postgres.url(open_place(stopped.data), postgres.OWNER)) as owner:
        owner.execute(of_tomorrow)
    stopped.stop()
    try:
        done = stopped.call("up")
    finally:
        stopped.sql("delete from django_migrations where name = '9999_tomorrow'")
    assert done.returncode == 1
    assert "was migrated by a newer version of this program" in done.stderr and "9999_tomorrow" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_stopped_half_way_in_an_older_version_is_left_as_it_is(stopped: House) -> None:
    the_last = "app = 'core' and name in ('0020_erasures_are_told', '0001_squashed_0020_erasures_are_told')"
    database = postgres.url(open_place(stopped.data), postgres.OWNER)
    stopped.up()
    with psycopg.connect(database) as owner:
        owner.execute(f"create table kept as select app, name, applied from django_migrations where {the_last}")
        assert owner.execute(f"delete from django_migrations where {the_last}").rowcount == 2
    stopped.stop()
    try:
        done = stopped.call("up")
    finally:
        stopped.sql("insert into django_migrations (app, name, applied) select * from kept; drop table kept")
    assert done.returncode == 1
    assert "The database stopped half way in an earlier version (core 19 of 20 migrations)" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_full_disk_is_said_before_anything_is_written(stopped: House) -> None:
    done = stopped.call("up", HMS_MIN_FREE_MB="999999999")
    assert done.returncode == 1 and done.stdout == ""
    assert re.fullmatch(r"hms: the disk of .* is full: \d+ MB are free, .*\n", done.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_data_directory_of_someone_else_is_refused(tmp_path: Path) -> None:
    other = House(tmp_path)
    other.data.mkdir()
    os.chown(other.data, 65534, 65534)
    done = other.call("up")
    assert done.returncode == 1 and list(other.data.iterdir()) == []
    assert re.fullmatch(r"hms: the data directory .* belongs to the user nobody, not to root: .*\n", done.stderr)


def test_a_database_server_that_does_not_answer_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"postgresql://hms:secret@127.0.0.1:{free.getsockname()[1]}/hms"
    done = House(tmp_path).call("up", DATABASE_URL=address)
    assert done.returncode == 1
    assert done.stderr.startswith("hms: the database of DATABASE_URL cannot be used:") and "secret" not in done.stderr


def test_usage_and_unknown_commands(tmp_path: Path) -> None:
    house = House(tmp_path)
    usage = house.call("--help")
    assert usage.returncode == 0 and "bin/hms" in usage.stdout and not house.data.exists()
    assert house.call().stdout == usage.stdout
    unknown = house.call("fly")
    assert (unknown.returncode, unknown.stderr) == (2, "hms: there is no command 'fly'. bin/hms --help lists them.\n")
    assert house.call("up", "--full").returncode == 2
