from django.urls import path

from pharmacy.views import dispensing, panels, prescriptions, stock

app_name = "pharmacy"

urlpatterns = [
    path("prescriptions/", prescriptions.prescription_list, name="prescriptions"),
    path("prescriptions/<uuid:prescription_id>/", prescriptions.prescription, name="prescription"),
    path("prescriptions/<uuid:prescription_id>/pdf", prescriptions.prescription_pdf, name="prescription-pdf"),
    path("prescriptions/<uuid:prescription_id>/cancel", prescriptions.prescription_cancel, name="prescription-cancel"),
    path("prescriptions/<uuid:prescription_id>/end", prescriptions.prescription_end, name="prescription-end"),
    path("prescriptions/<uuid:prescription_id>/hand-out", dispensing.hand_out, name="hand-out"),
    path("dispenses/<uuid:dispense_id>/take-back", dispensing.take_back, name="take-back"),
    path("visits/<uuid:encounter_id>/prescribe", prescriptions.prescribe, name="prescribe"),
    path("visits/<uuid:encounter_id>/prescriptions", panels.desk_panel, name="desk-panel"),
    path("patients/<uuid:patient_id>/prescriptions", panels.chart_panel, name="chart-panel"),
    path("today", panels.dashboard_panel, name="dashboard-panel"),
    path("today/reorder", panels.reorder_panel, name="reorder-panel"),
    path("stock/", stock.stock_list, name="stock"),
    path("stock/add", stock.medicine_add, name="medicine-add"),
    path("stock/<uuid:product_id>/", stock.product, name="product"),
    path("stock/<uuid:product_id>/receive", stock.stock_receive, name="stock-receive"),
    path("stock/<uuid:product_id>/change", stock.product_change, name="product-change"),
    path("lots/<uuid:batch_id>/count", stock.stock_count, name="stock-count"),
    path("lots/<uuid:batch_id>/waste", stock.stock_waste, name="stock-waste"),
]
