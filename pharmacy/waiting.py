"""What waits: the numbers in the rail, and what a visit still has open."""

from django.urls import reverse
from django.utils.translation import gettext as _

from hms.core.models import User
from hms.core.panels import Hit
from patients.models import Encounter
from pharmacy.models import Prescription, Product, ReorderAlert


def prescriptions(user: User) -> int:
    return Prescription.objects.visible_to(user).open().count()


def alerts(user: User) -> int:
    return ReorderAlert.objects.visible_to(user).filter(resolved_at=None).count()


def open_work(encounter: Encounter) -> list[str]:
    rows = Prescription.objects.filter(encounter=encounter).open()
    return [_("Prescription %(number)s is not dispensed") % {"number": row.number} for row in rows]


def hits(user: User, words: str) -> list[Hit]:
    """Stocked medicines by a part of their name."""
    found = Product.objects.visible_to(user).filter(medicine__name__icontains=words.strip()).select_related("medicine")
    return [Hit(str(row.medicine), "", reverse("pharmacy:product", args=[row.pk]), "box-seam") for row in found[:8]]
