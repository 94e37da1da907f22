"""The formulary is kept here; stock and prescriptions are looked up."""

from django.contrib import admin

from hms.core.admin import KeptAdmin, ReadOnlyAdmin
from pharmacy.models import Batch, Medicine, Prescription, Product, StockMovement


@admin.register(Medicine)
class MedicineAdmin(KeptAdmin):
    facility_path = ""
    list_display = ["name", "strength", "form", "unit", "allergens", "active"]
    list_filter = ["form", "active"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    list_display = ["medicine", "reorder_level", "reorder_quantity", "active"]
    list_filter = ["active"]
    list_select_related = ["medicine"]
    search_fields = ["medicine__name"]


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    facility_path = "product__facility"
    list_display = ["number", "product", "expires_on", "unit_cost"]
    list_select_related = ["product__medicine"]
    search_fields = ["=number"]


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    facility_path = "batch__product__facility"
    fields = ["created_at", "kind", "quantity", "batch", "source_type", "source_id", "moved_by", "reason"]
    list_display = ["created_at", "kind", "quantity", "batch", "moved_by", "reason"]
    list_filter = ["kind"]
    list_select_related = ["batch", "moved_by"]
    search_fields = ["=batch__number"]


@admin.register(Prescription)
class PrescriptionAdmin(ReadOnlyAdmin):
    fields = ["number", "prescribed_at", "prescriber", "status"]
    list_display = ["number", "prescribed_at", "prescriber", "status"]
    list_filter = ["status"]
    list_select_related = ["prescriber"]
    search_fields = ["=number"]
