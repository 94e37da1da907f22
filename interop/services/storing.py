"""Storing one group of files: one transaction, all of it or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import DatabaseError, models, transaction

from hms.core import audit
from hms.core.models import Department, User
from hms.core.refusals import Refused
from interop.fhir.mapping import Person
from interop.fhir.reading import Broken, Entry
from interop.models import SourceRecord, UnresolvedReference
from interop.services.taking import Taking
from interop.services.tally import Tally
from laboratory.models import DiagnosticReport
from patients.models import (
    Allergy,
    CarePlan,
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
from patients.services import registration
from staff import services as staff

# Parents before children.
SAVED_IN_ORDER = [
    Encounter,
    Observation,
    Condition,
    Allergy,
    MedicationStatement,
    Immunization,
    Procedure,
    CarePlan,
    DiagnosticReport,
]
BATCH = 1000


class Storing(Taking):
    """What was taken, written down."""

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
            owner = self.known.numbers.setdefault(pair, patient_id)
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
    work = Storing(actor, actor.facility, entries, source, strict, comes_later)
    try:
        with transaction.atomic():
            work.read()
            work.find_lost()
            work.write()
    except DatabaseError as error:
        raise Broken(f"the database refuses it: {str(error).splitlines()[0]}") from error
    return work.tally
