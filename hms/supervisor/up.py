"""`bin/hms up`: everything, under one supervisor, until Ctrl-C or SIGTERM."""

import contextlib
import errno
import hashlib
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from types import FrameType

from hms.supervisor import prepare, processes
from hms.supervisor.place import ROOT, Lock, Place, keep_secret, open_log, open_place, read_state
from hms.supervisor.report import Stop, failure, said_since, say, size, step, tail
from hms.supervisor.running import Running, new_running, stop_all
from hms.supervisor.services import Services, bury_left_behind, environment, note, post_guard

SIGN_INS = {
    "admin": "administrator: users, settings, the Django admin",
    "reception": "front desk: patients, bookings, check-in",
    "doctor": "doctor: the desk, notes, prescriptions, orders",
    "nurse": "nurse: wards, vital signs, rounds",
    "pharmacist": "pharmacist: dispensing, stock",
    "labtech": "laboratory technician: specimens, results",
    "pathologist": "pathologist: verifies results",
    "cashier": "cashier: invoices, payments",
    "accountant": "accountant: ledger, refunds",
    "hr": "human resources: employees, rosters",
    "manager": "manager: reports, approvals",
    "auditor": "auditor: who looked at what",
}
READY_WITHIN = 90.0


class Stopped(Exception):
    """Ctrl-C or SIGTERM before everything was running."""


class Signals:
    """Turns SIGINT, SIGTERM and SIGHUP into something the loop can wait for; nothing else happens inside a handler."""

    def __init__(self) -> None:
        self.asked = 0
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.writer, False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup: it stays ignored
                signal.signal(number, self.note)

    def note(self, number: int, frame: FrameType | None) -> None:
        self.asked += 1
        with contextlib.suppress(BlockingIOError):
            os.write(self.writer, b".")

    def rest(self, seconds: float) -> bool:
        """Sleep, or wake at once when asked to stop. True when asked."""
        if not self.asked:
            with contextlib.suppress(InterruptedError):
                select.select([self.reader], [], [], seconds)
        return bool(self.asked)

    def check(self) -> None:
        if self.asked:
            raise Stopped


def listen() -> socket.socket:
    """The web's socket, held from the first moment: the port cannot be lost while the rest starts."""
    address = os.environ.get("HMS_BIND") or "127.0.0.1"
    try:
        port = int(os.environ.get("HMS_PORT") or processes.PORT)
    except ValueError:
        raise Stop(f"HMS_PORT is not a number: {os.environ['HMS_PORT']}.") from None
    if not 0 <= port <= 65535:
        raise Stop(f"HMS_PORT is not a port: {port}.")
    listening = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((address, port))
        listening.listen(2048)
    except OSError as problem:
        listening.close()
        if problem.errno == errno.EADDRINUSE:
            raise Stop(f"port {port} on {address} is in use. Choose another with HMS_PORT.") from None
        raise Stop(f"cannot listen on {address} port {port}: {problem.strerror}.") from None
    return listening


