from django.urls import path

from staff.views import attendance, employees, panels, roster

app_name = "staff"

urlpatterns = [
    path("", employees.employees, name="employees"),
    path("hire", employees.hire, name="hire"),
    path("today/papers", panels.papers, name="papers-panel"),
    path("today/missing", panels.missing, name="missing-panel"),
    path("today/unplanned", panels.unplanned, name="unplanned-panel"),
    path("roster/", roster.roster_day, name="roster-day"),
    path("roster/week", roster.roster_week, name="roster-week"),
    path("roster/plan", roster.plan_roster, name="plan-roster"),
    path("roster/<uuid:entry_id>/unplan", roster.unplan, name="unplan"),
    path("roster/on-duty", roster.on_duty, name="on-duty"),
    path("roster/shifts", roster.shifts, name="shifts"),
    path("roster/shifts/new", roster.set_shift, name="new-shift"),
    path("roster/shifts/<uuid:shift_id>", roster.set_shift, name="set-shift"),
    path("roster/me/in", attendance.own_clock_in, name="own-clock-in"),
    path("roster/me/out", attendance.own_clock_out, name="own-clock-out"),
    path("attendance/<uuid:attendance_id>/correct", attendance.correct_attendance, name="correct-attendance"),
    path("attendance/<uuid:attendance_id>/void", attendance.void_attendance, name="void-attendance"),
    path("credentials/<uuid:credential_id>/withdraw", employees.credential_withdraw, name="credential-withdraw"),
    path("<uuid:employee_id>/", employees.employee, name="employee"),
    path("<uuid:employee_id>/change", employees.change, name="change"),
    path("<uuid:employee_id>/leave", employees.leave, name="leave"),
    path("<uuid:employee_id>/come-back", employees.come_back, name="come-back"),
    path("<uuid:employee_id>/credentials/add", employees.credential_add, name="credential-add"),
    path("<uuid:employee_id>/in", attendance.clock_in, name="clock-in"),
    path("<uuid:employee_id>/out", attendance.clock_out, name="clock-out"),
]
