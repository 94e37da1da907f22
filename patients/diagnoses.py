"""Looking up ICD-10-CM: by the beginning of a code, or by words of its title."""

from __future__ import annotations

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Length

from patients import names
from patients.models import DiagnosisCode


def search(words: str, limit: int = 30) -> QuerySet[DiagnosisCode]:
    """Billable codes that fit, by the code's beginning or by words: titles that begin with the words first, then
    the short ones, which are the common ones."""
    words = words.strip()[:60]
    if len(words) < 2:
        return DiagnosisCode.objects.none()
    start = words.upper().replace(" ", "")
    by_code = DiagnosisCode.objects.filter(billable=True, code__startswith=start)
    if by_code.exists():
        return by_code[:limit]
    fits = Q()
    for word in names.tokens(words):
        fits &= Q(search__contains=word)
    phrase = " ".join(names.tokens(words))
    near = Case(
        When(title__istartswith=words, then=Value(0)),
        When(search__contains=f" {phrase}", then=Value(1)),
        default=Value(2),
    )
    found = DiagnosisCode.objects.filter(fits, billable=True).annotate(near=near, length=Length("title"))
    return found.order_by("near", "length", "code")[:limit]
