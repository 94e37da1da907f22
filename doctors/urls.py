from django.urls import path

from doctors.views import desk, doctors, hours

app_name = "doctors"

urlpatterns = [
    path("", doctors.doctors, name="doctors"),
    path("add", doctors.add_doctor, name="add-doctor"),
    path("signature", doctors.set_signature, name="set-signature"),
    path("signature/remove", doctors.remove_signature, name="remove-signature"),
    path("desk/", desk.desk_day, name="desk"),
    path("desk/panel", desk.desk_panel, name="desk-panel"),
    path("desk/<uuid:encounter_id>/", desk.desk_encounter, name="desk-encounter"),
    path("desk/<uuid:encounter_id>/draft", desk.desk_draft, name="desk-draft"),
    path("desk/<uuid:encounter_id>/draft/discard", desk.discard_draft, name="discard-draft"),
    path("desk/<uuid:encounter_id>/start", desk.start, name="start"),
    path("desk/<uuid:encounter_id>/plans", desk.desk_plans, name="desk-plans"),
    path("desk/<uuid:encounter_id>/plan", desk.add_plan, name="add-plan"),
    path("desk/<uuid:encounter_id>/plans/<uuid:plan_id>/end", desk.end_plan, name="end-plan"),
    path("hours/<uuid:availability_id>/end", hours.end_availability, name="end-availability"),
    path("exceptions/<uuid:exception_id>/remove", hours.remove_exception, name="remove-exception"),
    path("<uuid:doctor_id>/", doctors.doctor, name="doctor"),
    path("<uuid:doctor_id>/change", doctors.change_doctor, name="change-doctor"),
    path("<uuid:doctor_id>/stop", doctors.stop_consulting, name="stop-consulting"),
    path("<uuid:doctor_id>/resume", doctors.resume_consulting, name="resume-consulting"),
    path("<uuid:doctor_id>/signature.png", doctors.signature, name="signature"),
    path("<uuid:doctor_id>/hours", hours.hours, name="hours"),
    path("<uuid:doctor_id>/hours/add", hours.set_availability, name="set-availability"),
    path("<uuid:doctor_id>/exceptions/add", hours.add_exception, name="add-exception"),
]
