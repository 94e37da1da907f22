from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from hms.core import held, panels
        from interop import actions
        from interop.models import SourceRecord

        actions.register()
        held.points_at(SourceRecord, "object_type", "object_id")
        panels.register(
            "audit-exports",
            title=_("FHIR"),
            url_name="interop:audit-export",
            permission="core.view_auditevent",
            order=10,
        )
