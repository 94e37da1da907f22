"""The map of the house. Each app's routes stand under its own name."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from hms.core import access

handler400 = "hms.core.views.errors.bad_request"
handler403 = "hms.core.views.errors.permission_denied"
handler404 = "hms.core.views.errors.page_not_found"
handler500 = "hms.core.views.errors.server_error"

urlpatterns = [
    path("", include("hms.core.urls")),
    path("accounts/", include("hms.core.account_urls")),
    path("patients/", include("patients.urls")),
    path("doctors/", include("doctors.urls")),
    path("appointments/", include("appointments.urls")),
    path("queue/", include("appointments.queue_urls")),
    path("laboratory/", include("laboratory.urls")),
    path("pharmacy/", include("pharmacy.urls")),
    path("wards/", include("wards.urls")),
    path("billing/", include("billing.urls")),
    path("staff/", include("staff.urls")),
    path("reports/", include("reports.urls")),
    path("interop/", include("interop.urls")),
    # One door: the admin's own sign-in leads to the house's.
    path(
        "admin/login/",
        access.public(require_safe(RedirectView.as_view(pattern_name="account_login", query_string=True))),
        name="admin-login",
    ),
    path("admin/", admin.site.urls),
]
