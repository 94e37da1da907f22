from django.urls import path

from reports.views import audit, figures, record

app_name = "reports"

urlpatterns = [
    path("", figures.day, name="day"),
    path("revenue", figures.revenue, name="revenue"),
    path("appointments", figures.appointments, name="appointments"),
    path("doctors", figures.doctors, name="doctors"),
    path("today", figures.dashboard_panel, name="dashboard-panel"),
    path("audit/", audit.audit_list, name="audit"),
    path("audit/today", audit.audit_panel, name="audit-panel"),
    path("record/<uuid:patient_id>", record.record_release, name="record-release"),
    path("audit/search", audit.audit_search, name="audit-search"),
    path("audit/findings", audit.audit_findings, name="audit-findings"),
    path("audit/findings/verdict", audit.audit_judge, name="audit-judge"),
    path("audit/patients/<uuid:patient_id>/", audit.audit_of_patient, name="audit-of-patient"),
    path("audit/patients/<uuid:patient_id>/disclosures", audit.disclosure_list, name="disclosures"),
    path("audit/patients/<uuid:patient_id>/disclosures.pdf", audit.disclosures_pdf, name="disclosures-pdf"),
]
