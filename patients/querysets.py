"""Every read of the record. `visible_to(user)` comes first: the facility the person works in, and whom they treat.

Who the patient is, is seen by every role that works with patients, wherever the patient is known, unless
the record is kept narrower. What stands in the chart is seen by those who treat them (care.py): allergies
and problems of the whole network, a visit and what was done in it in its own facility only.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from hms.core import clock
from patients import amendable, care

if TYPE_CHECKING:
    from hms.core.models import Facility, User


class PatientQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.known_in(user.facility).filter(care.unhidden(user, "pk"))

    def known_in(self, facility: Facility | None) -> Self:
        """Whoever is known there, also those kept from whoever asks: what is read so is shown to nobody."""
        from patients.models import PatientFacility

        return self.filter(Exists(PatientFacility.objects.filter(patient=OuterRef("pk"), facility=facility)))

    def treated_by(self, user: User) -> Self:
        """Those whose chart is open to a clinician."""
        return self.visible_to(user).filter(care.scope(user, "pk"))

    def active(self) -> Self:
        return self.filter(active=True)


class OfPatientQuerySet(models.QuerySet):
    """Rows with a `patient`, and an `encounter` that may be empty."""

    def visible_to(self, user: User) -> Self:
        from patients.models import PatientFacility

        known = PatientFacility.objects.filter(patient=OuterRef("patient_id"), facility=user.facility)
        scope = Q(Exists(known)) & (care.scope(user) if self.model_is_clinical() else care.unhidden(user))
        if any(field.name == "encounter" for field in self.model._meta.fields) and not self.model_is_shared():
            scope &= Q(encounter__isnull=True) | Q(encounter__facility=user.facility)
        return self.filter(scope)

    def model_is_clinical(self) -> bool:
        """Whether it belongs to the chart; numbers and next of kin belong to the person."""
        return any(field.name == "entered_in_error" for field in self.model._meta.fields)

    def model_is_shared(self) -> bool:
        """Whether safety demands that every facility sees it: allergies and problems."""
        return self.model._meta.model_name in ("allergy", "condition", "immunization")

    def valid(self) -> Self:
        return self.filter(entered_in_error=False)


class EncounterQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unhidden(user), facility=user.facility)

    def open(self) -> Self:
        from patients.models.encounter import OPEN

        return self.filter(status__in=OPEN)


class NoteQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.scope(user), encounter__facility=user.facility)

    def signed(self) -> Self:
        return self.filter(status="signed")


class AmendmentQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        """Who takes them down, and hands out the letters, sees those of the facility; others what is about their own
        entry, and those of patients whose chart is open to them."""
        here = self.filter(care.unhidden(user), facility=user.facility)
        if user.has_perm("patients.enter_amendment"):
            return here
        return here.filter(Q(author=user) | care.scope(user))

    def to_decide(self, user: User) -> Self:
        """Open ones on which this person may decide (services.amendments.why_not)."""
        here = self.filter(care.unhidden(user), facility=user.facility, status="open").exclude(entered_by=user)
        if not user.has_perm("patients.decide_amendment"):
            return here.none()
        clinical = Q(record_type__in=amendable.answered_by(user, clinical=True))
        return here.filter(clinical & (Q(author=user) | care.scope(user)) | self._kept_by(user))

    def _kept_by(self, user: User) -> Q:
        """About the person: whoever keeps such data answers for it."""
        return Q(record_type__in=amendable.answered_by(user, clinical=False))

    def due_until(self, day: date) -> Self:
        return self.filter(status="open", due_on__lte=day)


class GrantQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(care.unhidden(user), facility=user.facility)

    def running(self) -> Self:
        return self.filter(ended_at=None, until__gt=clock.now())

    def to_review(self) -> Self:
        return self.filter(kind="break_glass", verdict="")
