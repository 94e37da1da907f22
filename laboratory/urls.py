from django.urls import path

from laboratory.views import catalogue, orders, panels, results

app_name = "laboratory"

urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/collect", orders.collect, name="collect"),
    path("orders/<uuid:order_id>/enter", results.results_enter, name="results-enter"),
    path("orders/<uuid:order_id>/verify", results.results_verify, name="results-verify"),
    path("orders/<uuid:order_id>/cancel", orders.order_cancel, name="order-cancel"),
    path("results/<uuid:result_id>/correct", results.result_correct, name="result-correct"),
    path("specimens/<uuid:specimen_id>/label", orders.label_pdf, name="label-pdf"),
    path("specimens/<uuid:specimen_id>/reject", orders.specimen_reject, name="specimen-reject"),
    path("reports/<uuid:report_id>/", results.report, name="report"),
    path("reports/<uuid:report_id>/pdf", results.report_pdf, name="report-pdf"),
    path("visits/<uuid:encounter_id>/order", orders.order_place, name="order-place"),
    path("visits/<uuid:encounter_id>/orders", panels.desk_panel, name="desk-panel"),
    path("patients/<uuid:patient_id>/orders", panels.chart_panel, name="chart-panel"),
    path("today", panels.dashboard_panel, name="dashboard-panel"),
    path("tests/", catalogue.test_list, name="tests"),
    path("tests/add", catalogue.test_add, name="test-add"),
    path("tests/<uuid:test_id>/", catalogue.test, name="test"),
    path("tests/<uuid:test_id>/change", catalogue.test_change, name="test-change"),
    path("tests/<uuid:test_id>/ranges/add", catalogue.range_add, name="range-add"),
    path("ranges/<uuid:range_id>/change", catalogue.range_change, name="range-change"),
]
