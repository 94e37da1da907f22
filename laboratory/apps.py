from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LaboratoryConfig(AppConfig):
    name = "laboratory"

    def ready(self) -> None:
        from django.urls import reverse

        from billing import uses
        from hms.core import access, outbox, panels, setup
        from laboratory import actions, erasures, faults, histories, relations, waiting
        from laboratory.models import DiagnosticReport, TestDefinition
        from laboratory.services import results
        from patients import amendable, care, holds
        from patients.services import encounters

        care.register("laboratory order", permission="laboratory.enter_result", rows=relations.ordered_here)
        amendable.register(
            DiagnosticReport,
            label=_("Laboratory report"),
            permission="laboratory.verify_result",
            day="issued_at",
            said="order__number",
            facility="order__facility",
        )
        access.concerns(
            order_id="laboratory.LabOrder",
            report_id="laboratory.DiagnosticReport",
            result_id="laboratory.Result:order__patient_id",
            specimen_id="laboratory.Specimen:order__patient_id",
        )
        actions.register()
        erasures.register()
        histories.register()
        faults.register()
        uses.register(waiting.uses)
        outbox.register(encounters.CANCELLED, "laboratory.receivers.visit_cancelled")
        outbox.register(results.VERIFIED, "laboratory.receivers.order_verified")
        holds.register(open_work=waiting.open_work)
        seen = "laboratory.view_laborder"
        panels.register("chart", title=_("Laboratory"), url_name="laboratory:chart-panel", permission=seen, order=30)
        panels.register("desk", title=_("Laboratory"), url_name="laboratory:desk-panel", permission=seen, order=10)
        panels.register(
            "dashboard",
            title=_("Laboratory"),
            url_name="laboratory:dashboard-panel",
            permission="laboratory.enter_result",
            order=20,
        )
        panels.searches(_("Laboratory"), permission=seen, order=30, find=waiting.hits)
        panels.searches(_("Tests"), permission="laboratory.view_testdefinition", order=40, find=waiting.catalogue_hits)
        panels.navigation(
            "laboratory",
            label=_("Laboratory"),
            url_name="laboratory:orders",
            icon="droplet-half",
            permission=seen,
            order=45,
            count=waiting.orders,
        )
        panels.navigation(
            "tests",
            label=_("Tests"),
            url_name="laboratory:tests",
            icon="list-check",
            permission="laboratory.view_testdefinition",
            order=46,
        )
        setup.step(
            "tests",
            label=_("Laboratory tests"),
            text=_("What can be ordered, with unit, price and usual values."),
            permission="laboratory.add_testdefinition",
            order=50,
            url=lambda facility: reverse("laboratory:test-add"),
            done=lambda facility: TestDefinition.objects.filter(facility=facility),
            optional=True,
        )
