"""The staff as administrators see it: to look at and search. Changes go through the pages, whose services record them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from staff.models import Attendance, Credential, Employee, RosterEntry, Shift


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shown to whoever may see employees; nothing is added, changed or deleted here."""

    permission = "staff.view_employee"

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


@admin.register(Employee)
class EmployeeAdmin(ReadOnlyAdmin):
    list_display = ["number", "family_name", "given_name", "profession", "department", "active"]
    list_filter = ["active", "profession", "department"]
    list_select_related = ["department"]
    search_fields = ["number", "family_name", "given_name"]


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    list_display = ["employee", "kind", "number", "issuer", "valid_until", "withdrawn_at"]
    list_filter = ["kind"]
    list_select_related = ["employee"]
    search_fields = ["number", "employee__family_name"]
    date_hierarchy = "valid_until"


@admin.register(Shift)
class ShiftAdmin(ReadOnlyAdmin):
    list_display = ["name", "starts", "ends", "active"]


@admin.register(RosterEntry)
class RosterEntryAdmin(ReadOnlyAdmin):
    permission = "staff.view_roster"
    list_display = ["date", "employee", "shift", "department"]
    list_filter = ["department"]
    list_select_related = ["employee", "shift", "department"]
    date_hierarchy = "date"


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyAdmin):
    permission = "staff.view_attendance"
    list_display = ["employee", "came_at", "left_at", "correction", "void"]
    list_select_related = ["employee"]
    date_hierarchy = "came_at"
