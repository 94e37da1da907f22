"""The map of the house. Each app's routes stand under its own name."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from hms.core import access
from hms.core.views.account import PasswordChange

handler400 = "hms.core.views.errors.bad_request"
handler403 = "hms.core.views.errors.permission_denied"
handler404 = "hms.core.views.errors.page_not_found"
handler500 = "hms.core.views.errors.server_error"

urlpatterns = [
    path("", include("hms.core.urls")),
    path(
        "accounts/login/", access.public(auth_views.LoginView.as_view(redirect_authenticated_user=True)), name="login"
    ),
    path("accounts/logout/", access.public(auth_views.LogoutView.as_view()), name="logout"),
    path(
        "accounts/password/",
        access.signed_in(PasswordChange.as_view(success_url="/accounts/password/done/")),
        name="password_change",
    ),
    path(
        "accounts/password/done/",
        access.signed_in(auth_views.PasswordChangeDoneView.as_view()),
        name="password_change_done",
    ),
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
    # One door: the admin's own sign-in leads to the house's.
    path(
        "admin/login/",
        access.public(require_safe(RedirectView.as_view(pattern_name="login", query_string=True))),
        name="admin-login",
    ),
    path("admin/", admin.site.urls),
]
