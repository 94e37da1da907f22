"""Reads of what was imported: within the facility that imported it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from hms.core.models import User


class OfFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)

    def known_as(self, words: list[str]) -> Self:
        """Records that one of these words points at."""
        return self.filter(aliases__overlap=words)
