"""How long something takes, against something else, on a machine that is never quiet."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """Medians in milliseconds, and the one as a multiple of the other."""

    first: float
    second: float

    @property
    def ratio(self) -> float:
        return self.first / self.second if self.second else float("inf")


def milliseconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def interleaved(first: Callable[[], object], second: Callable[[], object], *, rounds: int, warm: int = 15) -> Compared:
    """Both in turn, who comes first changing from round to round, so that what the machine does otherwise hits both."""
    for _round in range(warm):
        first(), second()
    taken: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                taken[which].append(milliseconds((first, second)[which]))
    finally:
        gc.enable()
    return Compared(statistics.median(taken[0]), statistics.median(taken[1]))


def load() -> str:
    one, five, fifteen = os.getloadavg()
    return f"load {one:.1f}, {five:.1f}, {fifteen:.1f} on {os.cpu_count()} processors"
