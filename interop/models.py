"""What was brought in from elsewhere, where it stands here, and what it pointed at that is not here."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from hms.core.models import Facility, Record
from interop.querysets import OfFacilityQuerySet, SourceRecordQuerySet

LONGEST_ALIAS = 500


class SourceRecord(Record):
    """One resource of another system. `key` is what the source calls it; `aliases` are all the words by
    which other resources may point at it: its address, its type and id, its identifiers.

    A resource that became several rows here (a blood pressure is two) has one record for each `part`.
    One without an object (an organization) is kept so that what points at it can be told apart from
    what points nowhere.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(_("source"), max_length=60, blank=True)
    resource_type = models.CharField(_("resource"), max_length=60)
    key = models.CharField(_("name at the source"), max_length=LONGEST_ALIAS)
    part = models.PositiveIntegerField(_("part"), default=0)
    aliases = ArrayField(models.CharField(max_length=LONGEST_ALIAS), default=list)
    display = models.CharField(max_length=300, blank=True)
    code = models.CharField(max_length=40, blank=True)
    object_type = models.CharField(_("here it is a"), max_length=80, blank=True)
    object_id = models.UUIDField(null=True)
    sha256 = models.CharField(max_length=64)

    untracked = "where an imported row came from, written once with it"

    objects = SourceRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            # No pending list: every import would have to read it once for each word.
            GinIndex(fields=["aliases"], name="interop_sourcerecord_aliases", fastupdate=False),
            models.Index(fields=["object_type", "object_id"], name="interop_sourcerecord_object"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "resource_type", "key", "part"], name="interop_sourcerecord_once"
            ),
            models.CheckConstraint(
                condition=models.Q(object_type="", object_id__isnull=True)
                | (~models.Q(object_type="") & models.Q(object_id__isnull=False)),
                name="interop_sourcerecord_whole_object",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource_type} {self.key}"


class UnresolvedReference(Record):
    """A pointer that led nowhere when its resource was imported. It is followed again after every
    import; `resolved_at` says when it was found."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="unresolved")
    field = models.CharField(_("field"), max_length=100)
    reference = models.CharField(_("points at"), max_length=LONGEST_ALIAS)
    # The words to look for, in this order.
    candidates = ArrayField(models.CharField(max_length=LONGEST_ALIAS), default=list)
    resolved_at = models.DateTimeField(_("found"), null=True, blank=True)

    untracked = "what an import could not place yet; what it becomes has its own history"

    objects = OfFacilityQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(resolved_at__isnull=True), name="interop_unresolved_open"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["record", "field", "reference"], name="interop_unresolved_once"),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.reference}"
