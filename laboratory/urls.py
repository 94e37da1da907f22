from django.urls import path

from laboratory import views

app_name = "laboratory"

urlpatterns = [
    path("orders/", views.order_list, name="orders"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/collect", views.collect, name="collect"),
    path("orders/<uuid:order_id>/enter", views.results_enter, name="results-enter"),
    path("orders/<uuid:order_id>/verify", views.results_verify, name="results-verify"),
    path("orders/<uuid:order_id>/cancel", views.order_cancel, name="order-cancel"),
    path("results/<uuid:result_id>/correct", views.result_correct, name="result-correct"),
    path("specimens/<uuid:specimen_id>/label", views.label_pdf, name="label-pdf"),
    path("specimens/<uuid:specimen_id>/reject", views.specimen_reject, name="specimen-reject"),
    path("reports/<uuid:report_id>/", views.report, name="report"),
    path("reports/<uuid:report_id>/pdf", views.report_pdf, name="report-pdf"),
    path("visits/<uuid:encounter_id>/order", views.order_place, name="order-place"),
    path("visits/<uuid:encounter_id>/orders", views.desk_panel, name="desk-panel"),
    path("patients/<uuid:patient_id>/orders", views.chart_panel, name="chart-panel"),
    path("today", views.dashboard_panel, name="dashboard-panel"),
    path("tests/", views.test_list, name="tests"),
    path("tests/add", views.test_add, name="test-add"),
    path("tests/<uuid:test_id>/", views.test, name="test"),
    path("tests/<uuid:test_id>/change", views.test_change, name="test-change"),
    path("tests/<uuid:test_id>/ranges/add", views.range_add, name="range-add"),
    path("ranges/<uuid:range_id>/change", views.range_change, name="range-change"),
]
