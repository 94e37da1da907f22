from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "hms.core"
    label = "core"
    verbose_name = _("Network and access")

    def ready(self) -> None:
        from hms.core import (
            faults,
            panels,
            receivers,  # noqa: F401  (connects sign-in auditing)
        )

        faults.register()
        panels.register(
            "dashboard",
            title=_("The audit today"),
            url_name="core:audit-panel",
            permission="core.view_auditevent",
            order=70,
        )
        panels.register(
            "dashboard",
            title=_("The system"),
            url_name="core:system-panel",
            permission="core.view_outboxmessage",
            order=45,
        )
