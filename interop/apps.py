from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from hms.core import panels
        from interop import actions

        actions.register()
        panels.register(
            "audit-exports",
            title=_("FHIR"),
            url_name="interop:audit-export",
            permission="core.view_auditevent",
            order=10,
        )
