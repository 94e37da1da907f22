from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PharmacyConfig(AppConfig):
    name = "pharmacy"

    def ready(self) -> None:
        from django.urls import reverse

        from billing import uses
        from hms.core import access, held, outbox, panels, setup
        from patients import amendable, care, holds
        from patients.services import encounters
        from pharmacy import actions, erasures, faults, histories, relations, second_person, waiting
        from pharmacy.models import Prescription, Product, StockMovement
        from pharmacy.services import stock

        care.register("prescription", permission="pharmacy.dispense", rows=relations.prescribed_here)
        amendable.register(
            Prescription,
            label=_("Prescription"),
            permission="pharmacy.prescribe",
            day="prescribed_at",
            author="prescriber_id",
            said="number",
            facility="facility",
        )
        access.concerns(
            prescription_id="pharmacy.Prescription",
            dispense_id="pharmacy.Dispense",
        )
        actions.register()
        erasures.register()
        histories.register()
        held.points_at(StockMovement, "source_type", "source_id")
        faults.register()
        second_person.register()
        uses.register(waiting.uses)
        outbox.register(encounters.CANCELLED, "pharmacy.receivers.visit_cancelled")
        outbox.register(stock.FELL, "pharmacy.receivers.stock_fell")
        holds.register(open_work=waiting.open_work)
        seen = "pharmacy.view_prescription"
        panels.register("chart", title=_("Prescriptions"), url_name="pharmacy:chart-panel", permission=seen, order=40)
        panels.register("desk", title=_("Prescriptions"), url_name="pharmacy:desk-panel", permission=seen, order=20)
        panels.register(
            "dashboard",
            title=_("Pharmacy"),
            url_name="pharmacy:dashboard-panel",
            permission="pharmacy.dispense",
            order=20,
        )
        panels.register(
            "dashboard",
            title=_("To reorder"),
            url_name="pharmacy:reorder-panel",
            permission="pharmacy.view_reorderalert",
            order=25,
            column="side",
        )
        panels.searches(_("Stock"), permission="pharmacy.view_stock", order=40, find=waiting.hits)
        panels.navigation(
            "prescriptions",
            label=_("Prescriptions"),
            url_name="pharmacy:prescriptions",
            icon="capsule",
            permission=seen,
            order=50,
            count=waiting.prescriptions,
        )
        panels.navigation(
            "stock",
            label=_("Stock"),
            url_name="pharmacy:stock",
            icon="box-seam",
            permission="pharmacy.view_stock",
            order=55,
            count=waiting.alerts,
            urgent=True,
        )
        setup.step(
            "medicines",
            label=_("Medicines"),
            text=_("What can be prescribed and dispensed, with price and reorder level."),
            permission="pharmacy.add_medicine",
            order=60,
            url=lambda facility: reverse("pharmacy:medicine-add"),
            done=lambda facility: Product.objects.filter(facility=facility),
            optional=True,
        )
