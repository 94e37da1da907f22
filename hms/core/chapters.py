"""What departments add to docs/roles.md: each says its own part, and registers it in its `ready()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Lines = Callable[[], Iterator[str]]

_chapters: dict[str, Lines] = {}


def register(key: str, lines: Lines) -> None:
    """`lines` are written below the limits, in Markdown; `manage write_roles` asks for them."""
    _chapters[key] = lines


def lines() -> Iterator[str]:
    for key in sorted(_chapters):
        yield ""
        yield from _chapters[key]()
