"""What waits: the numbers in the rail, and what a visit still has open."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.models import Service
from hms.core.models import User
from hms.core.panels import Hit
from patients.models import Encounter
from pharmacy.models import Prescription, PrescriptionLine, Product, ReorderAlert


def prescriptions(user: User) -> int:
    return Prescription.objects.visible_to(user).open().count()


def alerts(user: User) -> int:
    return ReorderAlert.objects.visible_to(user).filter(resolved_at=None).count()


def open_work(encounter: Encounter) -> list[str]:
    rows = Prescription.objects.filter(encounter=encounter).open()
    return [_("Prescription %(number)s is not dispensed") % {"number": row.number} for row in rows]


def uses(services: Sequence[Service]) -> dict[UUID, list[str]]:
    """For the price page: the products that are in use, or stand on a prescription that waits."""
    asked = PrescriptionLine.objects.filter(product=OuterRef("pk"), prescription__in=Prescription.objects.open())
    products = Product.objects.filter(Q(active=True) | Exists(asked), service__in=services)
    return {product.service_id: [_("stock of the pharmacy")] for product in products}


def hits(user: User, words: str) -> list[Hit]:
    """Stocked medicines by a part of their name."""
    found = Product.objects.visible_to(user).filter(medicine__name__icontains=words.strip()).select_related("medicine")
    return [Hit(str(row.medicine), "", reverse("pharmacy:product", args=[row.pk]), "box-seam") for row in found[:8]]
