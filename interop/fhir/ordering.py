"""In which order files are imported, so that what others point at comes first.

Only names are kept, in a temporary database on disk: a thousand large files fit in little memory.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from interop.fhir import references
from interop.fhir.mapping import MAPPED
from interop.fhir.reading import Entry

# Without these a resource cannot be stored at all.
REQUIRED = {"subject", "patient", "medicationReference"}


class Index:
    """Which file defines which name, and which file needs it."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("")  # a private file that vanishes when it is closed
        self.database.execute("pragma journal_mode = off")
        self.database.execute("create table defined (word text, file integer)")
        self.database.execute("create table wanted (word text, file integer, required integer)")
        self.files = 0
        self.ready = False

    def add(self, entries: Iterable[Entry], source: str) -> None:
        """Note one more file. Only pointers that lead out of it are kept."""
        number, own, wanted = self.files, set(), set()
        for entry in entries:
            own.update(entry.aliases)
            if entry.type in MAPPED:
                for pointer in references.all_of(entry.resource, base=entry.base, source=source):
                    wanted.add((pointer.candidates, pointer.field in REQUIRED))
        self.database.executemany("insert into defined values (?, ?)", ((word, number) for word in own))
        self.database.executemany(
            "insert into wanted values (?, ?, ?)",
            ((word, number, needed) for words, needed in wanted if own.isdisjoint(words) for word in words),
        )
        self.files += 1

    def _prepare(self) -> None:
        if not self.ready:
            self.database.execute("create index defined_word on defined (word)")
            self.ready = True

    def defines(self, words: Iterable[str]) -> bool:
        """Whether a file of this call has one of these names."""
        self._prepare()
        return any(
            self.database.execute("select 1 from defined where word = ? limit 1", [word]).fetchone() for word in words
        )

    def groups(self) -> list[list[int]]:
        """Files in their order. Files that need each other stand in one group: all of it or nothing."""
        self._prepare()
        needs: dict[int, set[int]] = defaultdict(set)
        likes: dict[int, set[int]] = defaultdict(set)
        # What is merely pointed at may stand in every file (the same hospital in each): the first will do.
        rows = self.database.execute(
            "select w.file, d.file, 1 from wanted w join defined d on d.word = w.word where w.required"
            " union select w.file, (select min(file) from defined d where d.word = w.word), 0"
            " from wanted w where not w.required"
        )
        for file, other, required in rows:
            if other is not None and other != file:
                (needs if required else likes)[file].add(other)
        groups = _circles(self.files, needs)
        place = {file: n for n, group in enumerate(groups) for file in group}
        return [groups[n] for n in _sorted(groups, place, needs, likes)]

    def close(self) -> None:
        self.database.close()


def _circles(count: int, needs: dict[int, set[int]]) -> list[list[int]]:
    """Strongly connected components (Tarjan 1972), without recursion."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[list[int]] = []
    for root in range(count):
        if root in index:
            continue
        work = [(root, iter(sorted(needs.get(root, ()))))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, others = work[-1]
            for other in others:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(sorted(needs.get(other, ())))))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    group = []
                    while not group or group[-1] != node:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                    found.append(sorted(group))
    return found


def _sorted(
    groups: list[list[int]], place: dict[int, int], needs: dict[int, set[int]], likes: dict[int, set[int]]
) -> list[int]:
    """Groups after all that they need, and as far as it goes after what they merely point at."""

    def edges(of: dict[int, set[int]]) -> list[set[int]]:
        return [{place[other] for file in group for other in of.get(file, ())} - {n} for n, group in enumerate(groups)]

    needed, liked = edges(needs), edges(likes)
    waiting: list[list[int]] = [[] for _group in groups]
    hoping: list[list[int]] = [[] for _group in groups]
    for n in range(len(groups)):
        for other in needed[n]:
            waiting[other].append(n)
        for other in liked[n]:
            hoping[other].append(n)
    missing, wishes = [len(s) for s in needed], [len(s) for s in liked]
    ready = [(wishes[n], groups[n][0], n) for n in range(len(groups)) if not missing[n]]
    heapq.heapify(ready)
    done: list[int] = []
    taken: set[int] = set()
    while ready:
        _wishes, _file, n = heapq.heappop(ready)
        if n in taken:
            continue
        taken.add(n)
        done.append(n)
        for other in waiting[n]:
            missing[other] -= 1
        for other in hoping[n]:
            wishes[other] -= 1
        for other in {*waiting[n], *hoping[n]}:
            if not missing[other] and other not in taken:
                heapq.heappush(ready, (wishes[other], groups[other][0], other))
    return done
