"""A charge that is wrong, and one that was reversed by mistake."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from billing.forms import ReverseChargeForm
from billing.models import Charge
from billing.services import charges
from hms.core import access, approvals, asking
from hms.core.acts import once
from patients import banner


@access.needs("billing.reverse_charge")
@once
def charge_reverse(request: HttpRequest, charge_id: UUID) -> HttpResponse:
    charge = access.find(
        request, Charge.objects.visible_to(request.user).select_related("patient", "encounter"), charge_id
    )
    form = ReverseChargeForm(request.POST or None)
    if form.carried_out(lambda data: charges.reverse(request.user, charge_id=charge.pk, **data)):
        asking.answered(request, form.result, _("Charge reversed."))
        return redirect("billing:desk-panel", charge.encounter_id)
    return asking.confirm(
        request,
        form,
        heading=_("Reverse a charge"),
        question=_("Reverse “%(what)s” of %(amount)s?") % {"what": charge.description, "amount": charge.amount},
        detail=_("Both the charge and its reversal stay in the books. Where it is invoiced, a credit note is issued.")
        + " "
        + _("The act itself stays: it is charged again, undone where it was done, or free of charge if you say so."),
        label=_("Reverse the charge"),
        note=approvals.own_limit(request.user, "billing.charge_reversal"),
        **banner.around(request.user, charge.patient),
    )


@access.needs("billing.reverse_charge")
@once
@require_POST
def charge_again(request: HttpRequest, charge_id: UUID) -> HttpResponse:
    """For a charge that was reversed by mistake."""
    charge = access.find(request, Charge.objects.visible_to(request.user), charge_id)
    charges.charge_again(request.user, charge_id=charge.pk)
    messages.success(request, _("Charged again."))
    return redirect("billing:desk-panel", charge.encounter_id)
