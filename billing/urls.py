from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("invoices/", views.invoice_list, name="invoices"),
    path("invoices/<uuid:invoice_id>/", views.invoice, name="invoice"),
    path("invoices/<uuid:invoice_id>/pdf", views.invoice_pdf, name="invoice-pdf"),
    path("invoices/<uuid:invoice_id>/pay", views.payment_take, name="payment-take"),
    path("invoices/<uuid:invoice_id>/refund", views.payment_refund, name="payment-refund"),
    path("invoices/<uuid:invoice_id>/credit", views.invoice_credit, name="invoice-credit"),
    path("credit-notes/<uuid:credit_id>/pdf", views.credit_note_pdf, name="credit-note-pdf"),
    path("payments/<uuid:payment_id>/receipt", views.receipt_pdf, name="receipt-pdf"),
    path("payments/<uuid:payment_id>/reverse", views.payment_reverse, name="payment-reverse"),
    path("charges/<uuid:charge_id>/reverse", views.charge_reverse, name="charge-reverse"),
    path("charges/<uuid:charge_id>/again", views.charge_again, name="charge-again"),
    path("visits/<uuid:encounter_id>/bill", views.desk_panel, name="desk-panel"),
    path("visits/<uuid:encounter_id>/invoice", views.invoice_issue, name="invoice-issue"),
    path("patients/<uuid:patient_id>/account", views.chart_panel, name="chart-panel"),
    path("services/", views.service_list, name="services"),
    path("services/add", views.service_add, name="service-add"),
    path("services/<uuid:service_id>/change", views.service_change, name="service-change"),
    path("ledger/", views.ledger, name="ledger"),
    path("today", views.dashboard_panel, name="dashboard-panel"),
]
