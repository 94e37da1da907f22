"""Wards, rooms and beds are kept here; who lies in them is looked up here."""

from django.contrib import admin

from hms.core.admin import KeptAdmin, ReadOnlyAdmin
from wards.models import Admission, Bed, Room, Ward


@admin.register(Ward)
class WardAdmin(KeptAdmin):
    list_display = ["code", "name", "department", "bed_service", "active"]
    list_filter = ["active"]
    search_fields = ["code", "name"]


@admin.register(Room)
class RoomAdmin(KeptAdmin):
    facility_path = "ward__facility"
    list_display = ["name", "ward"]
    list_filter = ["ward"]
    list_select_related = ["ward"]
    search_fields = ["name", "ward__code"]


@admin.register(Bed)
class BedAdmin(KeptAdmin):
    facility_path = "room__ward__facility"
    list_display = ["label", "room", "state", "state_reason"]
    list_filter = ["state", "room__ward"]
    list_select_related = ["room"]
    search_fields = ["label"]
    # Its state is changed at the bedside, by the service that looks whether someone lies in it.
    fields = ["room", "label"]


@admin.register(Admission)
class AdmissionAdmin(ReadOnlyAdmin):
    list_display = ["admitted_at", "status", "ended_at"]
    list_filter = ["status"]
    fields = ["status", "admitted_at", "admitted_by", "ended_at"]
