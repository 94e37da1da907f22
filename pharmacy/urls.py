from django.urls import path

from pharmacy import views

app_name = "pharmacy"

urlpatterns = [
    path("prescriptions/", views.prescription_list, name="prescriptions"),
    path("prescriptions/<uuid:prescription_id>/", views.prescription, name="prescription"),
    path("prescriptions/<uuid:prescription_id>/pdf", views.prescription_pdf, name="prescription-pdf"),
    path("prescriptions/<uuid:prescription_id>/cancel", views.prescription_cancel, name="prescription-cancel"),
    path("prescriptions/<uuid:prescription_id>/end", views.prescription_end, name="prescription-end"),
    path("prescriptions/<uuid:prescription_id>/hand-out", views.hand_out, name="hand-out"),
    path("dispenses/<uuid:dispense_id>/take-back", views.take_back, name="take-back"),
    path("visits/<uuid:encounter_id>/prescribe", views.prescribe, name="prescribe"),
    path("visits/<uuid:encounter_id>/prescriptions", views.desk_panel, name="desk-panel"),
    path("patients/<uuid:patient_id>/prescriptions", views.chart_panel, name="chart-panel"),
    path("today", views.dashboard_panel, name="dashboard-panel"),
    path("today/reorder", views.reorder_panel, name="reorder-panel"),
    path("stock/", views.stock_list, name="stock"),
    path("stock/add", views.medicine_add, name="medicine-add"),
    path("stock/<uuid:product_id>/", views.product, name="product"),
    path("stock/<uuid:product_id>/receive", views.stock_receive, name="stock-receive"),
    path("stock/<uuid:product_id>/change", views.product_change, name="product-change"),
    path("lots/<uuid:batch_id>/count", views.stock_count, name="stock-count"),
    path("lots/<uuid:batch_id>/waste", views.stock_waste, name="stock-waste"),
]
