"""Is this person here already? Scored while one types, before a second record is made.

A weighted sum in the manner of Fellegi and Sunter (J. Am. Stat. Assoc. 64, 1969): agreement of the
rarer field counts more. The weights are whole points, chosen so that name and birth date together,
or phone and family name together, pass the bar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, Q, Value, When

from patients import names
from patients.models import Patient, PatientFacility, PatientIdentifier

if TYPE_CHECKING:
    from hms.core.models import User

BAR = 60
CERTAIN = 85
CANDIDATES = 60


@dataclass(frozen=True)
class Likeness:
    """A record that may be the same person. `patient` is None when another branch alone knows them."""

    patient: Patient | None
    score: int
    because: list[str]

    @property
    def certain(self) -> bool:
        return self.score >= CERTAIN


def find(
    user: User,
    *,
    given_name: str = "",
    family_name: str = "",
    birth_date: date | None = None,
    sex: str = "",
    phone: str = "",
    identifier: str = "",
    but: object = None,
) -> list[Likeness]:
    """Records of the whole network that look like the person described, best first, five at most."""
    full = names.folded(f"{given_name} {family_name}").strip()
    number = names.digits(phone)
    asked = Q()
    if birth_date:
        asked |= Q(birth_date=birth_date)
    if len(number) >= 6:
        asked |= Q(phone_digits=number)
    if len(full) >= 5:
        asked |= Q(search_name__trigram_similar=full)
    if identifier:
        asked |= Q(pk__in=PatientIdentifier.objects.filter(value=identifier).values("patient"))
    if not asked:
        return []
    # The likeliest first: many are born on a day, and many share a family name.
    likely = TrigramSimilarity("search_name", full) * 45.0 if full else Value(0.0)
    if birth_date:
        likely += _points(40.0, birth_date=birth_date)
    if number:
        likely += _points(25.0, phone_digits=number)
    if identifier:
        likely += _points(60.0, pk__in=PatientIdentifier.objects.filter(value=identifier).values("patient"))
    candidates = list(
        Patient.objects.filter(asked, active=True).exclude(pk=but).order_by(likely.desc(), "pk")[:CANDIDATES]
    )
    here = set(
        PatientFacility.objects.filter(patient__in=candidates, facility=user.facility).values_list(
            "patient_id", flat=True
        )
    )
    with_number = set(
        PatientIdentifier.objects.filter(patient__in=candidates, value=identifier).values_list("patient_id", flat=True)
        if identifier
        else []
    )
    found = []
    for patient in candidates:
        score, because = _score(patient, full, birth_date, sex, number)
        if patient.pk in with_number:
            score, because = score + 60, [*because, "same identity number"]
        if score >= BAR:
            found.append(Likeness(patient if patient.pk in here else None, min(score, 100), because))
    return sorted(found, key=lambda likeness: -likeness.score)[:5]


def _points(points: float, **agrees: object) -> Case:
    return Case(When(**agrees, then=Value(points)), default=Value(0.0))


def _score(patient: Patient, full: str, birth_date: date | None, sex: str, number: str) -> tuple[int, list[str]]:
    score, because = 0, []
    if full:
        mine, theirs = sorted(full.split()), sorted(patient.search_name.split())
        ratio = SequenceMatcher(None, " ".join(mine), " ".join(theirs)).ratio()
        if ratio == 1:
            score, because = 45, ["same name"]
        elif ratio >= 0.8:
            score, because = 35, ["similar name"]
    if birth_date:
        if patient.birth_date == birth_date:
            score, because = score + 40, [*because, "same birth date"]
        elif (patient.birth_date.day, patient.birth_date.month) == (birth_date.month, birth_date.day):
            score, because = score + 25, [*because, "day and month swapped"]
    if number and patient.phone_digits and patient.phone_digits[-9:] == number[-9:]:
        score, because = score + 25, [*because, "same phone"]
    if sex and sex != "unknown" and patient.sex not in (sex, "unknown"):
        score -= 10
    return score, because
