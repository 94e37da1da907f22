"""What the cash desk and the books record, in words."""

from django.utils.translation import gettext_lazy as _

from billing.models import Service
from hms.core import actions


def register() -> None:
    actions.call(Service, "name")
    actions.register(
        {
            "billing.account.viewed": _("Patient's account looked at"),
            "billing.charge.posted": _("Charge posted"),
            "billing.charge.reversed": _("Charge reversed"),
            "billing.invoice.credited": _("Credit note issued"),
            "billing.invoice.issued": _("Invoice issued"),
            "billing.invoice.viewed": _("Invoice looked at"),
            "billing.payment.refunded": _("Money given back"),
            "billing.payment.reversed": _("Payment reversed"),
            "billing.payment.taken": _("Payment taken"),
            "billing.service.added": _("Service added to the price list"),
            "billing.service.changed": _("Service or its price changed"),
        }
    )
