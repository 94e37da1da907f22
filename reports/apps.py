from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        from hms.core import panels
        from reports import actions

        actions.register()
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
        self._audit()

    def _audit(self) -> None:
        """What the auditor works with."""
        from hms.core import panels

        panels.register(
            "dashboard",
            title=_("The audit today"),
            url_name="reports:audit-panel",
            permission="core.view_auditevent",
            order=70,
        )
        for name, label, icon, order in (
            ("audit", _("Audit"), "eye", 90),
            ("audit-findings", _("Unusual access"), "exclamation-diamond", 91),
        ):
            panels.navigation(
                name, label=label, url_name=f"reports:{name}", icon=icon, permission="core.view_auditevent", order=order
            )
        panels.register(
            "chart-acts",
            title=_("Who looked at this record"),
            url_name="reports:audit-of-patient",
            permission="core.view_auditevent",
            order=10,
        )
        panels.register(
            "chart-acts",
            title=_("Give out the record"),
            url_name="reports:record-release",
            permission="patients.release_record",
            order=30,
        )
        panels.register(
            "chart-acts",
            title=_("What was given out"),
            url_name="reports:disclosures",
            permission="core.view_auditevent",
            order=20,
        )
