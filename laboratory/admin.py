"""The catalogue and the orders, to look at: tests and ranges are kept on their pages."""

from django.contrib import admin

from hms.core.admin import ReadOnlyAdmin
from laboratory.models import LabOrder, ReferenceRange, Specimen, TestDefinition


@admin.register(TestDefinition)
class TestDefinitionAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "loinc", "specimen", "unit", "active"]
    list_filter = ["specimen", "active"]
    search_fields = ["code", "name", "=loinc"]


@admin.register(ReferenceRange)
class ReferenceRangeAdmin(ReadOnlyAdmin):
    facility_path = "test__facility"
    list_display = ["test", "sex", "from_days", "until_days", "low", "high", "critical_low", "critical_high"]
    list_filter = ["sex"]
    list_select_related = ["test"]
    search_fields = ["test__name"]


@admin.register(LabOrder)
class LabOrderAdmin(ReadOnlyAdmin):
    fields = ["number", "ordered_at", "ordered_by", "priority", "status"]
    list_display = ["number", "ordered_at", "ordered_by", "priority", "status"]
    list_filter = ["status", "priority"]
    list_select_related = ["ordered_by"]
    search_fields = ["=number"]


@admin.register(Specimen)
class SpecimenAdmin(ReadOnlyAdmin):
    facility_path = "order__facility"
    fields = ["accession", "kind", "collected_at", "collected_by", "rejected_at"]
    list_display = ["accession", "kind", "collected_at", "collected_by", "rejected_at"]
    list_filter = ["kind"]
    list_select_related = ["collected_by"]
    search_fields = ["=accession"]