class Up:
    def __init__(self, place: Place, empty: bool) -> None:
        self.place = place
        self.empty = empty
        self.signals = Signals()
        self.services = Services(place)
        self.guard: subprocess.Popen[bytes] | None = None
        self.children: list[Running] = []
        self.listening: socket.socket | None = None
        self.port = 0
        self.serving = False
        self.ready = False

    def run(self) -> int:
        code = 0
        try:
            self.services.check()
            self.start()
            self.watch()
        except Stopped:
            pass
        except BaseException:
            code = 1
            raise
        finally:
            self.stop(quietly=bool(code))
        return code

    def note(self) -> None:
        note(self.place, "up", self.ready, self.everything(), port=self.port, serving=self.serving)

    def everything(self) -> list[Running]:
        return [*self.services.processes(), *self.children]

    def start(self) -> None:
        bury_left_behind(self.place)  # it may still hold the port
        self.listening = listen()
        self.port = self.listening.getsockname()[1]
        self.note()
        self.guard = post_guard(self.place)
        self.services.start()
        self.note()
        self.signals.check()
        if self.place.unfinished_demo.exists() and self.services.postgres:
            say("The demonstration hospital was not finished last time: it is made afresh.")
            self.services.postgres.drop_database()
            self.place.unfinished_demo.unlink()
        app_url = environment(self.place)["DATABASE_URL"]
        said = self.step("Preparing the database", processes.prepare(), HMS_APP_DATABASE_URL=app_url)
        self.serving = True
        self.note()
        self.collect_static()
        if prepare.EMPTY in said:
            self.fill()
        self.start_application()
        self.wait_until_ready()

    def step(self, text: str, command: Sequence[str], **more: str) -> str:
        """Run one command as the owner of the tables, to its end; what it said. A failure shows the end of its log."""
        name = text.split()[0].lower()
        log = self.place.log(name)
        environ = environment(self.place, owner=True, HMS_PORT=str(self.port), **more)
        argv = processes.Process(name, tuple(command)).argv
        with step(text) as under_way:
            open_log(log).close()
            began = size(log)
            running = new_running(self.place, name, argv, environ)
            running.start()
            while running.alive():
                under_way.beat(tail(log, 1).strip()[-45:])
                if self.signals.rest(0.05):
                    stop_all([running], 5)
                    raise Stopped
            code = running.process.returncode if running.process else 1
            said = said_since(log, began)
            if code == prepare.NEWER and command == processes.prepare():
                raise Stop(
                    "the database was migrated by a newer version of this program than the one you started."
                    f" It was left as it is. ({said.strip().splitlines()[-1]})"
                )
            if code == prepare.UNSAFE and command == processes.prepare():
                raise Stop(f"the hospital does not start. {said.strip().splitlines()[-1]}")
            if code:
                raise failure(f"{text[0].lower()}{text[1:]} failed ({running.ended_as()})", log, said)
        return said

    def collect_static(self) -> None:
        """Gather and compress the pages' files, when they have changed since the last time."""
        kept = self.place.data / "static-fingerprint"
        now = static_fingerprint()
        if kept.exists() and kept.read_text() == now and (self.place.data / "static/staticfiles.json").exists():
            return
        self.step("Collecting static files", ("python", "manage.py", "collectstatic", "--noinput", "--verbosity", "0"))
        kept.write_text(now)

    def fill(self) -> None:
        """An empty hospital: the demonstration, or its first administrator."""
        if self.empty:
            self.place.empty_start.touch()
        if self.place.empty_start.exists():
            self.first_administrator()
            return
        password = keep_secret(self.place.password, lambda: os.environ.get("HMS_DEMO_PASSWORD") or new_password())
        self.place.unfinished_demo.touch()
        command = ("python", "manage.py", "demo", "--if-empty")
        self.step("Filling the demonstration hospital", command, HMS_DEMO_PASSWORD=password)
        self.place.unfinished_demo.unlink()

    def first_administrator(self) -> None:
        if not sys.stdin.isatty() and not os.environ.get("HMS_ADMIN_PASSWORD"):
            say("The hospital is empty. Make its first administrator with:")
            say("  HMS_ADMIN_PASSWORD=... bin/hms manage create_administrator --username NAME \\")
            say("    --hospital NAME --code NG --time-zone Europe/London --currency GBP")
            return
        if not sys.stdin.isatty():
            username = os.environ.get("HMS_ADMIN_USERNAME") or "admin"
            password = os.environ["HMS_ADMIN_PASSWORD"]
            command = ("python", "manage.py", "create_administrator", "--username", username)
            hospital = {name: value for name, value in os.environ.items() if name.startswith("HMS_HOSPITAL_")}
            self.step("Creating the first administrator", command, HMS_ADMIN_PASSWORD=password, **hospital)
            return
        say("This hospital is empty. Its first administrator:")
        argv = [sys.executable, "manage.py", "create_administrator"]
        environ = environment(self.place, owner=True, HMS_PORT=str(self.port))
        while subprocess.run(argv, cwd=ROOT, env=environ).returncode:
            self.signals.check()
            say("Once more, or Ctrl-C to stop:")

    def start_application(self) -> None:
        assert self.listening
        environ = environment(self.place, HMS_PORT=str(self.port))
        descriptor = self.listening.fileno()
        with step("Starting the application"):
            for process in processes.application(f"fd://{descriptor}"):
                running = new_running(
                    self.place, process.name, process.argv, environ, stop_signal=process.stop,
                    orphan_signal=process.orphaned, pass_fds=(descriptor,) if process.name == "web" else (),
                )  # fmt: skip
                running.start()
                self.children.append(running)
            self.note()

    def wait_until_ready(self) -> None:
        end = time.monotonic() + READY_WITHIN
        with step("Waiting for the first page") as under_way:
            while not self.answers():
                under_way.beat()
                web = self.children[0]
                if web.process and not web.alive():
                    raise Stop(f"the web {web.ended_as()} while starting.", web.log)
                self.restart_the_dead()
                if self.signals.rest(0.1):
                    raise Stopped
                if time.monotonic() > end:
                    raise Stop(f"the web did not become ready in {READY_WITHIN:.0f} s.", self.place.log("web"))
        self.ready = True
        self.note()
        say("")
        if self.place.password.exists() and not self.place.empty_start.exists():
            say(sign_ins(self.place))
        say(f"Ready: http://127.0.0.1:{self.port}")

    def answers(self) -> bool:
        allowed = (os.environ.get("HMS_ALLOWED_HOSTS") or "127.0.0.1").split(",")[0].strip().lstrip(".")
        host = "127.0.0.1" if allowed == "*" else allowed
        address = os.environ.get("HMS_BIND") or "127.0.0.1"
        address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)
        address = f"[{address}]" if ":" in address else address
        headers = {"Host": host, "X-Forwarded-Proto": "https"}
        request = urllib.request.Request(f"http://{address}:{self.port}/readyz", headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=3) as answer:
                return bool(answer.status == 200)
        except (OSError, ValueError):
            return False

    def watch(self) -> None:
        while not self.signals.rest(0.25):
            self.restart_the_dead()

    def restart_the_dead(self) -> None:
        """What died is started again, each time after a longer pause."""
        if self.guard and self.guard.poll() is not None:
            self.guard = post_guard(self.place)
        now = time.monotonic()
        for each in self.everything():
            if each.process is None:
                if now >= each.due:
                    self.start_again(each)
            elif not each.alive():
                how = each.ended_as()
                pause = each.after_death()
                full = shutil.disk_usage(self.place.data).free < 50_000_000
                say(f"{each.name} {how}{'; the disk is full' if full else ''}: starting it again in {pause:.0f} s.")

    def start_again(self, each: Running) -> None:
        try:
            if each.name == "postgres" and self.services.postgres:
                self.services.postgres.clear_stale_lock()
            each.start()
            self.note()
        except (OSError, Stop) as problem:
            say(f"{each.name} cannot be started: {problem}")
            each.process = None
            each.due = time.monotonic() + each.pause

    def stop(self, quietly: bool) -> None:
        """The application in reverse, then the broker, then the database: within 15 seconds in all."""
        began = time.monotonic()
        running = [each for each in self.everything() if each.process]
        if running and not quietly:
            say("Stopping ...")
        hurry = 1.0 if self.signals.asked > 1 else 6.5
        stop_all([each for each in reversed(self.children) if each.process], hurry, [(signal.SIGQUIT, 0.5)])
        self.services.stop()
        if self.guard:
            self.guard.communicate()
        if self.listening:
            self.listening.close()
        if running and not quietly:
            say(f"Stopped ({time.monotonic() - began:.1f} s).")


def static_fingerprint() -> str:
    """Changes when a file the pages use, or a package that brings some, changes."""
    seen = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for folder in sorted([ROOT / "static", *ROOT.glob("*/static"), *ROOT.glob("hms/*/static")]):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                found = path.stat()
                seen.update(f"{path.relative_to(ROOT)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def new_password() -> str:
    """Easy to type from a screen, far too many to guess: 80 bits in four groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def sign_ins(place: Place) -> str:
    lines = [f"  {name:<12}{what}" for name, what in SIGN_INS.items()]
    password = place.password.read_text().strip()
    return "\n".join(["Demonstration sign-ins:", *lines, f"Password of all of them: {password}", ""])


def main(arguments: Sequence[str]) -> int:
    unknown = [each for each in arguments if each != "--empty"]
    if unknown:
        raise Stop(f"up does not know {' '.join(unknown)}. It knows --empty.", code=2)
    place = open_place()
    lock = Lock(place)
    if not lock.take():
        what = "a hospital already runs" if read_state(place).get("kind") == "up" else "another command is at work"
        raise Stop(f"{what} in {place.data} (process {lock.holder}).")
    try:
        return Up(place, "--empty" in arguments).run()
    finally:
        lock.free()
