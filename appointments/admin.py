"""The appointment book as administrators see it: to look at and search. Changes go through the pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from appointments.models import Appointment, QueueToken


class ReadOnlyAdmin(admin.ModelAdmin):
    """Nothing is added, changed or deleted here; whoever may see appointments sees those of their facility."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("appointments.view_appointment")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self.model.objects.visible_to(request.user)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ["starts_at", "doctor", "patient", "kind", "status", "room"]
    list_filter = ["status", "kind", "doctor__specialty"]
    list_select_related = ["doctor__employee", "patient"]
    search_fields = ["patient__mrn", "doctor__employee__family_name"]
    date_hierarchy = "starts_at"


@admin.register(QueueToken)
class QueueTokenAdmin(ReadOnlyAdmin):
    list_display = ["day", "department", "number", "status", "room", "called_at"]
    list_filter = ["status", "department"]
    list_select_related = ["department"]
    date_hierarchy = "day"
