"""Who reads what changed in the formulary, the stock's master data and prescriptions: whoever reads them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from hms.core import history
from hms.core.models import User
from hms.core.templatetags.hms import day
from patients import banner, care
from pharmacy.models import Batch, Dispense, Medicine, Prescription, PrescriptionLine, Product


def _prescription(user: User, row: Any) -> dict[str, Any]:
    prescription = row if isinstance(row, Prescription) else row.prescription
    back = reverse("pharmacy:prescription", args=[prescription.pk])
    return banner.around(user, prescription.patient, back=back)


def register() -> None:
    history.name(Product, related=("medicine",))
    history.name(PrescriptionLine, related=("product__medicine",))
    history.name(
        Dispense, lambda row: f"{row.prescription.number}, {day(row.handed_out_at)}", related=("prescription",)
    )
    history.register(Medicine, permission="pharmacy.view_medicine", rows=lambda user: Medicine.objects.all())
    stock = ("pharmacy.view_stock", "pharmacy.view_product", "pharmacy.view_batch")
    history.register(
        Product,
        permission=stock[:2],
        rows=lambda user: Product.objects.visible_to(user).select_related("medicine"),
        around=_product,
    )
    history.register(
        Batch,
        permission=(stock[0], stock[2]),
        around=_product,
    )
    seen = "pharmacy.view_prescription"
    history.register(
        Prescription,
        permission=seen,
        rows=lambda user: Prescription.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=_prescription,
    )
    history.register(
        PrescriptionLine,
        permission=seen,
        rows=lambda user: PrescriptionLine.objects.filter(
            care.scope(user, "prescription__patient_id"), prescription__facility=user.facility
        ).select_related("prescription__patient", "product__medicine"),
        patient="prescription__patient_id",
        around=_prescription,
    )
    history.register(
        Dispense,
        permission=seen,
        rows=lambda user: Dispense.objects.filter(care.scope(user), facility=user.facility).select_related(
            "prescription__patient"
        ),
        patient="patient_id",
        around=_prescription,
    )


def _product(user: User, row: Any) -> dict[str, Any]:
    return {"back": reverse("pharmacy:stock") if user.has_perm("pharmacy.view_stock") else ""}
