"""What nobody does alone with the stock above their limit, and what a second person sees of it."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hms.core import approvals
from hms.core.approvals import Subject
from hms.core.models import Approval, User
from hms.core.templatetags.hms import money
from pharmacy.models import Batch, Product
from pharmacy.services import formulary, stock

DAY = timedelta(days=1)  # what is counted or thrown away of a product in a day is one act


def register() -> None:
    for key, label, act in (
        ("pharmacy.adjustment", gettext_lazy("Count of stock"), stock.adjust),
        ("pharmacy.waste", gettext_lazy("Stock thrown away"), stock.throw_away),
    ):
        approvals.register(key, label=label, permission="pharmacy.adjust_stock", act=act, subject=_batch, window=DAY)

    approvals.register(
        "pharmacy.price",
        label=gettext_lazy("Price of a new medicine"),
        permission="pharmacy.add_medicine",
        act=formulary.confirm_price,
        subject=_product,
    )


def _product(user: User, approval: Approval) -> Subject | None:
    if not user.has_perm("pharmacy.view_stock"):
        return None
    rows = Product.objects.visible_to(user).select_related("medicine", "service")
    found = rows.filter(pk=approval.subject_id).first()
    if found is None:
        return None
    return Subject(
        url=reverse("pharmacy:product", args=[found.pk]),
        lines=[
            (_("Medicine"), str(found.medicine)),
            (_("Charged now, for one"), money(found.service.price, approval.currency)),
            (_("In use"), _("Since it was added. If you say no, have accounting change the price, too.")),
        ],
    )


def _batch(user: User, approval: Approval) -> Subject | None:
    if not user.has_perm("pharmacy.view_stock"):
        return None
    rows = Batch.objects.visible_to(user).select_related("product__medicine", "product__service", "balance")
    found = rows.filter(pk=approval.subject_id).first()
    if found is None:
        return None
    asked = approval.arguments
    quantity = asked["difference"] if "difference" in asked else -asked["quantity"]
    unit = found.product.medicine.unit
    return Subject(
        url=reverse("pharmacy:product", args=[found.product_id]),
        lines=[
            (_("Medicine"), str(found.product.medicine)),
            (_("Lot"), found.number),
            (_("Expires"), found.expires_on.strftime("%d %b %Y")),
            (_("In stock now"), f"{found.balance.quantity} {unit}"),
            (_("Change"), f"{quantity:+d} {unit}".replace("-", "\u2212")),
            (_("Value of one"), money(stock.value_of_one(found), approval.currency)),
        ],
    )
