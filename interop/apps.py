from django.apps import AppConfig


class InteropConfig(AppConfig):
    name = "interop"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from hms.core import given, held, panels
        from interop import actions, erasures
        from interop.models import SourceRecord, UnresolvedReference

        actions.register()
        erasures.register()
        held.points_at(SourceRecord, "object_type", "object_id")
        given.keep_back(UnresolvedReference, "candidates", why=_("keys of rows that may be another patient's"))
        panels.register(
            "audit-exports",
            title=_("FHIR"),
            url_name="interop:audit-export",
            permission="core.view_auditevent",
            order=10,
        )
