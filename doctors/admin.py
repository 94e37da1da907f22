"""Specialties are kept here; doctors and their hours are only looked at, and changed in the pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from doctors.models import Availability, AvailabilityException, Doctor, Specialty
from doctors.services import profile
from hms.core.admin import KeptAdmin, ReadOnlyAdmin


@admin.register(Specialty)
class SpecialtyAdmin(KeptAdmin):
    facility_path = ""
    list_display = ["code", "name"]
    search_fields = ["code", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Specialty | None = None) -> list[str]:
        return ["code"] if obj else []

    def save_model(self, request: HttpRequest, obj: Specialty, form: Any, change: bool) -> None:
        kept = profile.set_specialty(
            request.user, code=obj.code, name=obj.name, specialty_id=obj.pk if change else None
        )
        obj.pk = kept.pk


@admin.register(Doctor)
class DoctorAdmin(ReadOnlyAdmin):
    facility_path = "employee__facility"
    list_select_related = ["employee", "specialty"]
    permission = "doctors.view_doctor"
    list_display = ["name", "specialty", "licence_number", "fee", "room", "accepts_new", "active"]
    list_filter = ["specialty", "active"]
    search_fields = ["employee__family_name", "employee__given_name", "licence_number"]


@admin.register(Availability)
class AvailabilityAdmin(ReadOnlyAdmin):
    facility_path = "doctor__employee__facility"
    permission = "doctors.view_doctor"
    list_display = ["doctor", "weekday", "starts", "ends", "slot_minutes", "valid_from", "valid_until"]
    list_filter = ["weekday"]
    list_select_related = ["doctor__employee"]


@admin.register(AvailabilityException)
class AvailabilityExceptionAdmin(ReadOnlyAdmin):
    facility_path = "doctor__employee__facility"
    permission = "doctors.view_doctor"
    list_display = ["doctor", "date", "kind", "starts", "ends", "reason"]
    list_filter = ["kind"]
    list_select_related = ["doctor__employee"]
    date_hierarchy = "date"
