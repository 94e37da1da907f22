from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.day, name="day"),
    path("revenue", views.revenue, name="revenue"),
    path("appointments", views.appointments, name="appointments"),
    path("doctors", views.doctors, name="doctors"),
    path("today", views.dashboard_panel, name="dashboard-panel"),
]
