"""Looking up ICD-10-CM: by the beginning of a code, or by words of its title."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from patients import names
from patients.models import DiagnosisCode


def search(words: str, limit: int = 30) -> QuerySet[DiagnosisCode]:
    """Billable codes that fit; those of which the text is the code come first."""
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
    return DiagnosisCode.objects.filter(fits, billable=True).order_by("code")[:limit]
