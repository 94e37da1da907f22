"""The formulary: which medicines there are, and which of them a facility stocks at what price."""

from __future__ import annotations

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from billing.models.services import Service, ServiceCategory
from billing.services import prices
from hms.core import approvals, audit, money
from hms.core.models import Approval, User
from hms.core.refusals import Refused
from pharmacy.models import Medicine, Product
from pharmacy.services import stock
from pharmacy.wording import refuse_misread

LONGEST_NAME = Service._meta.get_field("name").max_length  # as it stands on a bill
LONGEST_ALLERGEN = Medicine._meta.get_field("allergens").base_field.max_length


@transaction.atomic
def add_medicine(
    actor: User,
    *,
    name: str,
    strength: str,
    form: str,
    unit: str,
    allergens: list[str],
    price: Decimal,
    reorder_level: int,
    reorder_quantity: int,
    reason: str = "",
) -> Product:
    """Stock a medicine in this facility; the medicine itself is shared by the network. It is in use at once, because
    it may be needed tonight; where its price is above one's limit, those who approve prices are told, and it stands
    among the requests until one of them has looked at it (`confirm_price`).

    Refuses one that is stocked here already, a strength in words that are often misread, and what no bill has room for.
    """
    refuse_misread(strength, field="strength")
    if any(len(word) > LONGEST_ALLERGEN for word in allergens):
        raise Refused(_("At most %(n)s letters for each of them.") % {"n": LONGEST_ALLERGEN}, field="allergens")
    medicine, _made = Medicine.objects.get_or_create(
        name=name.strip(), strength=strength.strip(), form=form, defaults={"unit": unit, "allergens": allergens}
    )
    if len(str(medicine)) > LONGEST_NAME:
        raise Refused(
            _("Ingredient, strength and form together: at most %(n)s letters.") % {"n": LONGEST_NAME}, field="name"
        )
    if Product.objects.filter(facility=actor.facility, medicine=medicine).exists():
        raise Refused(_("This medicine is stocked here already."), field="name")
    code = f"RX-{str(medicine.pk)[-12:].upper()}"
    service = prices.ensure(
        actor.facility, code=code, name=str(medicine), category=ServiceCategory.PHARMACY, price=money.rounded(price)
    )
    product = Product.objects.create(
        facility=actor.facility,
        medicine=medicine,
        service=service,
        reorder_level=reorder_level,
        reorder_quantity=reorder_quantity,
    )
    audit.record(actor, "pharmacy.product.added", product, reason=reason)
    confirm_price(actor, product_id=product.pk, price=service.price, reason=reason)
    return product


@transaction.atomic
def confirm_price(actor: User, *, product_id: object, price: Decimal | str, reason: str = "") -> Product | Approval:
    """Stand by the price at which a medicine was added. Above one's limit a second person does it; refuses a price
    that was changed since. Nothing is charged otherwise by it. Locks: the product."""
    product = (
        Product.objects.select_for_update(of=("self",))
        .select_related("service", "medicine")
        .get(pk=product_id, facility=actor.facility)
    )
    price = money.rounded(Decimal(price))
    if product.service.price != price:
        raise Refused(_("This was changed in the meantime: it costs %(price)s now.") % {"price": product.service.price})
    asked = approvals.ask(
        actor,
        "pharmacy.price",
        subject=product,
        label=_("%(name)s, new at %(price)s") % {"name": product, "price": price},
        amount=price,
        reason=reason,
        arguments={"product_id": product.pk, "price": price},
    )
    if asked.waits:
        return asked.waits
    asked.done(product)
    audit.record(actor, "pharmacy.product.price_confirmed", product, reason=reason)
    return product


@transaction.atomic
def change_product(
    actor: User, *, product_id: object, reorder_level: int, reorder_quantity: int, active: bool
) -> Product:
    """Change when to reorder, or take a product out of use. Locks: the product."""
    product = Product.objects.select_for_update(of=("self",)).select_related("facility").get(pk=product_id)
    product.reorder_level, product.reorder_quantity, product.active = reorder_level, reorder_quantity, active
    try:
        with transaction.atomic():
            product.save(update_fields=["reorder_level", "reorder_quantity", "active"])
    except IntegrityError:
        raise Refused(_("The reorder quantity must be above zero."), field="reorder_quantity") from None
    stock.settle_alert(product)
    audit.record(actor, "pharmacy.product.changed", product, detail={"active": active})
    return product
