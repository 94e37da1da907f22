from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "hms.core"
    label = "core"
    verbose_name = _("Network and access")

    def ready(self) -> None:
        from hms.core import (
            access,
            actions,
            faults,
            given,
            history,
            own_erasures,
            panels,
            receivers,  # noqa: F401  (connects sign-in auditing)
            tables,  # noqa: F401  (has `migrate` ask whether it can)
        )

        actions.register_own()
        own_erasures.register()
        history.register_own()
        given.register_own()
        access.concerns_by(history.leads)
        faults.register()
        post_migrate.connect(_write_erasing, sender=self, dispatch_uid="hms.core.erasing")
        panels.register(
            "dashboard",
            title=_("The system"),
            url_name="core:system-panel",
            permission="core.view_outboxmessage",
            order=45,
        )
        self._approvals()
        panels.navigation(
            "audit-anchor",
            label=_("Anchor of the audit"),
            url_name="core:anchor",
            icon="shield-lock",
            permission="core.view_auditseal",
            order=93,
        )
        self._steps()

    def _approvals(self) -> None:
        from hms.core import access, approvals, panels

        access.concerns(approval_id="core.Approval")
        panels.navigation(
            "approvals",
            label=_("Approvals"),
            url_name="core:approvals",
            icon="people",
            permission="core.view_approval",
            order=72,
            count=approvals.count_for_me,
        )
        panels.navigation(
            "requests",
            label=_("My requests"),
            url_name="core:approvals-mine",
            icon="hourglass-split",
            permission="core.ask_approval",
            order=73,
            count=approvals.count_mine,
        )
        panels.register(
            "dashboard",
            title=_("To approve"),
            url_name="core:approvals-panel",
            permission="core.decide_approval",
            order=5,
        )

    def _steps(self) -> None:
        """What an administrator does first in a new hospital."""
        from django.urls import reverse

        from hms.core import panels, setup
        from hms.core.models import Department, Facility, Membership

        panels.register(
            "dashboard",
            title=_("Set up your hospital"),
            url_name="core:setup-panel",
            permission="core.change_facility",
            order=1,
            when=setup.unfinished,
        )
        setup.step(
            "letterhead",
            label=_("Letterhead, time zone and currency"),
            text=_("Name, address, telephone and registration as they stand on invoices and reports."),
            permission="core.change_facility",
            order=10,
            url=lambda facility: reverse("admin:core_facility_change", args=[facility.pk]),
            done=lambda facility: Facility.objects.filter(pk=facility.pk).exclude(address__in=["", "-"]),
        )
        setup.step(
            "departments",
            label=_("Departments"),
            text=_("Where people work and where visits are opened: outpatients, laboratory, pharmacy, wards."),
            permission="core.add_department",
            order=20,
            url=lambda facility: reverse("admin:core_department_add"),
            done=lambda facility: Department.objects.filter(facility=facility, active=True),
        )
        setup.step(
            "people",
            label=_("People with roles"),
            text=_("A sign-in for each colleague, with a role in this facility: reception, doctor, nurse, cashier."),
            permission="core.add_user",
            order=30,
            url=lambda facility: reverse("admin:core_user_add"),
            done=lambda facility: Membership.objects.filter(facility=facility, active=True).exclude(
                role__name="administrator"
            ),
        )


def _write_erasing(**kwargs: Any) -> None:
    """When every table is there: the function that erases, from what is declared of them."""
    from hms.core import erasing

    erasing.install()
