"""The audit as the auditor asks for it: whose record, by whom, when, what kind of act, where, from where.

Every question has a period, and an index that begins with what is asked for: at fifty million rows a page is
read off the end of one. A period without a patient, a person or a source is 92 days at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value
from django.http import HttpRequest
from django.utils.translation import gettext as _

from hms.core import actions, clock, roles
from hms.core.lists import Column
from hms.core.models import ActKind, AuditEvent, Facility, User
from patients.models import Patient

DEFAULT = timedelta(days=6)
LONGEST = timedelta(days=92)
NOWHERE, EVERYWHERE = "none", "all"
CHUNK = 2000
REFUSALS = 10


@dataclass(frozen=True)
class Asked:
    """What the auditor asked for. `where`: a facility's id, `none` (rows of no facility: failed sign-ins, tasks), or
    `all` of `reach`, the facilities where the person is auditor."""

    reader: User
    reach: list[Facility]
    first: date
    last: date
    where: str
    kind: str = ""
    person: User | None = None
    source: str = ""
    patient_id: UUID | None = None

    @property
    def order(self) -> tuple[str, str]:
        return ("-moment", "-id") if self.patient_id else ("-at", "-id")

    @property
    def since(self) -> datetime:
        return clock.day_bounds(self.reader.facility, self.first)[0]

    @property
    def until(self) -> datetime:
        return clock.day_bounds(self.reader.facility, self.last)[1]

    def rows(self) -> QuerySet[AuditEvent]:
        """The rows asked for, without an order: give them that of `order`."""
        rows = AuditEvent.objects.filter(at__gte=self.since, at__lt=self.until).order_by()
        if self.where == EVERYWHERE:
            rows = rows.filter(Q(facility__in=self.reach) | Q(facility=None))
        else:
            rows = rows.filter(facility=None if self.where == NOWHERE else self.where)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.person:
            rows = rows.filter(actor=self.person)
        if self.source:
            rows = rows.filter(source=self.source)
        if self.patient_id:
            rows = rows.filter(concerning(self.patient_id)).annotate(moment=UNSORTED)
        return rows

    def parameters(self) -> dict[str, str]:
        """The question as a query string, for the same rows elsewhere."""
        told = {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "where": self.where,
            "kind": self.kind,
            "person": str(self.person.pk) if self.person else "",
            "source": self.source,
            "patient": str(self.patient_id or ""),
        }
        return {name: value for name, value in told.items() if value}


# The moment as no index has it: one patient's rows are few and found by two indexes; sorted by `at`, the planner
# would rather read everybody's rows in order until it has met enough of this patient's.
UNSORTED = ExpressionWrapper(F("at") + Value(timedelta(0)), output_field=DateTimeField())


def concerning(patient_id: UUID) -> Q:
    """Rows of one patient, and lists that showed them."""
    listed = Q(detail__has_key="patients") & Q(detail__contains={"patients": [str(patient_id)]})
    return Q(patient_id=patient_id) | listed


def reach(request: HttpRequest) -> list[Facility]:
    """The facilities where this person reads the audit."""
    found = {
        held.facility_id: held.facility
        for held in request.memberships
        if "core.view_auditevent" in roles.permissions_of([held.role.name])
    }
    return sorted(found.values(), key=lambda facility: facility.name)


def read(request: HttpRequest, patient_id: UUID | None = None) -> Asked:
    """The question of a request: the last seven days of the facility one works in, unless it says otherwise. What
    makes no sense is left out."""
    given, today = request.GET, clock.today(request.user.facility)
    mine = reach(request)
    person = _uuid(given.get("person", ""))
    patient_id = patient_id or _uuid(given.get("patient", ""))
    source = given.get("source", "").strip()[:60]
    narrow = bool(person or patient_id or source)
    last = min(clock.read_day(given.get("last", "")) or today, today)
    first = clock.read_day(given.get("first", "")) or last - DEFAULT
    first, last = min(first, last), max(first, last)
    longest = timedelta(days=366 * settings.AUDIT_YEARS) if narrow else LONGEST
    known = {str(facility.pk) for facility in mine} | {NOWHERE} | ({EVERYWHERE} if narrow else set())
    where = given.get("where", EVERYWHERE if narrow else str(request.user.facility.pk))
    return Asked(
        reader=request.user,
        reach=mine,
        first=max(first, last - longest),
        last=last,
        where=where if where in known else str(request.user.facility.pk),
        kind=given.get("kind", "") if given.get("kind") in ActKind.values else "",
        person=User.objects.filter(pk=person).first() if person else None,
        source=source,
        patient_id=patient_id,
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Line:
    """A row in words. `patient` is None where there is none, or where it is another branch's."""

    event: AuditEvent
    at: datetime
    facility: Facility | None
    patient: Patient | None
    about: str = ""  # what was acted on, where that is no patient's

    @property
    def words(self) -> str:
        return actions.words(self.event.action)

    @property
    def when(self) -> str:
        """To the second, by the clock of the row's facility: a template would show it by the reader's."""
        return f"{self.at:%d %b %Y, %H:%M:%S}"

    @property
    def kind(self) -> str:
        return str(ActKind(self.event.kind).label)

    @property
    def role(self) -> str:
        return ", ".join(roles.label(code) for code in self.event.role.split(", ") if code)

    @property
    def who(self) -> str:
        return self.event.actor_name if self.event.actor_id else str(_("Nobody signed in"))

    @property
    def whom(self) -> str:
        """Whose record, where it is no patient that can be named here."""
        if self.event.patient_id and not self.patient:
            return str(_("Patient of another branch"))
        listed = self.event.detail.get("patients")
        return str(_("%(n)s patients in a list") % {"n": len(listed)}) if listed else ""

    @property
    def which(self) -> str:
        """What was asked for or taken out, where the row says so."""
        detail = self.event.detail
        told = [self.about, roles.label(detail["role"]) if detail.get("role") in roles.ROLES else ""]
        told += [detail.get("route") or detail.get("which") or detail.get("list") or detail.get("kind") or ""]
        told += [detail.get("recipient", ""), detail.get("format", "")]
        return " · ".join(str(each) for each in told if each)


