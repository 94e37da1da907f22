"""Imported resources as administrators see them: to look at, never to change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from interop.models import SourceRecord, UnresolvedReference


class ReadOnlyAdmin(admin.ModelAdmin):
    """For whoever watches what goes in and out of the system."""

    permission = "core.view_outboxmessage"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return self.model.objects.visible_to(request.user)


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
