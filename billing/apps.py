from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing import holds as own_holds
        from billing.services import charges, invoices
        from hms.core import outbox
        from patients import holds
        from patients.services import encounters

        outbox.register(encounters.CLOSED, "billing.receivers.visit_closed")
        outbox.register(charges.CHARGED_AFTER_CLOSE, "billing.receivers.visit_closed")
        outbox.register(invoices.ISSUED, "billing.receivers.invoice_issued")
        holds.register(forbids_cancel=own_holds.forbids_cancel)
