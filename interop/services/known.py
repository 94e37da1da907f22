"""What is known while files are read: what they name themselves, and what was imported before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from interop.fhir import mapping, references
from interop.fhir.mapping import MAPPED
from interop.fhir.reading import Entry
from interop.fhir.references import Pointer
from interop.models import SourceRecord
from interop.services.targets import ENCOUNTER, PATIENT, Target, one_target
from patients.models import Encounter, PatientIdentifier

# These are the same person or house when an identifier is the same.
KNOWN_BY_NUMBER = {"Practitioner", "Organization", "Location"}
BATCH = 1000


@dataclass
class Known:
    """The names that lead somewhere, and where the pointers of one group of files lead."""

    entries: list[Entry]
    source: str
    local: dict[str, Target | None] = field(default_factory=dict)
    stored: dict[str, list[SourceRecord]] = field(default_factory=lambda: defaultdict(list))
    by_key: dict[tuple[str, str], list[SourceRecord]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[UUID, tuple[UUID, datetime]] = field(default_factory=dict)
    numbers: dict[tuple[str, str], UUID] = field(default_factory=dict)
    pointers: dict[int, list[Pointer]] = field(default_factory=dict)

    def look_up(self) -> None:
        """Everything that these files may match or point at, in a handful of queries."""
        words: set[str] = set()
        numbers: set[tuple[str, str]] = set()
        for entry in self.entries:
            words.add(entry.key)
            if entry.type in KNOWN_BY_NUMBER or entry.type == "Patient":
                words.update(entry.aliases)
            if entry.type == "Patient":
                numbers.update(references.identifiers(entry.resource))
                numbers.update(mapping.identifiers(entry.resource))
            words.update(entry.condition)
            if entry.type == "Patient":
                numbers.update(system_and_value(word) for word in entry.condition)
            if entry.type in MAPPED or entry.type == "PractitionerRole":
                found = list(references.all_of(entry.resource, base=entry.base, source=self.source))
                self.pointers[id(entry)] = found
                for pointer in found:
                    words.update(pointer.candidates)
                    if pointer.conditional and pointer.type in ("", "Patient"):
                        numbers.update(system_and_value(word) for word in pointer.candidates)
        own = {entry.key for entry in self.entries}
        outside = words - {alias for entry in self.entries for alias in entry.aliases} | own
        outside |= {word for entry in self.entries for word in entry.condition}
        outside |= {a for e in self.entries if e.type in KNOWN_BY_NUMBER or e.type == "Patient" for a in e.aliases}
        seen: set[UUID] = set()
        for batch in _batches(sorted(outside)):
            for record in SourceRecord.objects.known_as(batch):
                if record.pk in seen:
                    continue
                seen.add(record.pk)
                self.by_key[record.resource_type, record.key].append(record)
                for word in record.aliases:
                    self.stored[word].append(record)
        visits = {r.object_id for group in self.stored.values() for r in group if r.object_type == ENCOUNTER}
        for row in Encounter.objects.filter(pk__in=visits).values_list("pk", "patient_id", "started_at"):
            self.visits[row[0]] = (row[1], row[2])
        for batch in _batches(sorted({value for _system, value in numbers})):
            rows = PatientIdentifier.objects.filter(
                system__in={s for s, _value in numbers}, value__in=batch
            ).values_list("system", "value", "patient_id")
            self.numbers.update({(s, v): patient for s, v, patient in rows if (s, v) in numbers})

    def every(self, entry: Entry, path: str, object_type: str) -> list[UUID]:
        found: list[UUID] = []
        for pointer in self.pointers.get(id(entry), []):
            if pointer.field == path and (target := self.follow(pointer)):
                found += [key for kind, key in target.objects if kind == object_type]
        return list(dict.fromkeys(found))

    def pointer(self, entry: Entry, path: str) -> Pointer | None:
        return next((p for p in self.pointers.get(id(entry), []) if p.field == path), None)

    def follow(self, pointer: Pointer) -> Target | None:
        """Within these files first, then in what was imported before. None: nowhere, or not to one thing."""
        for word in pointer.candidates:
            if word in self.local:
                return self.local[word]
        for word in pointer.candidates:
            if word in self.stored:
                return one_target(self.stored[word])
        if pointer.type in ("", "Patient") and pointer.conditional:
            return self._patient_by_number(pointer)
        return None

    def _patient_by_number(self, pointer: Pointer) -> Target | None:
        """A patient who was never imported but has the number that is asked for."""
        for word in pointer.candidates:
            if patient_id := self.numbers.get(system_and_value(word)):
                return Target("Patient", [(PATIENT, patient_id)])
        return None

    def same_number(self, entry: Entry) -> Target | None:
        for word in entry.aliases:
            if word.startswith(f"{entry.type}?"):
                if self.local.get(word):
                    return self.local[word]
                if word in self.stored and (target := one_target(self.stored[word])):
                    return target
        return None

    def offer(self, entry: Entry, target: Target | None) -> None:
        """Let the other resources of these files point at this one."""
        for word in entry.aliases:
            # A name that two different things share leads nowhere.
            if word in self.local and target and self.local[word] and self.local[word].objects != target.objects:
                self.local[word] = None
            elif word not in self.local:
                self.local[word] = target


def system_and_value(word: str) -> tuple[str, str]:
    """(system, value) of `Patient?system|value`."""
    system, _bar, value = word.partition("?")[2].rpartition("|")
    return system, value


def _batches(words: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(words), BATCH):
        yield words[start : start + BATCH]
