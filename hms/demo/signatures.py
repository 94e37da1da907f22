"""Signatures as a pen would draw them: invented from the name, the same every time."""

from __future__ import annotations

import io
import itertools
import math
import random

from PIL import Image, ImageDraw

WIDTH, HEIGHT, FINER = 600, 200, 3
INK = (22, 38, 92, 255)


def drawn(name: str) -> bytes:
    """A PNG with a transparent ground: a tall first letter, a running line of loops, a stroke below."""
    dice = random.Random(f"signature of {name}")
    image = Image.new("RGBA", (WIDTH * FINER, HEIGHT * FINER), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    x = 50.0
    for word in name.split()[-2:]:
        x = _word(pen, dice, x, len(word))
    _stroke(pen, [(70 + t * (x - 60) / 30, 158 + 9 * math.sin(t / 5) - t * 0.7) for t in range(31)], dice)
    out = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def _word(pen: ImageDraw.ImageDraw, dice: random.Random, x: float, letters: int) -> float:
    """A capital with a loop, then lower-case waves that grow flatter towards the end."""
    lean, tall = dice.uniform(8, 22), dice.uniform(70, 95)
    capital = []
    for t in range(41):
        turn = t / 40 * math.tau * 1.2
        capital.append((x + 22 - 24 * math.cos(turn) + lean * t / 40, 130 - tall * (1 - math.cos(turn * 0.8)) / 2))
    _stroke(pen, capital, dice)
    path = [capital[-1]]
    x = capital[-1][0]
    for n in range(min(letters, 8)):
        height = dice.uniform(10, 26) * (1 - n / 14) * (2.2 if dice.random() < 0.2 else 1)
        wide = dice.uniform(17, 25)
        for t in range(1, 13):
            turn = t / 12 * math.tau
            path.append((x + wide * t / 12 + 4 * math.sin(turn), 130 - height * (1 - math.cos(turn)) / 2))
        x += wide
    _stroke(pen, path, dice)
    return x + 22


def _stroke(pen: ImageDraw.ImageDraw, path: list[tuple[float, float]], dice: random.Random) -> None:
    """Thick where the pen goes down, thin where it goes up."""
    for (x1, y1), (x2, y2) in itertools.pairwise(path):
        width = (3.4 if y2 > y1 else 2.2) + dice.uniform(-0.3, 0.3)
        points = [(x1 * FINER, y1 * FINER), (x2 * FINER, y2 * FINER)]
        pen.line(points, fill=INK, width=round(width * FINER), joint="curve")
        radius = width * FINER / 2
        pen.ellipse([points[1][0] - radius, points[1][1] - radius, points[1][0] + radius, points[1][1] + radius], INK)
