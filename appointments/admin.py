"""The appointment book, to be looked at. Every change goes through the pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from appointments.models import Appointment, QueueToken
from hms.core.admin import ReadOnlyAdmin


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    fields = ["starts_at", "doctor", "kind", "status", "room"]
    list_display = ["starts_at", "doctor", "kind", "status", "room"]
    list_filter = ["status", "kind", "doctor__specialty"]
    list_select_related = ["doctor__employee"]
    search_fields = ["doctor__employee__family_name"]
    date_hierarchy = "starts_at"


@admin.register(QueueToken)
class QueueTokenAdmin(ReadOnlyAdmin):
    fields = ["day", "department", "number", "status", "room", "called_at"]
    list_display = ["day", "department", "number", "status", "room", "called_at"]
    list_filter = ["status", "department"]
    list_select_related = ["department"]
    date_hierarchy = "day"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A token is a part of its appointment."""
        return request.user.has_perm("appointments.view_appointment")
