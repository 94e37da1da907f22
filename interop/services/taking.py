"""From entries to rows in memory: what is here already, what is new, what it points at. Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.apps import apps

from hms.core import clock
from hms.core.models import Facility, User
from interop.fhir import checking, mapping, references, values
from interop.fhir.mapping import MAPPED, NoPlace, Person, Rows, Surroundings
from interop.fhir.reading import Broken, Entry
from interop.models import SourceRecord, UnresolvedReference
from interop.services.known import KNOWN_BY_NUMBER, Known, system_and_value
from interop.services.tally import Tally
from interop.services.targets import EMPLOYEE, ENCOUNTER, PATIENT, Target, one_target
from patients import names
from patients.models import Patient


@dataclass
class Taking:
    """One group of files turned into rows in memory. The mapping asks it what surrounds a resource."""

    actor: User
    facility: Facility
    entries: list[Entry]
    source: str = ""
    strict: bool = False
    # Whether a later file of the same call has one of these names.
    comes_later: Callable[[Iterable[str]], bool] = lambda words: False
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        # Questions to a server, among the resources of a transaction: nothing to store, and said so.
        for entry in self.entries:
            if entry.asks:
                self.tally.read[entry.type] += 1
                self.tally.no_place[entry.type, "asks a server for an answer, brings nothing"] += 1
        self.entries = [entry for entry in self.entries if not entry.asks]
        self.zone = clock.zone(self.facility)
        self.today: date = clock.today(self.facility)
        self.now = clock.now()
        self.known = Known(self.entries, self.source)
        self.taken: dict[tuple[str, str], str] = {}
        self.recognized: list[Entry] = []
        self.people: list[Person] = []
        self.met: set[UUID] = set()  # patients who are here already
        self.colleagues: list[mapping.Colleague] = []
        self.made: list[tuple[Entry, Rows]] = []
        self.records: list[SourceRecord] = []
        self.lost: list[UnresolvedReference] = []
        self.no_allergies: set[UUID] = set()

    # ---- what the mapping asks -------------------------------------------------------------------

    def around(self, entry: Entry, subject: str = "subject", encounter: str = "encounter") -> Surroundings:
        pointer = self.known.pointer(entry, subject)
        if pointer is None:
            raise NoPlace("about nobody")
        if pointer.type and pointer.type != "Patient":
            raise NoPlace(f"about a {pointer.type}, not a patient")
        target = self.known.follow(pointer)
        if target is None:
            raise Broken(f"{subject}: {pointer.text} is in none of these files and was not imported before", entry)
        if not target.objects or target.objects[0][0] != PATIENT:
            raise NoPlace(f"about a {target.type}, not a patient")
        patient_id = target.objects[0][1]
        visit = self.first(entry, encounter, ENCOUNTER) if encounter else None
        if visit is None:
            return Surroundings(patient_id, None, None)
        whose, started = self.known.visits[visit]
        if whose != patient_id:
            raise Broken(f"{encounter}: is a visit of another patient", entry)
        return Surroundings(patient_id, visit, started)

    def first(self, entry: Entry, path: str, object_type: str) -> UUID | None:
        return next(iter(self.every(entry, path, object_type)), None)

    def every(self, entry: Entry, path: str, object_type: str) -> list[UUID]:
        return self.known.every(entry, path, object_type)

    def mark(self, entry: Entry, what: str) -> None:
        self.tally.marked[entry.type, what] += 1

    def medicine(self, entry: Entry) -> values.Concept:
        """The medicine itself, or the Medication that is pointed at."""
        resource = entry.resource
        if found := values.concept(resource.get("medicationCodeableConcept")):
            return found
        reference = resource.get("medicationReference") or {}
        if str(reference.get("reference", "")).startswith("#"):
            for inside in resource.get("contained") or []:
                if inside.get("id") == reference["reference"][1:]:
                    return _medicine_name(inside)
        pointer = self.known.pointer(entry, "medicationReference")
        target = self.known.follow(pointer) if pointer else None
        if target and target.display:
            return values.Concept(target.display, target.code)
        return values.Concept((reference.get("display") or "").strip())

    # ---- reading ---------------------------------------------------------------------------------

    def read(self) -> None:
        """Turn every entry into rows in memory. Writes nothing."""
        for entry in self.entries:
            checking.check(entry)
            self.tally.read[entry.type] += 1
        self.known.look_up()
        rest = len(mapping.ORDER)
        for entry in sorted(self.entries, key=lambda e: mapping.ORDER.get(e.type, rest)):
            try:
                self._take(entry)
            except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
                raise Broken(f"cannot be read: {error}"[:300], entry) from error
        for entry, rows in self.made:
            if entry.type == "Encounter" and rows.rows:
                rows.rows[0].part_of_id = self.first(entry, "partOf", ENCOUNTER)

    def _take(self, entry: Entry) -> None:
        kind = entry.type
        if kind not in mapping.ORDER:
            self.tally.no_place[kind, "no place yet"] += 1
            self.known.offer(entry, Target(kind, []))
            return
        sha256 = entry.sha256()
        if known := self.known.by_key.get((kind, entry.key)):
            self._recognize(entry, known, sha256)
            return
        if (kind, entry.key) in self.taken:
            self._twice(entry, self.taken[kind, entry.key] == sha256)
            return
        self.taken[kind, entry.key] = sha256
        if entry.if_none_exist and self._exists(entry, sha256):
            return
        if kind == "Patient":
            self._take_patient(entry, sha256)
        elif kind in KNOWN_BY_NUMBER and (target := self.known.same_number(entry)):
            self.known.offer(entry, target)
            self._remember(entry, sha256, target.objects, target.display, target.code)
            (self.tally.here if kind == "Practitioner" else self.tally.no_place)[
                kind if kind == "Practitioner" else (kind, "kept as a name")
            ] += 1
        elif kind == "Practitioner":
            found = mapping.colleague(entry, self)
            self.colleagues.append(found)
            self._added(entry, sha256, [(EMPLOYEE, found.id)])
        elif kind in mapping.POINTED_AT:
            self._take_name(entry, sha256)
        else:
            self._take_record(entry, sha256)

    def _recognize(self, entry: Entry, known: list[SourceRecord], sha256: str) -> None:
        target = one_target(known)
        if entry.type == "Patient" and target and target.objects:
            self._same_person_or_refuse(entry, target.objects[0][1])
            self.met.add(target.objects[0][1])
        self.known.offer(entry, target)
        if entry.type in mapping.POINTED_AT:
            self.tally.no_place[entry.type, "kept as a name"] += 1
            return
        if known[0].sha256 != sha256 and entry.type in MAPPED:
            self._same_patient_or_refuse(entry, known[0])
        self.recognized.append(entry)
        self._twice(entry, known[0].sha256 == sha256)

    def _twice(self, entry: Entry, same: bool) -> None:
        """It was seen before, in these files or in earlier ones: the first version stays."""
        if same:
            self.tally.here[entry.type] += 1
        else:
            self.tally.changed[entry.type] += 1
            self.tally.note(f"{entry.file} {entry.where}: has changed since it was first read; the first is kept")

    def _same_patient_or_refuse(self, entry: Entry, record: SourceRecord) -> None:
        """Two systems may both have an Observation/1: the second must not pass for a new version of the first."""
        pointer = self.known.pointer(entry, "subject") or self.known.pointer(entry, "patient")
        target = self.known.follow(pointer) if pointer else None
        if target is None or record.object_id is None or record.object_type == PATIENT:
            return
        model = apps.get_model(record.object_type)
        whose = model.objects.values_list("patient_id", flat=True).get(pk=record.object_id)
        if (PATIENT, whose) not in target.objects:
            raise Broken(
                "has the id of one imported before, and is about another patient."
                " If the files come from another system, say which with --source NAME",
                entry,
            )

    def _same_person_or_refuse(self, entry: Entry, patient_id: UUID, has: str = "has the id of") -> None:
        born = entry.resource.get("birthDate") or ""
        new = [person.details["birth_date"] for person in self.people if person.id == patient_id and person.is_new]
        known = new[0] if new else Patient.objects.values_list("birth_date", flat=True).get(pk=patient_id)
        if born and not str(known).startswith(born):
            raise Broken(
                f"{has} a patient who is here already, and another birth date."
                " If the files come from another system, say which with --source NAME",
                entry,
            )

    def _exists(self, entry: Entry, sha256: str) -> bool:
        """A conditional create (`ifNoneExist`): whether what it asks for is here, so that nothing is made.

        A patient who has the number and another birth date is no match and no second patient: refused.
        """
        if not entry.condition:
            self.tally.note(
                f"{entry.file} {entry.where}: ifNoneExist “{entry.if_none_exist[:80]}” does not ask for one"
                " identifier; it was taken as a plain create"
            )
            return False
        words = [word for word in entry.condition if word in self.known.local or word in self.known.stored]
        targets = [
            self.known.local[word] if word in self.known.local else one_target(self.known.stored[word])
            for word in words
        ]
        if entry.type == "Patient" and not targets:
            asked = [system_and_value(word) for word in entry.condition]
            here = [self.known.numbers[number] for number in asked if number in self.known.numbers]
            targets = [Target("Patient", [(PATIENT, patient_id)]) for patient_id in here]
        if not targets:
            return False
        found = targets[0]
        if found is None or found.type != entry.type:
            raise Broken(f"ifNoneExist: {entry.if_none_exist[:80]} finds more than one thing", entry)
        if entry.type == "Patient":
            self._same_person_or_refuse(entry, found.objects[0][1], "ifNoneExist: asks for the number of")
            if found.objects[0][1] not in {person.id for person in self.people if person.is_new}:
                self.met.add(found.objects[0][1])
        self.known.offer(entry, found)
        self._remember(entry, sha256, found.objects, found.display, found.code)
        if entry.type in mapping.POINTED_AT:
            self.tally.no_place[entry.type, "kept as a name"] += 1
        else:
            self.tally.here[entry.type] += 1
        return True

    def _take_patient(self, entry: Entry, sha256: str) -> None:
        found = mapping.person(entry, self)
        match = self._patient_here(entry, found)
        if match:
            found.id, found.is_new = match, False
            self.met.add(match)
            self.tally.here["Patient"] += 1
            self.known.offer(entry, Target("Patient", [(PATIENT, found.id)]))
            self._remember(entry, sha256, [(PATIENT, found.id)])
        else:
            if not found.details["family_name"]:
                raise Broken("name: is missing; a patient is registered under a name", entry)
            if not found.details["birth_date"]:
                raise Broken("birthDate: is missing; a patient is registered with a birth date", entry)
            self._added(entry, sha256, [(PATIENT, found.id)])
        self.people.append(found)

    def _patient_here(self, entry: Entry, found: Person) -> UUID | None:
        """The patient who has one of these numbers. A number alone is not enough, people and generators
        share and mistype them: the birth date and a given name must agree too."""
        pairs = references.identifiers(entry.resource)
        candidates = {self.known.numbers[pair] for pair in pairs if pair in self.known.numbers}
        born = entry.resource.get("birthDate") or ""
        given = set(names.tokens(found.details["given_name"]))
        agreed = [
            patient.pk
            for patient in Patient.objects.filter(pk__in=candidates)
            if str(patient.birth_date).startswith(born)
            and (not given or not patient.given_name or given & set(names.tokens(patient.given_name)))
        ]
        agreed += [
            person.id
            for person in self.people
            if set(pairs) & set(person.identifiers)
            and (person.details["birth_date"] == found.details["birth_date"])
            and (not given or given & set(names.tokens(person.details["given_name"])))
        ]
        agreed = list(dict.fromkeys(agreed))
        if len(agreed) > 1:
            raise Broken("identifier: its numbers belong to two patients here; merge them first", entry)
        return agreed[0] if agreed else None

    def _take_name(self, entry: Entry, sha256: str) -> None:
        """An organization, a place, a medicine, a role: known by name, so that pointers at it lead somewhere."""
        resource, objects = entry.resource, []
        name = values.Concept(str(resource.get("name") or "").strip())
        if entry.type == "Medication":
            name = _medicine_name(resource)
        elif entry.type == "PractitionerRole":
            pointer = self.known.pointer(entry, "practitioner")
            target = self.known.follow(pointer) if pointer else None
            objects = target.objects[:1] if target else []
        self.tally.no_place[entry.type, "kept as a name"] += 1
        self.known.offer(entry, Target(entry.type, objects, name.text, name.code))
        self._remember(entry, sha256, objects, name.text, name.code)

    def _take_record(self, entry: Entry, sha256: str) -> None:
        try:
            rows = MAPPED[entry.type](entry, self)
        except NoPlace as reason:
            self.tally.no_place[entry.type, str(reason)] += 1
            self.known.offer(entry, Target(entry.type, []))
            return
        self.made.append((entry, rows))
        if rows.no_known_allergies:
            self.no_allergies.add(rows.no_known_allergies)
            objects = [(PATIENT, rows.no_known_allergies)]
        else:
            objects = [(row._meta.label_lower, row.pk) for row in rows.rows]
        if entry.type == "Encounter":
            self.known.visits[rows.rows[0].pk] = (rows.rows[0].patient_id, rows.rows[0].started_at)
        self._added(entry, sha256, objects)

    def _added(self, entry: Entry, sha256: str, objects: list[tuple[str, UUID]]) -> None:
        self.tally.added[entry.type] += 1
        self.known.offer(entry, Target(entry.type, objects))
        self._remember(entry, sha256, objects)

    def _remember(
        self, entry: Entry, sha256: str, objects: list[tuple[str, UUID]], display: str = "", code: str = ""
    ) -> None:
        # Numbers that lead here already need not be written again with each copy of the same person.
        aliases = [
            word for word in entry.aliases if "?" not in word or word not in self.known.stored or word == entry.key
        ]
        for part, (object_type, object_id) in enumerate(objects or [("", None)]):
            self.records.append(
                SourceRecord(
                    facility=self.facility,
                    source=self.source,
                    resource_type=entry.type,
                    key=entry.key,
                    part=part,
                    aliases=aliases,
                    display=values.fit(display, 300),
                    code=code,
                    object_type=object_type,
                    object_id=object_id,
                    sha256=sha256,
                )
            )

    def find_lost(self) -> None:
        """Pointers that lead nowhere, once everything in these files is known."""
        by_record = {(record.resource_type, record.key): record for record in self.records if record.part == 0}
        for entry in [*(entry for entry, _rows in self.made), *self.recognized]:
            record = by_record.get((entry.type, entry.key))  # none for one imported before
            seen: set[tuple[str, str]] = set()
            for pointer in self.known.pointers.get(id(entry), []):
                name = (pointer.field[:100], pointer.text)
                if name in seen or self.known.follow(pointer) is not None:
                    continue
                seen.add(name)
                if not self.comes_later(pointer.candidates):
                    if self.strict:
                        raise Broken(f"{pointer.field}: {pointer.text} leads nowhere (--strict)", entry)
                    self.tally.unresolved[entry.type] += 1
                if record:
                    self.lost.append(
                        UnresolvedReference(
                            facility=self.facility,
                            record=record,
                            field=name[0],
                            reference=pointer.text,
                            candidates=list(pointer.candidates),
                        )
                    )


def _medicine_name(resource: dict[str, Any]) -> values.Concept:
    return values.concept(resource.get("code"))
