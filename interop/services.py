"""Bringing bundles in: one group of files, one transaction, all of it or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.db.models import Q

from hms.core import audit, clock
from hms.core.models import Department, Facility, User
from hms.core.refusals import Refused
from interop.fhir import checking, mapping, references, values
from interop.fhir.mapping import MAPPED, NoPlace, Person, Rows, Surroundings
from interop.fhir.reading import Broken, Entry
from interop.fhir.references import Pointer
from interop.models import SourceRecord, UnresolvedReference
from laboratory.models import DiagnosticReport
from patients import names
from patients.models import (
    Allergy,
    Condition,
    Contact,
    Encounter,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    PatientFacility,
    PatientIdentifier,
    Procedure,
)
from patients.models import CarePlan as CarePlanRow
from patients.services import registration
from staff import services as staff

PATIENT, ENCOUNTER, EMPLOYEE = "patients.patient", "patients.encounter", "staff.employee"
# These are the same person or house when an identifier is the same.
KNOWN_BY_NUMBER = {"Practitioner", "Organization", "Location"}
# Parents before children.
SAVED_IN_ORDER = [
    Encounter,
    Observation,
    Condition,
    Allergy,
    MedicationStatement,
    Immunization,
    Procedure,
    CarePlanRow,
    DiagnosticReport,
]
BATCH = 1000
NOTES = 40


@dataclass
class Tally:
    """What happened, for each type of resource."""

    read: Counter[str] = field(default_factory=Counter)
    added: Counter[str] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    no_place: Counter[tuple[str, str]] = field(default_factory=Counter)
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
        for name in ("read", "added", "here", "changed", "no_place", "unresolved", "refused"):
            getattr(self, name).update(getattr(other, name))
        for line in other.notes:
            self.note(line)
        self.more_notes += other.more_notes

    def as_detail(self) -> dict[str, dict[str, int]]:
        return {name: dict(getattr(self, name)) for name in ("read", "added", "here", "changed", "unresolved")}


@dataclass
class Target:
    """What a pointer leads to: rows here, or a name without a row."""

    type: str
    objects: list[tuple[str, UUID]]
    display: str = ""
    code: str = ""


@dataclass
class Import:
    """One group of files on its way in. `bring_in` runs it; the mapping asks it what surrounds a resource."""

    actor: User
    facility: Facility
    entries: list[Entry]
    source: str = ""
    strict: bool = False
    # Whether a later file of the same call has one of these names.
    comes_later: Callable[[Iterable[str]], bool] = lambda words: False
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.zone = clock.zone(self.facility)
        self.today: date = clock.today(self.facility)
        self.now = clock.now()
        self.local: dict[str, Target | None] = {}
        self.stored: dict[str, list[SourceRecord]] = defaultdict(list)
        self.by_key: dict[tuple[str, str], list[SourceRecord]] = defaultdict(list)
        self.visits: dict[UUID, tuple[UUID, datetime]] = {}
        self.pointers: dict[int, list[Pointer]] = {}
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
        pointer = self._pointer(entry, subject)
        if pointer is None:
            raise NoPlace("about nobody")
        if pointer.type and pointer.type != "Patient":
            raise NoPlace(f"about a {pointer.type}, not a patient")
        target = self._follow(pointer)
        if target is None:
            raise Broken(f"{subject}: {pointer.text} is in none of these files and was not imported before", entry)
        if not target.objects or target.objects[0][0] != PATIENT:
            raise NoPlace(f"about a {target.type}, not a patient")
        patient_id = target.objects[0][1]
        visit = self.first(entry, encounter, ENCOUNTER) if encounter else None
        if visit is None:
            return Surroundings(patient_id, None, None)
        whose, started = self.visits[visit]
        if whose != patient_id:
            raise Broken(f"{encounter}: is a visit of another patient", entry)
        return Surroundings(patient_id, visit, started)

    def first(self, entry: Entry, path: str, object_type: str) -> UUID | None:
        return next(iter(self.every(entry, path, object_type)), None)

    def every(self, entry: Entry, path: str, object_type: str) -> list[UUID]:
        found: list[UUID] = []
        for pointer in self.pointers.get(id(entry), []):
            if pointer.field == path and (target := self._follow(pointer)):
                found += [key for kind, key in target.objects if kind == object_type]
        return list(dict.fromkeys(found))

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
        pointer = self._pointer(entry, "medicationReference")
        target = self._follow(pointer) if pointer else None
        if target and target.display:
            return values.Concept(target.display, target.code)
        return values.Concept((reference.get("display") or "").strip())

    # ---- following pointers ----------------------------------------------------------------------

    def _pointer(self, entry: Entry, path: str) -> Pointer | None:
        return next((p for p in self.pointers.get(id(entry), []) if p.field == path), None)

    def _follow(self, pointer: Pointer) -> Target | None:
        """Within these files first, then in what was imported before. None: nowhere, or not to one thing."""
        for word in pointer.candidates:
            if word in self.local:
                return self.local[word]
        for word in pointer.candidates:
            if word in self.stored:
                return _one_target(self.stored[word])
        if pointer.type in ("", "Patient") and pointer.conditional:
            return self._patient_by_number(pointer)
        return None

    def _patient_by_number(self, pointer: Pointer) -> Target | None:
        """A patient who was never imported but has the number that is asked for."""
        for word in pointer.candidates:
            system, _bar, value = word.partition("?")[2].rpartition("|")
            patient_id = self.numbers.get((system, value))
            if patient_id:
                return Target("Patient", [(PATIENT, patient_id)])
        return None

    def _look_up(self) -> None:
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
            if entry.type in MAPPED or entry.type == "PractitionerRole":
                found = list(references.all_of(entry.resource, base=entry.base, source=self.source))
                self.pointers[id(entry)] = found
                for pointer in found:
                    words.update(pointer.candidates)
                    if pointer.conditional and pointer.type in ("", "Patient"):
                        for word in pointer.candidates:
                            system, _bar, value = word.partition("?")[2].rpartition("|")
                            numbers.add((system, value))
        own = {entry.key for entry in self.entries}
        outside = words - {alias for entry in self.entries for alias in entry.aliases} | own
        outside |= {a for e in self.entries if e.type in KNOWN_BY_NUMBER or e.type == "Patient" for a in e.aliases}
        seen: set[UUID] = set()
        for batch in _batches(sorted(outside)):
            for record in SourceRecord.objects.known_as(batch).order_by("part", "id"):
                if record.pk in seen:
                    continue
                seen.add(record.pk)
                self.by_key[record.resource_type, record.key].append(record)
                for word in record.aliases:
                    self.stored[word].append(record)
        visits = {r.object_id for group in self.stored.values() for r in group if r.object_type == ENCOUNTER}
        for row in Encounter.objects.filter(pk__in=visits).values_list("pk", "patient_id", "started_at"):
            self.visits[row[0]] = (row[1], row[2])
        self.numbers: dict[tuple[str, str], UUID] = {}
        for batch in _batches(sorted({value for _system, value in numbers})):
            rows = PatientIdentifier.objects.filter(value__in=batch).values_list("system", "value", "patient_id")
            self.numbers.update({(s, v): patient for s, v, patient in rows if (s, v) in numbers})

    # ---- reading ---------------------------------------------------------------------------------

    def read(self) -> None:
        """Turn every entry into rows in memory. Writes nothing."""
        for entry in self.entries:
            checking.check(entry)
            self.tally.read[entry.type] += 1
        self._look_up()
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
            self._offer(entry, Target(kind, []))
            return
        sha256 = entry.sha256()
        if known := self.by_key.get((kind, entry.key)):
            self._recognize(entry, known, sha256)
            return
        if (kind, entry.key) in self.taken:
            self._twice(entry, self.taken[kind, entry.key] == sha256)
            return
        self.taken[kind, entry.key] = sha256
        if kind == "Patient":
            self._take_patient(entry, sha256)
        elif kind in KNOWN_BY_NUMBER and (target := self._same_number(entry)):
            self._offer(entry, target)
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
        target = _one_target(known)
        if entry.type == "Patient" and target and target.objects:
            self._same_person_or_refuse(entry, target.objects[0][1])
            self.met.add(target.objects[0][1])
        self._offer(entry, target)
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
        pointer = self._pointer(entry, "subject") or self._pointer(entry, "patient")
        target = self._follow(pointer) if pointer else None
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

    def _same_person_or_refuse(self, entry: Entry, patient_id: UUID) -> None:
        born = entry.resource.get("birthDate") or ""
        known = Patient.objects.only("birth_date").get(pk=patient_id)
        if born and not str(known.birth_date).startswith(born):
            raise Broken(
                "has the id of a patient imported before, and another birth date."
                " If the files come from another system, say which with --source NAME",
                entry,
            )

    def _same_number(self, entry: Entry) -> Target | None:
        for word in entry.aliases:
            if word.startswith(f"{entry.type}?"):
                if self.local.get(word):
                    return self.local[word]
                if word in self.stored and (target := _one_target(self.stored[word])):
                    return target
        return None

    def _take_patient(self, entry: Entry, sha256: str) -> None:
        found = mapping.person(entry, self)
        match = self._patient_here(entry, found)
        if match:
            found.id, found.is_new = match, False
            self.met.add(match)
            self.tally.here["Patient"] += 1
            self._offer(entry, Target("Patient", [(PATIENT, found.id)]))
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
        candidates = {self.numbers[pair] for pair in pairs if pair in self.numbers}
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
            pointer = self._pointer(entry, "practitioner")
            target = self._follow(pointer) if pointer else None
            objects = target.objects[:1] if target else []
        self.tally.no_place[entry.type, "kept as a name"] += 1
        self._offer(entry, Target(entry.type, objects, name.text, name.code))
        self._remember(entry, sha256, objects, name.text, name.code)

    def _take_record(self, entry: Entry, sha256: str) -> None:
        try:
            rows = MAPPED[entry.type](entry, self)
        except NoPlace as reason:
            self.tally.no_place[entry.type, str(reason)] += 1
            self._offer(entry, Target(entry.type, []))
            return
        self.made.append((entry, rows))
        if rows.no_known_allergies:
            self.no_allergies.add(rows.no_known_allergies)
            objects = [(PATIENT, rows.no_known_allergies)]
        else:
            objects = [(row._meta.label_lower, row.pk) for row in rows.rows]
        if entry.type == "Encounter":
            self.visits[rows.rows[0].pk] = (rows.rows[0].patient_id, rows.rows[0].started_at)
        self._added(entry, sha256, objects)

    def _added(self, entry: Entry, sha256: str, objects: list[tuple[str, UUID]]) -> None:
        self.tally.added[entry.type] += 1
        self._offer(entry, Target(entry.type, objects))
        self._remember(entry, sha256, objects)

    def _offer(self, entry: Entry, target: Target | None) -> None:
        """Let the other resources of these files point at this one."""
        for word in entry.aliases:
            # A name that two different things share leads nowhere.
            if word in self.local and target and self.local[word] and self.local[word].objects != target.objects:
                self.local[word] = None
            elif word not in self.local:
                self.local[word] = target

    def _remember(
        self, entry: Entry, sha256: str, objects: list[tuple[str, UUID]], display: str = "", code: str = ""
    ) -> None:
        for part, (object_type, object_id) in enumerate(objects or [("", None)]):
            self.records.append(
                SourceRecord(
                    facility=self.facility,
                    source=self.source,
                    resource_type=entry.type,
                    key=entry.key,
                    part=part,
                    aliases=entry.aliases,
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
            for pointer in self.pointers.get(id(entry), []):
                name = (pointer.field[:100], pointer.text)
                if name in seen or self._follow(pointer) is not None:
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

    # ---- writing ---------------------------------------------------------------------------------

    def write(self) -> None:
        """Store it. People go through the services of their departments, so that they are numbered and
        recorded like everybody; then the rows, parents before children."""
        real = dict(self._register(person) for person in self.people)
        real |= self._employ()
        new_here = self._make_known({real.get(patient_id, patient_id) for patient_id in self.met})
        by_model: dict[type[models.Model], list[Any]] = defaultdict(list)
        for _entry, rows in self.made:
            for row in rows.rows:
                row.patient_id = real.get(row.patient_id, row.patient_id)
                if isinstance(row, Encounter):
                    row.attending_id = real.get(row.attending_id, row.attending_id)
                by_model[type(row)].append(row)
        for model in SAVED_IN_ORDER:
            model.objects.bulk_create(by_model[model], batch_size=BATCH)
        through = DiagnosticReport.observations.through
        through.objects.bulk_create(
            [
                through(diagnosticreport_id=rows.rows[0].pk, observation_id=key)
                for _entry, rows in self.made
                for key in rows.observations
            ],
            batch_size=BATCH,
        )
        allergic = {row.patient_id for row in by_model[Allergy] if row.active and not row.entered_in_error}
        Patient.objects.filter(pk__in=allergic).update(no_known_allergies=False)
        free = {real.get(key, key) for key in self.no_allergies} - allergic
        with_allergies = Allergy.objects.valid().filter(active=True, patient_id__in=free).values("patient_id")
        Patient.objects.filter(pk__in=free).exclude(pk__in=with_allergies).update(no_known_allergies=True)
        for record in self.records:
            record.object_id = real.get(record.object_id, record.object_id)
        SourceRecord.objects.bulk_create(self.records, batch_size=BATCH)
        UnresolvedReference.objects.bulk_create(self.lost, batch_size=BATCH)
        if not (self.records or new_here):
            return  # all of it was here already: nothing was done
        who = {real.get(person.id, person.id) for person in self.people}
        audit.record(
            self.actor,
            "interop.fhir.imported",
            patient_id=next(iter(who)) if len(who) == 1 else None,
            detail=self.tally.as_detail(),
        )

    def _register(self, person: Person) -> tuple[UUID, UUID]:
        """Open a record for a new patient; give one who is here the numbers they do not have yet."""
        planned, numbers = person.id, dict.fromkeys(person.identifiers)
        if person.is_new:
            try:
                patient = registration.register(self.actor, duplicates_seen=True, **person.details)
            except Refused as refusal:
                raise Broken(str(refusal), person.entry) from None
            extra = self._extra(patient, person)
            if extra:
                Patient.objects.filter(pk=patient.pk).update(**extra)
            patient_id = patient.pk
        else:
            patient_id = planned
        taken = set()
        for pair in numbers:
            owner = self.numbers.setdefault(pair, patient_id)
            if owner != patient_id:
                taken.add(pair)
                self.tally.note(
                    f"{person.entry.file} {person.entry.where}: its number of {pair[0]} belongs to another patient;"
                    " it was not given twice"
                )
        had = set(PatientIdentifier.objects.filter(patient_id=patient_id).values_list("system", "value"))
        PatientIdentifier.objects.bulk_create(
            PatientIdentifier(patient_id=patient_id, system=system, value=value)
            for system, value in numbers
            if (system, value) not in taken | had
        )
        if person.is_new:
            Contact.objects.bulk_create(Contact(patient_id=patient_id, **contact) for contact in person.contacts)
        return planned, patient_id

    def _make_known(self, patients: set[UUID]) -> int:
        """Patients of the network who were registered elsewhere are known to this facility from now on."""
        known = PatientFacility.objects.filter(facility=self.facility, patient_id__in=patients)
        new = patients - set(known.values_list("patient_id", flat=True))
        PatientFacility.objects.bulk_create(
            PatientFacility(patient_id=patient_id, facility=self.facility, added_by=self.actor) for patient_id in new
        )
        return len(new)

    def _extra(self, patient: Patient, person: Person) -> dict[str, Any]:
        extra: dict[str, Any] = {}
        if person.other_names:
            # Found under every name they ever had.
            more = names.tokens(" ".join(person.other_names))
            extra["name_tokens"] = list(dict.fromkeys([*patient.name_tokens, *more]))
        if person.deceased_at or person.died_when_unknown:
            extra["deceased_at"] = person.deceased_at or self.now
            if not person.deceased_at:
                self.tally.note(
                    f"{person.entry.file} {person.entry.where}: died, nobody says when;"
                    " the day of the import stands for it"
                )
        if person.inactive:
            extra |= {"active": False, "inactive_reason": "not in use at the source"}
        return extra

    def _employ(self) -> dict[UUID, UUID]:
        """People who work elsewhere: employees of the department "External" without a sign-in, who have
        left on the day they came, so that nobody can plan, book or pay them."""
        if not self.colleagues:
            return {}
        department, _made = Department.objects.get_or_create(
            facility=self.facility, code="external", defaults={"name": "External", "active": False}
        )
        real = {}
        for colleague in self.colleagues:
            employee = staff.hire(self.actor, department=department, hired_on=self.today, **colleague.details)
            staff.leave(self.actor, employee_id=employee.pk, left_on=self.today, reason="works elsewhere")
            real[colleague.id] = employee.pk
        return real


def bring_in(
    actor: User,
    *,
    entries: list[Entry],
    source: str = "",
    strict: bool = False,
    comes_later: Callable[[Iterable[str]], bool] = lambda words: False,
) -> Tally:
    """Store what these entries say at the actor's facility: all of them, or none.

    Raises Broken, naming the entry and the reason. What was stored before is recognized and left as it
    is. Locks: the facility's counters of MRNs and staff numbers, while it writes.
    """
    work = Import(actor, actor.facility, entries, source, strict, comes_later)
    try:
        with transaction.atomic():
            work.read()
            work.find_lost()
            work.write()
    except DatabaseError as error:
        raise Broken(f"the database refuses it: {str(error).splitlines()[0]}") from error
    return work.tally


@transaction.atomic
def follow_again(actor: User) -> int:
    """Follow every pointer that led nowhere until now; how many lead somewhere. Locks: their rows."""
    found = 0
    waiting = UnresolvedReference.objects.filter(resolved_at=None).exclude(candidates=[]).order_by("id")
    last = None
    while rows := list(
        (waiting.filter(pk__gt=last) if last else waiting)
        .select_related("record")
        .select_for_update(of=("self",))[:BATCH]
    ):
        last = rows[-1].pk
        stored: dict[str, list[SourceRecord]] = defaultdict(list)
        for record in SourceRecord.objects.known_as(sorted({word for row in rows for word in row.candidates})):
            for word in record.aliases:
                stored[word].append(record)
        for row in rows:
            records = next((stored[word] for word in row.candidates if word in stored), [])
            if records and (target := _one_target(records)):
                _connect(row, target)
                row.resolved_at = clock.now()
                row.save(update_fields=["resolved_at"])
                found += 1
    if found:
        audit.record(actor, "interop.fhir.references_found", detail={"count": found})
    return found


def _connect(row: UnresolvedReference, target: Target) -> None:
    """Fill the empty field of the row here, where it has one for this pointer."""
    record = row.record
    if record.object_id is None:
        return
    keys = {kind: [key for k, key in target.objects if k == kind] for kind, _key in target.objects}
    if record.object_type == ENCOUNTER and row.field == "participant.individual" and keys.get(EMPLOYEE):
        Encounter.objects.filter(pk=record.object_id, attending=None).update(attending=keys[EMPLOYEE][0])
    elif record.object_type == ENCOUNTER and row.field == "partOf" and keys.get(ENCOUNTER):
        Encounter.objects.filter(pk=record.object_id, part_of=None).update(part_of=keys[ENCOUNTER][0])
    elif row.field in ("encounter", "context") and keys.get(ENCOUNTER):
        visit = Encounter.objects.get(pk=keys[ENCOUNTER][0])
        parts = SourceRecord.objects.filter(
            source=record.source, resource_type=record.resource_type, key=record.key
        ).values_list("object_type", "object_id")
        for model in SAVED_IN_ORDER[1:]:
            mine = [key for kind, key in parts if kind == model._meta.label_lower]
            model.objects.filter(pk__in=mine, encounter=None, patient_id=visit.patient_id).update(encounter=visit)
    elif record.object_type == "laboratory.diagnosticreport" and row.field == "result":
        report = DiagnosticReport.objects.get(pk=record.object_id)
        mine = Observation.objects.filter(Q(pk__in=keys.get("patients.observation", [])), patient=report.patient_id)
        report.observations.add(*mine)


def _one_target(records: list[SourceRecord]) -> Target | None:
    """What these records stand for; None where they are two different things."""
    groups: dict[tuple[str, str, str], list[SourceRecord]] = defaultdict(list)
    for record in records:
        groups[record.source, record.resource_type, record.key].append(record)
    targets = []
    for group in groups.values():
        group.sort(key=lambda r: r.part)
        objects = [(r.object_type, r.object_id) for r in group if r.object_id]
        targets.append(Target(group[0].resource_type, objects, group[0].display, group[0].code))
    if any(target.objects != targets[0].objects for target in targets):
        return None
    return targets[0]


def _medicine_name(resource: dict[str, Any]) -> values.Concept:
    return values.concept(resource.get("code"))


def _batches(words: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(words), BATCH):
        yield words[start : start + BATCH]
