"""What the pharmacy records, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions
from pharmacy.models import Batch, Medicine, Product


def register() -> None:
    actions.call(Medicine, "name", "strength")
    actions.call(Product, "medicine__name", "medicine__strength")
    actions.call(Batch, "product__medicine__name", "product__medicine__strength", "number")
    actions.register(
        {
            "pharmacy.dispense.handed_out": _("Medicine handed out"),
            "pharmacy.dispense.taken_back": _("Medicine taken back"),
            "pharmacy.prescription.cancelled": _("Prescription cancelled"),
            "pharmacy.prescription.ended": _("Prescription ended"),
            "pharmacy.prescription.searched": _("Prescriptions searched"),
            "pharmacy.prescription.viewed": _("Prescription looked at"),
            "pharmacy.prescription.written": _("Prescription written"),
            "pharmacy.prescriptions.viewed": _("Prescriptions looked at"),
            "pharmacy.product.added": _("Product added"),
            "pharmacy.product.price_confirmed": _("Price of a new medicine confirmed"),
            "pharmacy.product.changed": _("Product or its price changed"),
            "pharmacy.stock.counted": _("Stock counted"),
            "pharmacy.stock.received": _("Stock received"),
            "pharmacy.stock.thrown_away": _("Stock thrown away"),
        }
    )
