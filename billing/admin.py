"""The books, to look at. Prices change on their page; charges, invoices and payments never do."""

from django.contrib import admin

from billing.models import Charge, CreditNote, Invoice, LedgerTransaction, Payment, Service
from hms.core.admin import ReadOnlyAdmin


@admin.register(Service)
class ServiceAdmin(ReadOnlyAdmin):
    list_display = ["code", "name", "category", "price", "active"]
    list_filter = ["category", "active"]
    search_fields = ["code", "name"]


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    fields = [
        "occurred_at",
        "posted_at",
        "description",
        "quantity",
        "unit_price",
        "amount",
        "source_type",
        "source_id",
        "posted_by",
    ]
    list_display = ["occurred_at", "posted_at", "description", "quantity", "unit_price", "amount", "posted_by"]
    list_filter = ["service__category"]
    list_select_related = ["posted_by"]
    search_fields = ["=id", "=source_id", "description"]
    ordering = ["-occurred_at"]


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    fields = ["number", "issued_at", "total", "paid", "credited", "due_back"]
    list_display = ["number", "issued_at", "total", "paid", "credited", "due_back", "balance"]
    search_fields = ["=number"]
    ordering = ["-issued_at"]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    fields = ["number", "received_at", "method", "amount", "received_by", "reference"]
    list_display = ["number", "received_at", "method", "amount", "received_by", "reference"]
    list_filter = ["method"]
    list_select_related = ["received_by"]
    search_fields = ["=number", "=reference"]


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin):
    fields = ["number", "issued_at", "amount", "reason", "issued_by"]
    list_display = ["number", "issued_at", "amount", "reason", "issued_by"]
    list_select_related = ["issued_by"]
    search_fields = ["=number"]


@admin.register(LedgerTransaction)
class LedgerTransactionAdmin(ReadOnlyAdmin):
    fields = ["occurred_at", "kind", "source_type", "source_id", "posted_by"]
    list_display = ["occurred_at", "kind", "source_type", "source_id", "posted_by"]
    list_filter = ["kind"]
    list_select_related = ["posted_by"]
    search_fields = ["=source_id"]