def lines(asked: Asked, rows: Iterable[AuditEvent]) -> list[Line]:
    """Rows in words, in one query for the patients of all of them and one for whatever else they are about. Whoever reads a patient's name has seen them."""
    rows = list(rows)
    ids = {row.patient_id for row in rows if row.patient_id}
    known = {each.pk: each for each in Patient.objects.visible_to(asked.reader).filter(pk__in=ids)} if ids else {}
    places = {facility.pk: facility for facility in asked.reach}
    names = actions.called((row.object_type, row.object_id) for row in rows if not row.patient_id)
    return [
        Line(
            event=row,
            at=clock.local(places.get(row.facility_id) or asked.reader.facility, row.at),
            facility=places.get(row.facility_id),
            patient=known.get(row.patient_id),
            about="" if row.patient_id else names.get((row.object_type, row.object_id), "").strip(),
        )
        for row in rows
    ]


def all_lines(asked: Asked) -> Iterator[Line]:
    """Every row asked for, newest first, so many at a time: for a file."""
    rows = iter(asked.rows().order_by(*asked.order).iterator(chunk_size=CHUNK))
    while chunk := list(islice(rows, CHUNK)):
        yield from lines(asked, chunk)


def columns() -> list[Column]:
    return [
        Column(_("When"), lambda line: line.at.isoformat(timespec="seconds")),
        Column(_("Who"), lambda line: line.who),
        Column(_("Role"), lambda line: line.role),
        Column(_("Facility"), lambda line: line.facility.name if line.facility else ""),
        Column(_("Act"), lambda line: line.words),
        Column(_("Kind"), lambda line: line.kind),
        Column(_("Patient"), lambda line: line.patient.name if line.patient else line.whom),
        Column(_("MRN"), lambda line: line.patient.mrn if line.patient else ""),
        Column(_("Why"), lambda line: line.event.reason),
        Column(_("From"), lambda line: line.event.source),
        Column(_("What"), lambda line: line.which),
        Column(_("Code"), lambda line: line.event.action),
        Column(_("Row"), lambda line: f"{line.event.object_type} {line.event.object_id}".strip()),
        Column(_("Number"), lambda line: line.event.pk),
    ]


def people(asked_by: list[Facility], words: str) -> QuerySet[User]:
    """Who works, or worked, in these facilities and bears these words in their name."""
    found = User.objects.filter(memberships__facility__in=asked_by)
    for word in words.split():
        found = found.filter(Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(username__icontains=word))
    return found.distinct().order_by("last_name", "first_name", "username")


def today(reader: User) -> tuple[dict[str, int], list[Line]]:
    """Today's rows here and of no facility, counted by kind, and the latest refusals."""
    since, _until = clock.day_bounds(reader.facility, clock.today(reader.facility))
    here = AuditEvent.objects.filter(Q(facility=reader.facility) | Q(facility=None), at__gte=since).order_by()
    figures = dict(here.values_list("kind").annotate(Count("id")))
    refused = list(here.filter(kind=ActKind.REFUSAL).order_by("-at", "-id")[:REFUSALS])
    told = [Line(row, clock.local(reader.facility, row.at), reader.facility, None) for row in refused]
    return {kind: figures.get(kind, 0) for kind in ActKind.values}, told


def filename(asked: Asked) -> str:
    return f"audit-{asked.first}-{asked.last}"


def told(asked: Asked) -> dict[str, Any]:
    """What the audit row of an export says of it."""
    return {name: value for name, value in asked.parameters().items() if name != "patient"}
