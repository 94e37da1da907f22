"""Who reads what changed in prices and invoices: whoever reads them. Charges, payments and credits never change."""

from django.urls import reverse

from billing.models import Invoice, Service
from hms.core import history
from patients import banner


def register() -> None:
    history.register(
        Service, permission="billing.view_service", around=lambda user, row: {"back": reverse("billing:services")}
    )
    history.register(
        Invoice,
        permission="billing.view_invoice",
        rows=lambda user: Invoice.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=lambda user, row: banner.around(user, row.patient, back=reverse("billing:invoice", args=[row.pk])),
    )
