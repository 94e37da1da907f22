"""Every read of the record. `visible_to(user)` comes first: the facility the person works in.

The person of the patient, their allergies and problems belong to the whole network and are seen
wherever the patient is known; a visit and what was done in it are seen in its own facility only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from hms.core.models import User


class PatientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        from patients.models import PatientFacility

        known = PatientFacility.objects.filter(patient=OuterRef("pk"), facility=user.facility)
        return self.filter(Exists(known))

    def active(self) -> Self:
        return self.filter(active=True)


class OfPatientQuerySet(models.QuerySet):
    """Rows with a `patient`, and an `encounter` that may be empty."""

    def visible_to(self, user: User) -> Self:
        from patients.models import PatientFacility

        known = PatientFacility.objects.filter(patient=OuterRef("patient_id"), facility=user.facility)
        scope = Q(Exists(known))
        if any(field.name == "encounter" for field in self.model._meta.fields) and not self.model_is_shared():
            scope &= Q(encounter__isnull=True) | Q(encounter__facility=user.facility)
        return self.filter(scope)

    def model_is_shared(self) -> bool:
        """Whether safety demands that every facility sees it: allergies and problems."""
        return self.model._meta.model_name in ("allergy", "condition", "immunization")

    def valid(self) -> Self:
        return self.filter(entered_in_error=False)


class EncounterQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def open(self) -> Self:
        from patients.models.encounter import OPEN

        return self.filter(status__in=OPEN)


class NoteQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(encounter__facility=user.facility)

    def signed(self) -> Self:
        return self.filter(status="signed")
