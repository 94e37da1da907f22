"""The geometry of small charts: numbers in, SVG coordinates out. No style: colours are classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor, log10

Number = int | float | Decimal
LETTER = 5.6  # the width of one at the size of a chart's labels, in the units of its drawing


@dataclass(frozen=True)
class Tick:
    label: str
    at: float


@dataclass(frozen=True)
class Bar:
    label: str
    value: Number
    x: float
    y: float
    width: float
    height: float
    middle: float
    labelled: bool
    shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Series:
    label: str
    kind: str
    points: str
    area: str
    last_x: float
    last_y: float
    values: list[Number]


@dataclass(frozen=True)
class Axes:
    width: int
    height: int
    left: float
    top: float
    right: float
    bottom: float
    ticks: list[Tick]


def nice_top(largest: Number) -> float:
    """The first of 1, 2, 2.5, 5, 10 × 10ⁿ that is not below `largest`, so that ticks are round."""
    largest = float(largest)
    if largest <= 0:
        return 1.0
    scale = 10 ** floor(log10(largest))
    return next(step * scale for step in (1, 2, 2.5, 5, 10) if step * scale >= largest * 0.999999)


def under_bar(label: str, fits: int) -> tuple[str, ...]:
    """The label in one line or two, as far as it fits; the whole of it stands in the table and the tooltip.

    The last word has a line of its own: it is the family name.
    """
    if len(label) <= fits:
        return (label,)
    lines = [part for part in (label.rpartition(" ")[0], label.rpartition(" ")[2]) if part]
    return tuple(line if len(line) <= fits else line[: max(fits - 1, 1)].rstrip() + "…" for line in lines)


def short(value: Number) -> str:
    """A number for an axis: 950, 1.25k, 34k, 2.5M."""
    value = float(value)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.2f}".rstrip("0").rstrip(".") + letter
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def _axes(largest: Number, *, width: int, height: int) -> tuple[Axes, float]:
    top_value = nice_top(largest)
    left, top, right, bottom = 44.0, 10.0, width - 6, height - 24
    # Whole things are counted in whole numbers: 10 visits by twos, not by 2.5.
    steps = next((n for n in (4, 5, 2, 1) if top_value % n == 0), 4)
    ticks = [
        Tick(short(top_value * i / steps), round(bottom - (bottom - top) * i / steps, 1)) for i in range(steps + 1)
    ]
    return Axes(width, height, left, top, right, bottom, ticks), top_value


def bars(rows: Sequence[tuple[str, Number]], *, width: int = 640, height: int = 200) -> tuple[Axes, list[Bar]]:
    axes, top_value = _axes(max((value for _label, value in rows), default=0), width=width, height=height)
    if not rows:
        return axes, []
    room = (axes.right - axes.left) / len(rows)
    every = max(1, ceil(len(rows) * 46 / (axes.right - axes.left)))
    fits = int(room * every / LETTER)
    drawn = []
    for i, (label, value) in enumerate(rows):
        tall = (axes.bottom - axes.top) * max(float(value), 0) / top_value
        thick = min(room * 0.68, 34)
        x = axes.left + room * i + (room - thick) / 2
        drawn.append(
            Bar(
                str(label), value, round(x, 1), round(axes.bottom - tall, 1), round(thick, 1), round(tall, 1),
                round(x + thick / 2, 1), i % every == 0, under_bar(str(label), fits),
            )
        )  # fmt: skip
    return axes, drawn


def lines(
    labels: Sequence[str], series: Iterable[tuple[str, Sequence[Number]]], *, width: int = 640, height: int = 200
) -> tuple[Axes, list[Bar], list[Series]]:
    """Axes, label positions (as bars without height), and a polyline for each series."""
    found = [(label, list(values)) for label, values in series]
    axes, top_value = _axes(max((v for _l, values in found for v in values), default=0), width=width, height=height)
    count = max(len(labels), 1)
    step = (axes.right - axes.left - 12) / max(count - 1, 1)
    xs = [round(axes.left + 6 + step * i, 1) for i in range(count)]
    every = max(1, ceil(count * 46 / (axes.right - axes.left)))
    marks = [Bar(str(label), 0, xs[i], axes.bottom, 0, 0, xs[i], i % every == 0) for i, label in enumerate(labels)]
    drawn = []
    for n, (label, values) in enumerate(found):
        spots = [
            (x, round(axes.bottom - (axes.bottom - axes.top) * float(v) / top_value, 1))
            for x, v in zip(xs, values, strict=False)
        ]
        points = " ".join(f"{x},{y}" for x, y in spots)
        area = f"{spots[0][0]},{axes.bottom} {points} {spots[-1][0]},{axes.bottom}" if spots else ""
        last = spots[-1] if spots else (axes.left, axes.bottom)
        drawn.append(Series(str(label), f"s{n + 1}", points, area, last[0], last[1], values))
    return axes, marks, drawn


def spark(
    values: Sequence[Number],
    *,
    low: Number | None = None,
    high: Number | None = None,
    width: int = 54,
    height: int = 22,
) -> dict[str, object]:
    """A trend without axes; the band is the reference range from `low` to `high`."""
    numbers = [float(v) for v in values]
    known = numbers + [float(v) for v in (low, high) if v is not None]
    floor_value, top_value = min(known, default=0.0), max(known, default=1.0)
    span = (top_value - floor_value) or 1.0

    def y(value: float) -> float:
        return round(height - 3 - (height - 6) * (value - floor_value) / span, 1)

    step = (width - 6) / max(len(numbers) - 1, 1)
    spots = [(round(3 + step * i, 1), y(v)) for i, v in enumerate(numbers)]
    band = None
    if low is not None or high is not None:
        upper = y(float(high)) if high is not None else 0.0
        lower = y(float(low)) if low is not None else height
        band = {"y": upper, "height": round(max(lower - upper, 1), 1)}
    return {
        "points": " ".join(f"{x},{y_}" for x, y_ in spots),
        "last": spots[-1] if spots else None,
        "band": band,
        "width": width,
        "height": height,
    }
