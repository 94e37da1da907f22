from django.urls import path

from billing.views import books, charges, invoices, panels, payments, services

app_name = "billing"

urlpatterns = [
    path("invoices/", invoices.invoice_list, name="invoices"),
    path("invoices/<uuid:invoice_id>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:invoice_id>/pdf", invoices.invoice_pdf, name="invoice-pdf"),
    path("invoices/<uuid:invoice_id>/pay", payments.payment_take, name="payment-take"),
    path("invoices/<uuid:invoice_id>/refund", payments.payment_refund, name="payment-refund"),
    path("invoices/<uuid:invoice_id>/credit", invoices.invoice_credit, name="invoice-credit"),
    path("invoices/<uuid:invoice_id>/discount", invoices.invoice_discount, name="invoice-discount"),
    path("credit-notes/<uuid:credit_id>/pdf", invoices.credit_note_pdf, name="credit-note-pdf"),
    path("payments/<uuid:payment_id>/receipt", payments.receipt_pdf, name="receipt-pdf"),
    path("payments/<uuid:payment_id>/reverse", payments.payment_reverse, name="payment-reverse"),
    path("charges/<uuid:charge_id>/reverse", charges.charge_reverse, name="charge-reverse"),
    path("charges/<uuid:charge_id>/again", charges.charge_again, name="charge-again"),
    path("visits/<uuid:encounter_id>/bill", panels.desk_panel, name="desk-panel"),
    path("visits/<uuid:encounter_id>/invoice", invoices.invoice_issue, name="invoice-issue"),
    path("patients/<uuid:patient_id>/account", panels.chart_panel, name="chart-panel"),
    path("services/", services.service_list, name="services"),
    path("services/add", services.service_add, name="service-add"),
    path("services/<uuid:service_id>/change", services.service_change, name="service-change"),
    path("ledger/", books.ledger, name="ledger"),
    path("today", panels.dashboard_panel, name="dashboard-panel"),
]
