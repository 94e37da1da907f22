"""What lies on a doctor's desk: the visits of the day, and what is known before a patient comes in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from hms.core import clock
from patients.models import CarePlan, ClinicalNote, Condition, Encounter, Patient
from patients.models.encounter import EncounterKind, EncounterStatus

if TYPE_CHECKING:
    from hms.core.models import User

DAY = 200  # visits of one day, at most
EARLIER = 6  # visits on the timeline
PROBLEMS = 20
UNCLAIMED = timedelta(hours=24)  # how long a visit without a doctor stands on every desk; then in the visits list


@dataclass
class Day:
    """The visits of today, by what they need. `left_open` are those of earlier days that nobody closed;
    `inpatients` lie in the wards, in this doctor's charge."""

    waiting: list[Encounter] = field(default_factory=list)
    consulting: list[Encounter] = field(default_factory=list)
    seen: list[Encounter] = field(default_factory=list)
    unassigned: list[Encounter] = field(default_factory=list)
    left_open: list[Encounter] = field(default_factory=list)
    inpatients: list[Encounter] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not any((self.waiting, self.consulting, self.seen, self.unassigned, self.left_open, self.inpatients))


def of_day(user: User) -> Day:
    """Today's visits of this doctor, their inpatients, and those that wait for any doctor. One query."""
    start, end = clock.day_bounds(user.facility, clock.today(user.facility))
    mine = Q(attending__user=user)
    today = Q(started_at__gte=start, started_at__lt=end)
    anyone = Q(attending=None, started_at__gte=clock.now() - UNCLAIMED)
    signed = ClinicalNote.objects.filter(encounter=OuterRef("pk"), author=user, status="signed")
    rows = (
        Encounter.objects.visible_to(user)
        .exclude(status__in=[EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR])
        .filter((mine & (today | open_visits())) | (anyone & open_visits()))
        .exclude(Q(kind=EncounterKind.INPATIENT) & (Q(attending=None) | ~open_visits()))
        .select_related("patient", "department", "attending")
        .annotate(signed=Case(When(Exists(signed), then=Value(True)), default=Value(False)))
        .order_by("started_at", "id")[:DAY]
    )
    day = Day()
    for visit in rows:
        if visit.kind == EncounterKind.INPATIENT:
            day.inpatients.append(visit)
        elif visit.attending is None:
            day.unassigned.append(visit)
        elif visit.is_open and visit.started_at < start:
            day.left_open.append(visit)
        elif visit.status == EncounterStatus.ARRIVED:
            day.waiting.append(visit)
        elif visit.status == EncounterStatus.IN_PROGRESS:
            day.consulting.append(visit)
        else:
            day.seen.append(visit)
    return day


def open_visits() -> Q:
    return Q(status__in=[EncounterStatus.ARRIVED, EncounterStatus.IN_PROGRESS])


def waiting(user: User) -> int:
    """How many of this doctor's patients wait: the number in the rail."""
    return Encounter.objects.visible_to(user).filter(attending__user=user, status=EncounterStatus.ARRIVED).count()


def problems(user: User, patient: Patient) -> list[Condition]:
    """The problem list, the newest first."""
    rows = (
        Condition.objects.visible_to(user)
        .valid()
        .filter(patient=patient, category="problem-list-item", resolved_on=None)
    )
    return list(rows[:PROBLEMS])


def notes(user: User, encounter: Encounter) -> tuple[ClinicalNote | None, list[ClinicalNote]]:
    """One's own draft for this visit, and what was signed in it, the oldest first. Two queries."""
    rows = (
        encounter.notes.filter(Q(status="draft", author=user) | ~Q(status="draft"))
        .select_related("author")
        .prefetch_related("diagnoses")
        .order_by("created_at")
    )
    draft, signed = None, []
    for note in rows:
        if note.status == "draft":
            draft = note if _holds_something(note) else None
        else:
            signed.append(note)
    return draft, signed


def _holds_something(note: ClinicalNote) -> bool:
    return bool(note.complaint or note.examination or note.assessment or note.plan or note.draft_codes)


def earlier(user: User, encounter: Encounter) -> list[Encounter]:
    """The visits before this one; `said` holds the words of their diagnoses. One query."""
    said = Condition.objects.valid().filter(encounter=OuterRef("pk")).order_by("created_at", "id")
    return list(
        Encounter.objects.visible_to(user)
        .filter(patient=encounter.patient, started_at__lt=encounter.started_at)
        .exclude(status__in=[EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR])
        .select_related("attending")
        .annotate(said=ArraySubquery(said.values("display")[:2]))[:EARLIER]
    )


def plans(user: User, patient: Patient) -> list[CarePlan]:
    """Treatment plans that run, whichever visit they were agreed in."""
    return list(CarePlan.objects.visible_to(user).valid().filter(patient=patient, status="active"))
