from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from hms.core import panels

        panels.register(
            "dashboard",
            title=_("The day at a glance"),
            url_name="reports:dashboard-panel",
            permission="reports.view_day",
            order=10,
        )
        pages = [
            ("day", _("The day"), "sun", "view_day", 80),
            ("revenue", _("Revenue"), "graph-up", "view_revenue", 81),
            ("appointments", _("Appointment figures"), "calendar-range", "view_appointments", 82),
            ("doctors", _("Doctors' work"), "clipboard-data", "view_doctors", 83),
        ]
        for name, label, icon, permission, order in pages:
            panels.navigation(
                f"report-{name}",
                label=label,
                url_name=f"reports:{name}",
                icon=icon,
                permission=f"reports.{permission}",
                order=order,
            )
