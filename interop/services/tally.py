"""What happened to the resources of a bundle, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

NOTES = 40


@dataclass
class Tally:
    """What happened, for each type of resource."""

    read: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    no_place: Counter[tuple[str, str]] = field(default_factory=Counter)
    marked: Counter[tuple[str, str]] = field(default_factory=Counter)
    unresolved: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    more_notes: int = 0

    def note(self, line: str) -> None:
        """Something to know. Of a great many, the first are kept and the rest counted."""
        if len(self.notes) < NOTES:
            self.notes.append(line)
        else:
            self.more_notes += 1

    def add(self, other: Tally) -> None:
        for name in ("read", "added", "here", "changed", "no_place", "marked", "unresolved", "refused"):
            getattr(self, name).update(getattr(other, name))
        for line in other.notes:
            self.note(line)
        self.more_notes += other.more_notes

    def as_detail(self) -> dict[str, dict[str, int]]:
        return {name: dict(getattr(self, name)) for name in ("read", "added", "here", "changed", "unresolved")}
