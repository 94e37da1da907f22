"""Does the patient's record forbid this medicine? A check that could not be made says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from patients import names
from patients.models import Allergy, Patient
from pharmacy.models import AllergyCheck, Medicine


@dataclass(frozen=True)
class Checked:
    """`state` is clear, not_checked, or overridden when `conflicts` were found (to be justified)."""

    state: AllergyCheck
    conflicts: list[Allergy]


def _stems(text: str) -> set[str]:
    """Words without their plural s; short words say nothing."""
    return {word.removesuffix("s") for word in names.tokens(text) if len(word) > 3}


def check(patient: Patient, medicine: Medicine) -> Checked:
    """Compare a medicine's ingredient and allergen names with the patient's recorded allergies, word by word."""
    allergies = patient.allergy_set.valid().filter(active=True)
    return judged(allergies, medicine, asked=patient.no_known_allergies is not None)


def judged(allergies: Iterable[Allergy], medicine: Medicine, *, asked: bool) -> Checked:
    """The rule itself: the patient's valid allergies, and whether anybody asked for them."""
    words = _stems(medicine.name).union(*(_stems(name) for name in medicine.allergens))
    conflicts = [allergy for allergy in allergies if _stems(allergy.substance) & words]
    if conflicts:
        return Checked(AllergyCheck.OVERRIDDEN, conflicts)
    return Checked(AllergyCheck.CLEAR if asked else AllergyCheck.NOT_CHECKED, [])
