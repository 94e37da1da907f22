from django.urls import path

from interop import views

app_name = "interop"

urlpatterns = [
    path("audit.ndjson", views.audit_export, name="audit-export"),
]
