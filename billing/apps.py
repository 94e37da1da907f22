from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from django.urls import reverse

        from billing import account, actions, erasures, faults, histories, relations, second_person, waiting
        from billing import holds as own_holds
        from billing.models import LedgerTransaction, Service
        from billing.services import charges, invoices
        from hms.core import access, held, outbox, panels, setup
        from patients import banner, care, holds
        from patients.services import encounters

        care.register("invoice", permission="billing.view_account", rows=relations.invoiced, clinical=False)
        outbox.register(encounters.CLOSED, "billing.receivers.visit_closed")
        outbox.register(charges.CHARGED_AFTER_CLOSE, "billing.receivers.visit_closed")
        outbox.register(invoices.ISSUED, "billing.receivers.invoice_issued")
        holds.register(forbids_cancel=own_holds.forbids_cancel)
        access.concerns(
            charge_id="billing.Charge",
            invoice_id="billing.Invoice",
            payment_id="billing.Payment",
            credit_id="billing.CreditNote",
        )
        actions.register()
        erasures.register()
        histories.register()
        held.points_at(LedgerTransaction, "source_type", "source_id")
        faults.register()
        second_person.register()
        banner.show_balance(account.balance)
        panels.register(
            "chart", title=_("Account"), url_name="billing:chart-panel", permission="billing.view_account", order=60
        )
        panels.register(
            "desk",
            title=_("Running bill"),
            url_name="billing:desk-panel",
            permission="billing.view_account",
            order=90,
            column="side",
        )
        panels.register(
            "dashboard",
            title=_("To be paid"),
            url_name="billing:dashboard-panel",
            permission="billing.take_payment",
            order=50,
        )
        panels.navigation(
            "invoices",
            label=_("Invoices"),
            url_name="billing:invoices",
            icon="receipt",
            permission="billing.view_invoice",
            order=70,
            count=waiting.unpaid,
        )
        panels.navigation(
            "services",
            label=_("Prices"),
            url_name="billing:services",
            icon="tags",
            permission="billing.view_service",
            order=75,
        )
        panels.navigation(
            "ledger",
            label=_("Ledger"),
            url_name="billing:ledger",
            icon="journal-text",
            permission="billing.view_ledger",
            order=76,
        )
        setup.step(
            "services",
            label=_("Services and prices"),
            text=_("What is charged: consultations, procedures, bed-days."),
            permission="billing.add_service",
            order=40,
            url=lambda facility: reverse("billing:service-add"),
            done=lambda facility: Service.objects.filter(facility=facility),
        )
