from django.db import models
from django.utils import timezone

from hms.core.ids import uuid7


class CurrentTransaction(models.Func):
    """The id of the running transaction: 64 bits, never reused."""

    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()


class Record(models.Model):
    """The base of every row with a life of its own: an opaque, time-ordered key and when it was made."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True
