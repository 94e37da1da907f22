"""`manage.py import_fhir PATH…`: FHIR R4 bundles into the record."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from hms.core import audit
from hms.core.models import Facility, User
from interop import services
from interop.fhir import reading
from interop.fhir.ordering import Index
from interop.fhir.reading import Broken

ONE_AT_A_TIME = 7_114_301


class Command(BaseCommand):
    help = (
        "Read FHIR R4 bundles (files, or folders with .json and .ndjson files) into the record of one facility."
        " Files of one call may refer to each other in any order; what was imported before is recognized."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder with all below it")
        parser.add_argument("--facility", metavar="CODE", help="where the patients are registered; else the first")
        parser.add_argument("--strict", action="store_true", help="refuse a bundle with a reference that leads nowhere")
        parser.add_argument(
            "--source", default="", metavar="NAME", help="which system wrote the files, where two use the same ids"
        )

    def handle(self, *args: Any, paths: list[str], facility: str | None, strict: bool, source: str, **_: Any) -> None:
        try:
            files = list(reading.files([_as_typed(path) for path in paths]))
        except FileNotFoundError as error:
            raise CommandError(f"There is no file or folder {error}.") from None
        if not files:
            raise CommandError("There is no .json or .ndjson file in what was named.")
        if len(source) > 60:
            raise CommandError("The name of the source is longer than 60 characters.")
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", [ONE_AT_A_TIME])
            if not cursor.fetchone()[0]:
                raise CommandError("Another import is running. Start this one when it has ended.")
        try:
            with audit.source("import_fhir"):
                refused = self._import(files, _facility(facility), strict, source)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s)", [ONE_AT_A_TIME])
        if refused:
            sys.exit(1)

    def _import(self, files: list[Path], facility: Facility, strict: bool, source: str) -> int:
        began = time.monotonic()
        self._say(f"{len(files)} files into {facility.name} ({facility.code}).")
        actor = User.objects.system().at(facility)
        index = self._index(files, source)
        total, refused, done = services.Tally(), 0, 0
        try:
            for group in index.groups() if index else [[0]]:
                tally, faults = self._bring_in(actor, [files[n] for n in group], source, strict, index)
                total.add(tally)
                refused += len(faults)
                for n in group:
                    done += 1
                    self._progress(done, len(files), files[n], tally, len(group), bool(faults))
                for fault in faults:
                    self.stderr.write(fault)
            found = services.follow_again(actor)
        finally:
            if index:
                index.close()
        if found:
            self._say(f"{found} references that led nowhere when they were read lead to something now.")
        self._table(total)
        self._say(f"{len(files) - refused} files imported, {refused} refused, in {time.monotonic() - began:.1f} s.")
        return refused

    def _index(self, files: list[Path], source: str) -> Index | None:
        """First pass: what refers to what. A single file needs none."""
        if len(files) == 1:
            return None
        index, said = Index(), time.monotonic()
        for number, path in enumerate(files, start=1):
            try:
                index.add(reading.stream(path, source), source)
            except Broken:
                index.add([], source)  # said in the second pass, in its place
            if time.monotonic() - said > 2:
                said = time.monotonic()
                self._say(f"  looking at what refers to what: {number} of {len(files)}")
        return index

    def _bring_in(
        self, actor: User, paths: list[Path], source: str, strict: bool, index: Index | None
    ) -> tuple[services.Tally, list[str]]:
        """One group, all or nothing: its tally, and a line for each file that is refused."""
        entries: list[reading.Entry] = []
        path = paths[0]
        try:
            for path in paths:
                entries += reading.read(path, source)
            known = index.defines if index else (lambda words: False)
            return services.bring_in(actor, entries=entries, source=source, strict=strict, comes_later=known), []
        except Broken as broken:
            named = broken.entry.file if broken.entry else str(path)
            faults = [f"REFUSED {named}: {broken}"]
            faults += [
                f"REFUSED {other}: it and {named} need each other" for other in map(str, paths) if other != named
            ]
            tally = services.Tally()
            tally.refused.update(entry.type for entry in entries)
            tally.read.update(entry.type for entry in entries)
            return tally, faults

    def _progress(self, number: int, of: int, path: Path, tally: services.Tally, together: int, failed: bool) -> None:
        if failed:
            self._say(f"[{number}/{of}] {path.name}: refused, nothing of it is stored")
            return
        counts = [
            (tally.added, "added"),
            (tally.here, "already here"),
            (tally.changed, "changed since"),
            (tally.no_place, "without place"),
            (tally.unresolved, "references unresolved"),
        ]
        said = ", ".join(f"{sum(counter.values())} {word}" for counter, word in counts if counter)
        joint = f" (with {together - 1} others)" if together > 1 else ""
        self._say(f"[{number}/{of}] {path.name}{joint}: {sum(tally.read.values())} entries, {said or 'nothing in it'}")

    def _table(self, total: services.Tally) -> None:
        kinds = sorted(total.read)
        without: dict[str, int] = {}
        for (kind, _reason), count in total.no_place.items():
            without[kind] = without.get(kind, 0) + count
        columns = [
            ("read", total.read),
            ("added", total.added),
            ("already here", total.here),
            ("changed since", total.changed),
            ("without place", without),
            ("refused", total.refused),
            ("unresolved refs", total.unresolved),
        ]
        width = max([len(kind) for kind in kinds] + [8])
        self._say("")
        self._say("resource".ljust(width) + "".join(f"  {name:>15}" for name, _counts in columns))
        for kind in kinds:
            self._say(kind.ljust(width) + "".join(f"  {counts.get(kind, 0) or '':>15}" for _name, counts in columns))
        self._say("total".ljust(width) + "".join(f"  {sum(counts.values()):>15}" for _name, counts in columns))
        if total.no_place:
            self._say("\nWithout a place in the record, not stored:")
            for (kind, reason), count in sorted(total.no_place.items()):
                self._say(f"  {count} {kind}: {reason}")
        if total.marked:
            self._say("\nStored, with a mark:")
            for (kind, what), count in sorted(total.marked.items()):
                self._say(f"  {count} {kind}: {what}")
        if total.notes:
            self._say("\nTo know:")
            for note in total.notes:
                self._say(f"  {note}")
            if total.more_notes:
                self._say(f"  … and {total.more_notes} more")
        self._say("")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _as_typed(path: str) -> str:
    """`bin/hms` works from any directory and runs its commands in the project's: a path that is not
    below that one is looked for where it was typed."""
    typed_in = os.path.join(os.environ.get("PWD", ""), path)
    return typed_in if not os.path.exists(path) and os.path.exists(typed_in) else path


def _facility(code: str | None) -> Facility:
    facilities = Facility.objects.order_by("created_at", "code")
    if code:
        found = facilities.filter(code=code.upper()).first()
        if found is None:
            known = ", ".join(facilities.values_list("code", flat=True)) or "none yet"
            raise CommandError(f"There is no facility {code}. Facilities: {known}.")
        return found
    first = facilities.first()
    if first is None:
        raise CommandError("There is no facility yet. Make the first one, then import.")
    return first
