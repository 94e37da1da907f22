"""Who reads what changed in orders, results and the catalogue: whoever reads them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from hms.core import history
from hms.core.models import User
from laboratory.models import DiagnosticReport, LabOrder, ReferenceRange, Result, Specimen, TestDefinition
from patients import banner, care


def _order(user: User, row: Any) -> dict[str, Any]:
    order = row if isinstance(row, LabOrder) else row.order
    return banner.around(user, order.patient, back=reverse("laboratory:order", args=[order.pk]))


def _report(user: User, row: DiagnosticReport) -> dict[str, Any]:
    return banner.around(user, row.patient, back=reverse("laboratory:report", args=[row.pk]))


def _test(user: User, row: Any) -> dict[str, Any]:
    return {"back": reverse("laboratory:test", args=[row.test_id if isinstance(row, ReferenceRange) else row.pk])}


def register() -> None:
    history.name(Result, related=("test",))
    seen = "laboratory.view_laborder"
    history.register(
        LabOrder,
        permission=seen,
        rows=lambda user: LabOrder.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=_order,
    )
    for model, more in ((Specimen, ()), (Result, ("test",))):
        history.register(
            model,
            permission=seen,
            rows=lambda user, model=model, more=more: model.objects.filter(
                care.scope(user, "order__patient_id"), order__facility=user.facility
            ).select_related("order__patient", *more),
            patient="order__patient_id",
            around=_order,
        )
    history.register(
        DiagnosticReport,
        permission=seen,
        rows=lambda user: DiagnosticReport.objects.visible_to(user).select_related("patient"),
        patient="patient_id",
        around=_report,
    )
    history.register(TestDefinition, permission="laboratory.view_testdefinition", around=_test)
    history.register(
        ReferenceRange,
        permission=("laboratory.view_testdefinition", "laboratory.view_referencerange"),
        rows=lambda user: ReferenceRange.objects.filter(test__facility=user.facility),
        around=_test,
    )
