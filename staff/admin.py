"""The staff as administrators see it: to look at and search. Changes go through the pages, whose services record them."""

from __future__ import annotations

from django.contrib import admin

from hms.core.admin import ReadOnlyAdmin
from staff.models import Attendance, Credential, Employee, RosterEntry, Shift


class StaffAdmin(ReadOnlyAdmin):
    permission = "staff.view_employee"


@admin.register(Employee)
class EmployeeAdmin(StaffAdmin):
    list_display = ["number", "family_name", "given_name", "profession", "department", "active"]
    list_filter = ["active", "profession", "department"]
    list_select_related = ["department"]
    search_fields = ["number", "family_name", "given_name"]


@admin.register(Credential)
class CredentialAdmin(StaffAdmin):
    facility_path = "employee__facility"
    list_display = ["employee", "kind", "number", "issuer", "valid_until", "withdrawn_at"]
    list_filter = ["kind"]
    list_select_related = ["employee"]
    search_fields = ["number", "employee__family_name"]
    date_hierarchy = "valid_until"


@admin.register(Shift)
class ShiftAdmin(StaffAdmin):
    list_display = ["name", "starts", "ends", "active"]


@admin.register(RosterEntry)
class RosterEntryAdmin(ReadOnlyAdmin):
    permission = "staff.view_roster"
    facility_path = "employee__facility"
    list_display = ["date", "employee", "shift", "department"]
    list_filter = ["department"]
    list_select_related = ["employee", "shift", "department"]
    date_hierarchy = "date"


@admin.register(Attendance)
class AttendanceAdmin(ReadOnlyAdmin):
    permission = "staff.view_attendance"
    facility_path = "employee__facility"
    list_display = ["employee", "came_at", "left_at", "correction", "void"]
    list_select_related = ["employee"]
    date_hierarchy = "came_at"
