"""The latest vital signs with their recent course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.translation import gettext as _

from hms.core import clock, units
from patients.models import Observation, Patient
from patients.services.clinical import VITALS, flag

if TYPE_CHECKING:
    from hms.core.models import User

POINTS = 12


def ranked(rows: QuerySet[Observation]) -> QuerySet[Observation]:
    """Adds `rank`: the clinical order of the vital signs (pressure, pulse, breathing …), all else after them."""
    whens = [When(code=vital.code, then=Value(place)) for place, vital in enumerate(VITALS)]
    return rows.annotate(rank=Case(*whens, default=Value(len(VITALS)), output_field=IntegerField()))


@dataclass(frozen=True)
class Line:
    """One row of the vital signs card. `flag` is "high", "low" or ""; `values` oldest first."""

    label: str
    text: str
    unit: str
    flag: str
    at: datetime
    values: list[Decimal]
    low: Decimal | None
    high: Decimal | None


def latest(user: User, patient: Patient, *, since: datetime | None = None) -> list[Line]:
    """The newest value of every vital sign with up to 12 before it; blood pressure is one line. One query."""
    rows = (
        Observation.objects.visible_to(user)
        .valid()
        .filter(patient=patient, code__in=[vital.code for vital in VITALS], value__isnull=False)
    )
    if since:
        rows = rows.filter(observed_at__gte=since)
    series: dict[str, list[tuple[datetime, Decimal]]] = {}
    measured_in: dict[str, str] = {}
    for code, at, value, unit in rows.order_by("-observed_at").values_list("code", "observed_at", "value", "unit")[
        :400
    ]:
        # A course has one unit, the newest value's: records from elsewhere may measure in others.
        if measured_in.setdefault(code, unit) != unit:
            continue
        course = series.setdefault(code, [])
        if len(course) < POINTS:
            course.append((at, value))
    age = clock.years_between(patient.birth_date, clock.now().date())
    lines = []
    for vital in VITALS:
        course = series.get(vital.code)
        if not course or vital.name == "diastolic":
            continue
        at, value = course[0]
        unit = measured_in[vital.code]
        same = unit == vital.unit
        text, marked = _plain(value), flag(vital.code, value, age) if same else ""
        label = str(vital.label)
        if vital.name == "systolic":
            label = _("Blood pressure")
            under = next((v for t, v in series.get("8462-4", []) if t == at), None)
            text = f"{text}/{_plain(under)}" if under is not None else text
            marked = marked or flag("8462-4", under, age)
        low, high = vital.usual if vital.usual and age >= 16 and same else (None, None)
        lines.append(Line(label, text, units.text(unit), marked, at, [v for _t, v in reversed(course)], low, high))
    return lines


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
