"""Handing out, and taking back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from hms.core import access, asking, clock
from hms.core.acts import once
from hms.core.forms import ReasonForm
from patients import banner
from pharmacy.forms import HandOutForm
from pharmacy.models import Dispense, Product
from pharmacy.services import dispensing
from pharmacy.views.prescriptions import around, find
from staff import licences


@access.needs("pharmacy.dispense")
@once
def hand_out(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    found = find(request, prescription_id)
    form = HandOutForm(request.POST or None, prescription=found)
    if form.carried_out(lambda data: dispensing.hand_out(request.user, prescription_id=found.pk, **data)):
        messages.success(request, _("Handed out and charged."))
        return redirect("pharmacy:prescription", found.pk)
    today = clock.today(request.user.facility)
    there = {
        product.pk: product
        for product in Product.objects.visible_to(request.user)
        .filter(prescription_lines__prescription=found)
        .with_stock(today)
    }
    for line in form.lines:  # nobody is offered to hand out what is not on the shelf
        form.initial[f"line-{line.pk}"] = min(
            line.left, there[line.product_id].usable if line.product_id in there else 0
        )
    rows = [(line, field, there.get(line.product_id)) for line, field in form.rows()]
    context = {
        "form": form,
        "rows": rows,
        "prescription": found,
        "banner": banner.of(request.user, found.patient),
        "notice": licences.notice(request.user, licences.Act.DISPENSE),
    }
    return render(request, "pharmacy/hand_out.html", context)


@access.needs("pharmacy.dispense")
@once
def take_back(request: HttpRequest, dispense_id: UUID) -> HttpResponse:
    dispense = access.find(
        request, Dispense.objects.visible_to(request.user).select_related("prescription__patient"), dispense_id
    )
    form = ReasonForm(request.POST or None)
    if form.carried_out(lambda data: dispensing.take_back(request.user, dispense_id=dispense.pk, **data)):
        messages.success(request, _("Taken back: stock returned, charges reversed or credited."))
        return redirect("pharmacy:prescription", dispense.prescription_id)
    return asking.confirm(
        request,
        form,
        heading=_("Take back what was handed out"),
        question=_("Take back this dispense?"),
        detail=_("The goods return to stock. The charges are reversed, or credited where they are invoiced."),
        label=_("Take back"),
        **around(request, dispense.prescription),
    )
