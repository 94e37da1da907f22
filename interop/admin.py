"""Imported resources as administrators see them: to look at, never to change."""

from __future__ import annotations

from django.contrib import admin

from hms.core.admin import ReadOnlyAdmin
from interop.models import SourceRecord, UnresolvedReference


@admin.register(SourceRecord)
class SourceRecordAdmin(ReadOnlyAdmin):
    # No display text: for a patient's resource it would be clinical.
    fields = ["source", "resource_type", "key", "part", "object_type", "object_id", "sha256", "created_at"]
    list_display = ["resource_type", "key", "part", "object_type", "created_at"]
    list_filter = ["resource_type"]
    search_fields = ["key"]
    show_full_result_count = False


@admin.register(UnresolvedReference)
class UnresolvedReferenceAdmin(ReadOnlyAdmin):
    fields = ["record", "field", "reference", "created_at", "resolved_at"]
    list_display = ["record", "field", "reference", "created_at", "resolved_at"]
    list_filter = ["field", ("resolved_at", admin.EmptyFieldListFilter)]
    list_select_related = ["record"]
    search_fields = ["reference"]
    show_full_result_count = False
