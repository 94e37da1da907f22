from django.urls import path

from wards import views

app_name = "wards"

urlpatterns = [
    path("", views.board, name="board"),
    path("today", views.dashboard_panel, name="dashboard-panel"),
    path("today/patients", views.patients_panel, name="patients-panel"),
    path("admit", views.admit_whom, name="admit-whom"),
    path("<uuid:ward_id>/", views.board, name="ward"),
    path("beds/<uuid:bed_id>/state", views.bed_state, name="bed-state"),
    path("patients/<uuid:patient_id>/admit", views.admit, name="admit"),
    path("patients/<uuid:patient_id>/stays", views.chart_panel, name="chart-panel"),
    path("visits/<uuid:encounter_id>/stay", views.stay, name="stay"),
    path("stays/<uuid:admission_id>/", views.admission, name="admission"),
    path("stays/<uuid:admission_id>/transfer", views.transfer, name="transfer"),
    path("stays/<uuid:admission_id>/discharge", views.discharge, name="discharge"),
    path("stays/<uuid:admission_id>/cancel", views.cancel, name="cancel"),
    path("stays/<uuid:admission_id>/note", views.note_write, name="note-write"),
    path("notes/<uuid:nursing_note_id>/correct", views.note_correct, name="note-correct"),
    path("stays/<uuid:admission_id>/summary", views.summary_pdf, name="summary-pdf"),
]
