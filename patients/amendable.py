"""Which entries a patient may ask to have corrected, and who answers for them.

A department registers its own from `ready()`. The list from which an entry is chosen says its kind, its day and its
writer, and nothing of the illness: it is read at the reception.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, Model, OuterRef, Q, QuerySet, Subquery, UUIDField, Value
from django.db.models.functions import Cast
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from hms.core.history import plain
from hms.core.models import Facility, User

MOST = 400  # of each kind: the latest


@dataclass(frozen=True)
class Kind:
    """`permission`: what one needs to write such an entry, and so to answer for it; `day` and `author` are the columns
    of its day and its writer; `patient` the way to the patient's key; `said` a column that tells two of them apart and
    says nothing of the illness; `facility` the way to the facility where it was written, "" for what all of them
    share. One that is not `clinical` is about the person: who keeps such data answers for it."""

    model: type[Model]
    label: Any
    permission: str
    day: str
    author: str
    patient: str
    rows: Q
    said: str
    clinical: bool
    facility: str

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def of(self, patient_id: UUID, facility: Facility) -> QuerySet:
        """The entries of a patient that were written here, or that all facilities share."""
        here = {self.facility: facility} if self.facility else {}
        return self.model._base_manager.filter(self.rows, **{self.patient: patient_id}, **here)

    def reads_as(self, day: datetime | None, author: str, said: str) -> str:
        from hms.core.templatetags.hms import daytime

        return ", ".join(filter(None, [str(self.label), said, daytime(day) if day else "", author]))

    def says(self, row: Any) -> list[str]:
        """What an entry says now, line by line, for whoever decides: its texts, days and choices."""
        found = []
        for field in row._meta.concrete_fields:
            value = getattr(row, field.attname)
            if not field.is_relation and field.name not in UNSAID and value not in (None, "", False):
                words = getattr(row, f"get_{field.name}_display", lambda value=value: plain(value))()
                found.append(f"{capfirst(field.verbose_name)}: {words}")
        return found


# Of an entry, what its page says otherwise or nobody reads.
UNSAID = {"id", "created_at", "system", "entered_in_error", "value", "active", "draft_codes", "saved_at", "signed_at"}

_kinds: dict[str, Kind] = {}


def register(
    model: type[Model],
    *,
    label: Any,
    permission: str,
    day: str,
    author: str = "",
    patient: str = "patient_id",
    rows: Q | None = None,
    said: str = "",
    clinical: bool = True,
    facility: str = "",
) -> None:
    kind = Kind(model, label, permission, day, author, patient, rows or Q(), said, clinical, facility)
    _kinds[kind.name] = kind


# The record in general: whoever writes the clinical record answers for it.
GENERAL_PERMISSION = "patients.change_clinical"


def kinds() -> list[Kind]:
    return list(_kinds.values())


def kind_of(record_type: str) -> Kind | None:
    return _kinds.get(record_type)


def answered_by(user: User, *, clinical: bool) -> list[str]:
    """The kinds of entries for which this person may answer, the record in general ("") among the clinical."""
    found = [kind.name for kind in kinds() if kind.clinical == clinical and user.has_perm(kind.permission)]
    return ["", *found] if clinical and user.has_perm(GENERAL_PERMISSION) else found


def entries(patient_id: UUID, facility: Facility) -> Iterator[tuple[Kind, UUID, str]]:
    """What may be chosen, the latest of each kind first: one query for the entries, one for the names of their writers."""
    queries = []
    for kind in kinds():
        who = Cast(F(kind.author), UUIDField()) if kind.author else Value(None, output_field=UUIDField())
        said = Cast(F(kind.said), CharField()) if kind.said else Value("", output_field=CharField())
        rows = kind.of(patient_id, facility).annotate(
            _kind=Value(kind.name, output_field=CharField()), _day=F(kind.day), _who=who, _said=said
        )
        queries.append(rows.order_by("-_day").values_list("_kind", "pk", "_day", "_who", "_said")[:MOST])
    found = list(queries[0].union(*queries[1:], all=True))
    names = {user.pk: user.name for user in User.objects.filter(pk__in={row[3] for row in found if row[3]})}
    order = {kind.name: place for place, kind in enumerate(kinds())}
    for name, pk, day, who, said in sorted(found, key=lambda row: (order[row[0]], -row[2].timestamp())):
        yield _kinds[name], pk, _kinds[name].reads_as(day, names.get(who, ""), said)


def entry(kind: Kind, patient_id: UUID, record_id: UUID, facility: Facility) -> tuple[Any, User | None, str] | None:
    """The entry of this patient, who wrote it, and how it is called; None where there is no such here."""
    row = kind.of(patient_id, facility).annotate(_day=F(kind.day)).filter(pk=record_id)
    if kind.said:
        row = row.annotate(_said=F(kind.said))
    if kind.author:
        row = row.annotate(_who=Subquery(kind.model._base_manager.filter(pk=OuterRef("pk")).values(kind.author)[:1]))
    found = row.first()
    if found is None:
        return None
    author = User.objects.filter(pk=found._who).first() if kind.author else None
    return found, author, kind.reads_as(found._day, author.name if author else "", getattr(found, "_said", "") or "")


def register_own() -> None:
    """The entries of this floor, in the order in which they are offered."""
    from django.utils.translation import gettext_lazy

    from patients.models import (
        Allergy,
        CarePlan,
        ClinicalNote,
        Condition,
        Immunization,
        MedicationStatement,
        Observation,
        Patient,
        Procedure,
    )

    register(
        Patient, label=gettext_lazy("Who the patient is: name, birth date, address, contacts"),
        permission="patients.change_patient", day="created_at", patient="pk", clinical=False,
    )  # fmt: skip
    register(
        ClinicalNote, label=gettext_lazy("Note"), permission="patients.change_clinical", day="signed_at",
        author="author_id", rows=Q(status="signed"), facility="encounter__facility",
    )  # fmt: skip
    written = {"author": "recorded_by_id", "rows": Q(entered_in_error=False)}
    for model, label, permission in (
        (Allergy, gettext_lazy("Allergy"), "patients.change_allergies"),
        (Condition, gettext_lazy("Problem or diagnosis"), "patients.change_clinical"),
        (MedicationStatement, gettext_lazy("Medicine from elsewhere"), "patients.change_clinical"),
        (CarePlan, gettext_lazy("Treatment plan"), "patients.change_clinical"),
    ):
        register(model, label=label, permission=permission, day="created_at", **written)
    register(
        Immunization, label=gettext_lazy("Vaccine"), permission="patients.record_vitals", day="given_at", **written
    )
    register(
        Procedure, label=gettext_lazy("Procedure"), permission="patients.change_clinical", day="performed_at", **written
    )
    register(
        Observation, label=gettext_lazy("Vital sign"), permission="patients.record_vitals", day="observed_at",
        said="display", author="recorded_by_id", rows=Q(entered_in_error=False, category="vital-signs"),
    )  # fmt: skip


def general() -> str:
    return _("The record in general")
