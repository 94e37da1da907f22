"""Finding a patient by what people say: a name in any order, an MRN, a phone number, a birth date."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.search import SearchQueryField, TrigramWordSimilarity
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.functions import Cast

from hms.core.panels import Hit
from patients import names
from patients.models import Patient
from patients.querysets import PatientQuerySet

if TYPE_CHECKING:
    from hms.core.models import User

LIMIT = 20
DATE_FORMS = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%d%m%Y"]
MRN = re.compile(r"^([a-z]{1,4})-?(\d{3,})(?:-(\d?))?$", re.IGNORECASE)


def read_date(text: str) -> date | None:
    """A birth date as people type it; None when it is none."""
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    return None


class StartsWords(Func):
    """Every one of the given words begins a word of the name; asked of the GIN index."""

    template = "%(expressions)s"
    arg_joiner = " @@ "
    output_field = BooleanField()

    def __init__(self, words: list[str]) -> None:
        lexemes = " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "':*" for word in words)
        super().__init__(F("name_vector"), Cast(Value(lexemes), SearchQueryField()))


def patients(user: User, words: str) -> PatientQuerySet:
    """Patients that fit all of `words`, in the person's scope, by name. Nothing typed finds nothing."""
    words = words.strip()
    scope = Patient.objects.visible_to(user)
    if not words:
        return scope.none()
    born = read_date(words)
    if born:
        return scope.filter(birth_date=born)
    if found := MRN.match(words.replace(" ", "")):
        code, number, check = found.groups()
        start = f"{code.upper()}-{number}"
        if check:
            return scope.filter(mrn=f"{start}-{check}")
        wanted = Q(mrn__startswith=start)
        if len(number) > 6:  # the check digit, typed without its dash
            wanted |= Q(mrn=f"{start[:-1]}-{start[-1]}")
        return scope.filter(wanted)
    number = names.digits(words)
    if number and re.fullmatch(r"[\d\s()+./-]+", words):
        # People leave out the country code or the leading nought.
        wanted = Q(phone_digits__startswith=number) | Q(mrn__contains=f"-{number}-")
        if len(number) >= 6:
            wanted |= Q(phone_digits__endswith=number.lstrip("0"))
        return scope.filter(wanted)
    # The rest of the words is a name; a birth date among them narrows it.
    rest, days = [], []
    for word in words.split():
        if day := read_date(word):
            days.append(day)
        else:
            rest.append(word)
    parts = names.tokens(" ".join(rest))
    if not parts and not days:  # signs only: no name
        return scope.none()
    for day in days:
        scope = scope.filter(birth_date=day)
    return scope.filter(StartsWords(parts)) if parts else scope


def similar(user: User, words: str) -> PatientQuerySet:
    """Patients whose name sounds nearly like it was typed: for when nothing fits exactly."""
    return (
        Patient.objects.visible_to(user)
        .filter(search_name__trigram_word_similar=names.folded(words))
        .annotate(likeness=TrigramWordSimilarity(names.folded(words), "search_name"))
        .order_by("-likeness", "family_name")
    )


def hits(user: User, words: str) -> list[Hit]:
    """For the one search in the top bar."""
    found = list(patients(user, words).order_by("-active", "family_name", "given_name")[:LIMIT])
    note = ""
    if not found and len(words) >= 4 and not any(char.isdigit() for char in words):
        found, note = list(similar(user, words)[:8]), " · similar name"
    return [
        Hit(
            title=patient.name,
            detail=f"{patient.age_text} · {patient.sex_label} · {patient.birth_date:%d %b %Y} · {patient.mrn}"
            + (" · inactive" if not patient.active else "")
            + note,
            url=f"/patients/{patient.pk}/",
            icon="person",
        )
        for patient in found
    ]
