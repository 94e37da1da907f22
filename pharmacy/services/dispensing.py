"""Over the counter: stock goes, the charge comes, in one transaction."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.services import charges
from hms.core import audit, clock
from hms.core.models import User
from hms.core.refusals import Refused
from pharmacy.models import (
    OPEN_PRESCRIPTIONS,
    Dispense,
    DispenseLine,
    Prescription,
    PrescriptionLine,
    PrescriptionStatus,
)
from pharmacy.services import stock
from pharmacy.services.prescribing import locked_prescription
from staff import licences


@transaction.atomic
def hand_out(actor: User, *, prescription_id: object, quantities: dict[UUID, int]) -> Dispense:
    """Hand out medicines of a prescription (`quantities` by line id) and charge them.

    First-expiring batches go first. Refuses more than is prescribed or in stock, and a pharmacist without
    a valid licence.
    Locks: the encounter, the prescription, then the balances of all its batches, by batch id.
    """
    prescription = locked_prescription(prescription_id)
    if prescription.status not in OPEN_PRESCRIPTIONS:
        raise Refused(
            _("This prescription is %(status)s already.") % {"status": prescription.get_status_display().lower()}
        )
    licences.demand(actor, act=licences.Act.DISPENSE)
    lines = list(
        PrescriptionLine.objects.filter(prescription=prescription, pk__in=quantities)
        .select_related("product__medicine", "product__service", "product__facility")
        .order_by("position")
    )
    wanted = [(line, quantities[line.pk]) for line in lines if quantities[line.pk] > 0]
    if not wanted:
        raise Refused(_("Enter how much is handed out of at least one medicine."))
    for line, quantity in wanted:
        if quantity > line.left:
            raise Refused(
                _("Only %(left)s of %(medicine)s are left on this prescription.")
                % {"left": line.left, "medicine": line.product.medicine}
            )
    dispense = Dispense.objects.create(
        facility=prescription.facility,
        patient_id=prescription.patient_id,
        prescription=prescription,
        handed_out_by=actor,
        handed_out_at=clock.now(),
    )
    taken = stock.take(actor, wanted=[(line.product, quantity) for line, quantity in wanted], source=dispense)
    for (line, quantity), parts in zip(wanted, taken, strict=True):
        for batch, part in parts:
            given = DispenseLine.objects.create(dispense=dispense, line=line, batch=batch, quantity=part)
            charges.post(
                actor,
                encounter=prescription.encounter,
                source=given,
                service=line.product.service,
                quantity=part,
                description=str(line.product.medicine),
            )
        line.dispensed += quantity
        line.save(update_fields=["dispensed"])
    _settle(prescription)
    audit.record(actor, "pharmacy.dispense.handed_out", dispense, detail={"lines": len(wanted)})
    return dispense


def _settle(prescription: Prescription) -> None:
    """Set the status by what is left; under the prescription's lock. One that was ended stays so."""
    if prescription.status == PrescriptionStatus.ENDED:
        return
    lines = list(prescription.lines.all())
    if all(line.left == 0 for line in lines):
        prescription.status = PrescriptionStatus.DISPENSED
    elif any(line.dispensed for line in lines):
        prescription.status = PrescriptionStatus.PARTLY
    else:
        prescription.status = PrescriptionStatus.PRESCRIBED
    prescription.save(update_fields=["status"])


@transaction.atomic
def take_back(actor: User, *, dispense_id: object, reason: str) -> Dispense:
    """Undo a dispense: stock returns, its charges are reversed, or credited where they were invoiced.

    Refuses what was taken back already. Locks: the encounter, the prescription, the dispense, the balances
    by batch id, then the invoices.
    """
    prescription = locked_prescription(Dispense.objects.values_list("prescription_id", flat=True).get(pk=dispense_id))
    dispense = Dispense.objects.select_for_update().get(pk=dispense_id)
    if dispense.reversed_at:
        raise Refused(_("This was taken back already."))
    lines = list(dispense.lines.select_related("batch__product__facility", "line"))
    stock.put_back(actor, returned=[(given.batch, given.quantity) for given in lines], source=dispense, reason=reason)
    for given in lines:
        PrescriptionLine.objects.filter(pk=given.line_id).update(dispensed=F("dispensed") - given.quantity)
    dispense.reversed_at = clock.now()
    dispense.reversed_reason = reason
    dispense.save(update_fields=["reversed_at", "reversed_reason"])
    _settle(prescription)
    charges.undo(actor, sources=lines, reason=reason)
    audit.record(actor, "pharmacy.dispense.taken_back", dispense, reason=reason)
    return dispense
