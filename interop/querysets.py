"""Reads of what was imported: within the facility that imported it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from hms.core.models import User
    from interop.models import SourceRecord


class OfFacilityQuerySet(models.QuerySet):
    def visible_to(self, user: User) -> Self:
        return self.filter(facility=user.facility)


class SourceRecordQuerySet(OfFacilityQuerySet):
    def known_as(self, words: list[str]) -> list[SourceRecord]:
        """Records that one of these words points at, in the order of their parts.

        Each word is looked for by itself: for an overlap with many words the planner expects so many
        rows that it reads the whole table.
        """
        table = self.model._meta.db_table
        found = self.model.objects.raw(
            f"select r.* from unnest(%s::varchar[]) word cross join lateral"
            f" (select * from {table} where aliases @> array[word] offset 0) r",
            [words],
        )
        return sorted({record.pk: record for record in found}.values(), key=lambda r: (r.part, r.pk))
