"""What the laboratory records, in words."""

from django.utils.translation import gettext_lazy as _

from hms.core import actions
from laboratory.models import ReferenceRange, TestDefinition


def register() -> None:
    actions.call(TestDefinition, "name")
    actions.call(ReferenceRange, "test__name")
    actions.register(
        {
            "laboratory.order.cancelled": _("Laboratory order cancelled"),
            "laboratory.order.placed": _("Laboratory tests ordered"),
            "laboratory.order.viewed": _("Laboratory order looked at"),
            "laboratory.orders.viewed": _("Laboratory orders looked at"),
            "laboratory.range.set": _("Reference range set"),
            "laboratory.report.issued": _("Laboratory report issued"),
            "laboratory.report.viewed": _("Laboratory report looked at"),
            "laboratory.result.corrected": _("Laboratory result corrected"),
            "laboratory.result.entered": _("Laboratory results entered"),
            "laboratory.result.verified": _("Laboratory results verified"),
            "laboratory.specimen.collected": _("Specimen collected"),
            "laboratory.specimen.rejected": _("Specimen rejected"),
            "laboratory.test.added": _("Laboratory test added"),
            "laboratory.test.changed": _("Laboratory test changed"),
        }
    )
