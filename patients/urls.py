from django.urls import path, re_path

from patients.views import record, registry, visits

app_name = "patients"

urlpatterns = [
    path("", registry.patient_list, name="list"),
    path("register", registry.register, name="register"),
    path("register/duplicates", registry.register_duplicates, name="register-duplicates"),
    path("bring-over", registry.bring_over, name="bring-over"),
    path("diagnoses", record.diagnosis_search, name="diagnosis-search"),
    path("visits/", visits.visit_list, name="visits"),
    path("visits/<uuid:encounter_id>/", visits.visit, name="visit"),
    path("visits/<uuid:encounter_id>/vitals", visits.vitals_record, name="vitals-record"),
    path("visits/<uuid:encounter_id>/close", visits.visit_close, name="visit-close"),
    path("visits/<uuid:encounter_id>/cancel", visits.visit_cancel, name="visit-cancel"),
    path("visits/<uuid:encounter_id>/reopen", visits.visit_reopen, name="visit-reopen"),
    path("visits/<uuid:encounter_id>/plan", visits.care_plan_add, name="care-plan-add"),
    path("plans/<uuid:plan_id>/end", visits.care_plan_end, name="care-plan-end"),
    path("notes/<uuid:note_id>/amend", visits.note_amend, name="note-amend"),
    path("notes/<uuid:note_id>/error", visits.note_error, name="note-error"),
    path("contacts/<uuid:contact_id>/end", registry.contact_end, name="contact-end"),
    path("problems/<uuid:condition_id>/resolve", record.problem_resolve, name="problem-resolve"),
    re_path(
        rf"^(?P<kind>{'|'.join(record.MARKABLE)})/(?P<record_id>[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/error$", record.mark_error, name="mark-error"
    ),
    path("<uuid:patient_id>/", registry.chart, name="chart"),
    path("<uuid:patient_id>/person", registry.chart_person, name="chart-person"),
    path("<uuid:patient_id>/edit", registry.edit, name="edit"),
    path("<uuid:patient_id>/deactivate", registry.deactivate, name="deactivate"),
    path("<uuid:patient_id>/reactivate", registry.reactivate, name="reactivate"),
    path("<uuid:patient_id>/contacts/add", registry.contact_add, name="contact-add"),
    path("<uuid:patient_id>/numbers/add", registry.identifier_add, name="identifier-add"),
    path("<uuid:patient_id>/visit", visits.visit_open, name="visit-open"),
    path("<uuid:patient_id>/allergies", record.chart_allergies, name="chart-allergies"),
    path("<uuid:patient_id>/allergies/add", record.allergy_add, name="allergy-add"),
    path("<uuid:patient_id>/allergies/none", record.allergies_none, name="allergies-none"),
    path("<uuid:patient_id>/problems", record.chart_problems, name="chart-problems"),
    path("<uuid:patient_id>/problems/add", record.problem_add, name="problem-add"),
    path("<uuid:patient_id>/medicines", record.chart_medicines, name="chart-medicines"),
    path("<uuid:patient_id>/medicines/add", record.medicine_add, name="medicine-add"),
    path("<uuid:patient_id>/vitals", record.chart_vitals, name="chart-vitals"),
    path("<uuid:patient_id>/observations", record.observations, name="observations"),
    path("<uuid:patient_id>/visits", record.chart_visits, name="chart-visits"),
    path("<uuid:patient_id>/notes", record.chart_notes, name="chart-notes"),
    path("<uuid:patient_id>/prevention", record.chart_prevention, name="chart-prevention"),
    path("<uuid:patient_id>/prevention/add", record.immunization_add, name="immunization-add"),
]
