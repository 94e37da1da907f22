from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from django.urls import reverse

        from hms.core import approvals, chapters, panels, setup
        from staff import accounts, actions, faults, histories, licences
        from staff.models import Employee

        actions.register()
        histories.register()
        faults.register()
        chapters.register("papers", licences.told)
        approvals.other_accounts(accounts.of_one_person)
        panels.navigation(
            "roster",
            label=_("Roster"),
            url_name="staff:roster-day",
            icon="calendar-week",
            permission="staff.view_roster",
            order=80,
        )
        panels.navigation(
            "staff",
            label=_("Staff"),
            url_name="staff:employees",
            icon="person-badge",
            permission="staff.view_employee",
            order=85,
        )
        panels.register(
            "dashboard",
            title=_("Papers that run out"),
            url_name="staff:papers-panel",
            permission="staff.change_employee",
            order=60,
        )
        panels.register(
            "dashboard",
            title=_("Late and absent"),
            url_name="staff:missing-panel",
            permission="staff.view_attendance",
            order=55,
        )
        panels.register(
            "dashboard",
            title=_("Next week's roster"),
            url_name="staff:unplanned-panel",
            permission="staff.change_roster",
            order=65,
        )
        panels.register(
            "dashboard",
            title=_("On duty today"),
            url_name="staff:on-duty",
            permission="staff.view_roster",
            order=80,
            column="side",
        )
        setup.step(
            "employees",
            label=_("Staff"),
            text=_("Everyone who works here, with department and profession: a doctor is hired first."),
            permission="staff.add_employee",
            order=35,
            url=lambda facility: reverse("staff:hire"),
            done=lambda facility: Employee.objects.filter(facility=facility),
        )
