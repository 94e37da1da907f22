"""Where things lie: the data directory, the short directory of sockets, the lock, the secrets.

The data directory belongs to one user and one supervisor at a time. Sockets live elsewhere, because a
socket's path may not pass about 107 bytes and the data directory may lie anywhere.
"""

import errno
import fcntl
import hashlib
import json
import os
import pwd
import secrets
import shutil
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hms.supervisor.report import Stop

ROOT = Path(__file__).resolve().parents[2]
LOG_LIMIT = 5_000_000
ENOUGH_MB = 500


@dataclass(frozen=True)
class Place:
    data: Path
    run: Path

    @property
    def postgres(self) -> Path:
        return self.data / "pg"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def postgres_socket(self) -> Path:
        return self.run / "pg"

    @property
    def broker_socket(self) -> Path:
        return self.run / "broker.sock"

    def log(self, name: str) -> Path:
        return self.data / "logs" / f"{name}.log"

    @property
    def state(self) -> Path:
        return self.data / "state.json"

    @property
    def password(self) -> Path:
        return self.data / "demo-password"

    @property
    def empty_start(self) -> Path:
        """Stands where a hospital was begun with --empty: demonstration data never enters it."""
        return self.data / "started-empty"

    @property
    def unfinished_demo(self) -> Path:
        return self.data / "demo-unfinished"


def user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"


def chosen_data() -> Path:
    return Path(os.environ.get("HMS_DATA_DIR") or ROOT / "var").expanduser().absolute()


def open_place(data: Path | None = None) -> Place:
    """Make or check the data directory; refuse one that is another user's, or on a full disk."""
    data = data or chosen_data()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = data.resolve()
        if (owner := data.stat().st_uid) != os.geteuid():
            raise Stop(
                f"the data directory {data} belongs to the user {user_name(owner)}, not to {user_name(os.geteuid())}:"
                " run this as that user, or choose another directory with HMS_DATA_DIR."
            )
        enough_disk(data)
        for folder in ("logs", "static"):
            (data / folder).mkdir(exist_ok=True)
        (data / "logs").chmod(0o700)
        keep_secret(data / "secret-key", lambda: secrets.token_urlsafe(50))
        run = run_directory(data)
    except OSError as failure:
        if failure.errno == errno.ENOSPC:
            raise Stop(f"the disk of {data} is full.") from None
        raise Stop(f"cannot use the data directory {data}: {failure.strerror}.") from None
    return Place(data, run)


def enough_disk(data: Path) -> None:
    needed = int(os.environ.get("HMS_MIN_FREE_MB") or ENOUGH_MB)
    free = shutil.disk_usage(data).free // 1_000_000
    if free < needed:
        raise Stop(f"the disk of {data} is full: {free} MB are free, {needed} MB are needed (HMS_MIN_FREE_MB).")


def run_directory(data: Path) -> Path:
    """A short private directory for sockets, the same one at every start of this data directory."""
    name = f"hms-{os.geteuid()}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:10]}"
    for base in (Path("/tmp"), Path("/var/tmp"), Path(f"/run/user/{os.geteuid()}")):
        run = base / name
        try:
            run.mkdir(mode=0o700, exist_ok=True)
            found = run.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
                # For root, PostgreSQL's own user has to pass through to its private directory below.
                run.chmod(0o711 if os.geteuid() == 0 else 0o700)
                return run
        except OSError:
            continue
    raise Stop(f"no private directory for sockets could be made: /tmp/{name} is not ours, or /tmp cannot be written.")


def keep_secret(file: Path, make: Any) -> str:
    """The secret kept in a file, made at the first call; readable by its owner alone."""
    try:
        if kept := file.read_text().strip():
            return kept
    except FileNotFoundError:
        pass
    secret = make()
    half = file.with_name(file.name + ".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(secret + "\n")
    half.replace(file)
    return secret


def open_log(log: Path) -> IO[bytes]:
    """A log to add to. The last one steps aside when it has grown large."""
    try:
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        return log.open("ab")
    except OSError as failure:
        raise Stop(f"cannot write the log {log}: {failure.strerror}.") from None


class Lock:
    """One supervisor for each data directory. The kernel frees the lock however its holder ends."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.file: IO[str] | None = None
        self.holder = ""

    def take(self) -> bool:
        file = (self.place.data / "supervisor.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            self.holder = file.read().strip() or "unknown"
            file.close()
            return False
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self.file = file
        return True

    def free(self) -> None:
        if self.file:
            self.place.state.unlink(missing_ok=True)
            self.file.close()
            self.file = None


def write_state(place: Place, **state: Any) -> None:
    """What runs here, for the commands that want to join it."""
    half = place.state.with_suffix(".half")
    half.touch(mode=0o600)
    half.write_text(json.dumps({"pid": os.getpid(), **state}))
    half.replace(place.state)


def read_state(place: Place) -> dict[str, Any]:
    try:
        return json.loads(place.state.read_text())
    except (OSError, ValueError):
        return {}


def wait_until(condition: Any, seconds: float, pause: float = 0.05) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
