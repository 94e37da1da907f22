"""What waits: the number in the rail, what a visit still has open, what uses a price, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Service
from hms.core.models import User
from hms.core.panels import Hit
from laboratory.models import LabOrder, Result, Specimen, TestDefinition
from patients.models import Encounter


def orders(user: User) -> int:
    """What this person can do next: collect and enter, or verify."""
    wanted = ["ordered", "collected"] if user.has_perm("laboratory.collect") else ["entered"]
    return LabOrder.objects.visible_to(user).filter(status__in=wanted).count()


def open_work(encounter: Encounter) -> list[str]:
    rows = LabOrder.objects.filter(encounter=encounter).unfinished()
    return [
        _("Laboratory order %(number)s: %(status)s")
        % {"number": row.number, "status": row.get_status_display().lower()}
        for row in rows
    ]


def uses(services: Sequence[Service]) -> dict[UUID, list[str]]:
    """For the price page: the tests that are in use, or were asked for and are not collected yet."""
    asked = Result.objects.filter(test=OuterRef("pk"), status="ordered")
    tests = TestDefinition.objects.filter(Q(active=True) | Exists(asked), service__in=services)
    return {test.service_id: [_("test %(code)s") % {"code": test.code}] for test in tests}


def hits(user: User, words: str) -> list[Hit]:
    """An order by its number, or by the barcode of a specimen."""
    wanted = words.strip().upper()
    if len(wanted) < 5 or not any(char.isdigit() for char in wanted):
        return []
    ids = set(Specimen.objects.visible_to(user).filter(accession=wanted).values_list("order_id", flat=True))
    found = LabOrder.objects.visible_to(user).filter(number=wanted) | LabOrder.objects.visible_to(user).filter(
        pk__in=ids
    )
    return [
        Hit(
            row.number,
            f"{row.patient.name} · {row.get_status_display()}",
            reverse("laboratory:order", args=[row.pk]),
            "droplet-half",
        )
        for row in found.select_related("patient")[:5]
    ]


def catalogue_hits(user: User, words: str) -> list[Hit]:
    """Tests of the catalogue by name, code or LOINC."""
    wanted = words.strip()
    found = TestDefinition.objects.visible_to(user).filter(
        Q(name__icontains=wanted) | Q(code__iexact=wanted) | Q(loinc=wanted)
    )
    return [
        Hit(
            row.name,
            f"{row.code} · {row.get_specimen_display()}",
            reverse("laboratory:test", args=[row.pk]),
            "list-check",
        )
        for row in found[:8]
    ]
