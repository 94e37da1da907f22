"""What the supervisor says: one line for each step with its time, one line for what went wrong."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Stop(Exception):
    """Something a person has to see to. Its text is the one line they get; exit code 1."""

    def __init__(self, text: str, log: Path | None = None, code: int = 1) -> None:
        super().__init__(text)
        self.log = log
        self.code = code


class Step:
    """A step under way. On a terminal its line moves; elsewhere it appears when the step is done."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.began = self.shown = time.monotonic()
        self.moving = sys.stdout.isatty()
        if self.moving:
            print(f"{text} ...", end="", flush=True)

    def beat(self, detail: str = "") -> None:
        """Call it often: once a second on a terminal, every 15 elsewhere, the step is shown to be alive."""
        now = time.monotonic()
        if now - self.shown < (1 if self.moving else 15):
            return
        self.shown = now
        line = f"{self.text} ... {now - self.began:.0f} s"
        if self.moving:
            print(f"\r{(line + ('  ' + detail if detail else ''))[:78]:<78}", end="", flush=True)
        else:
            print(line, flush=True)

    def done(self, text: str = "") -> None:
        line = f"{text or self.text} ({time.monotonic() - self.began:.1f} s)"
        print(f"\r{line:<78}".rstrip() if self.moving else line, flush=True)

    def failed(self) -> None:
        if self.moving:
            print(f"\r{self.text} ... failed{' ' * 20}", flush=True)


@contextmanager
def step(text: str) -> Iterator[Step]:
    under_way = Step(text)
    try:
        yield under_way
    except BaseException:
        under_way.failed()
        raise
    under_way.done()


def say(text: str) -> None:
    print(text, flush=True)


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log, for a person who must see why."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def said_since(log: Path, place: int) -> str:
    """What a log has gained since it had this size."""
    with log.open("rb") as file:
        file.seek(place)
        return file.read().decode(errors="replace")


def failure(text: str, log: Path, said: str) -> Stop:
    """A failed step: with the end of its log, unless the reason is known to be a full disk."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return Stop(f"{text}: the disk is full.")
    return Stop(f"{text}.", log)
