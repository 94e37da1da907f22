"""Patients and visits, to look up by number. What is clinical is read in the chart, by those who may."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hms.core.admin import ReadOnlyAdmin
from patients.models import DiagnosisCode, Encounter, Patient


@admin.register(Patient)
class PatientAdmin(ReadOnlyAdmin):
    facility_path = ""
    list_display = ["mrn", "family_name", "given_name", "sex", "birth_date", "active"]
    list_filter = ["active", "sex"]
    fields = ["mrn", "family_name", "given_name", "sex", "birth_date", "registered_at", "active", "inactive_reason"]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if request.user.has_facility else rows.none()


@admin.register(Encounter)
class EncounterAdmin(ReadOnlyAdmin):
    list_display = ["started_at", "kind", "status", "ended_at", "imported"]
    list_filter = ["kind", "status", "imported"]
    fields = ["kind", "status", "department", "attending", "started_at", "seen_at", "ended_at", "end_reason"]


@admin.register(DiagnosisCode)
class DiagnosisCodeAdmin(ReadOnlyAdmin):
    facility_path = ""
    list_display = ["code", "title", "billable"]
    list_filter = ["billable"]
    search_fields = ["code__istartswith", "title"]
