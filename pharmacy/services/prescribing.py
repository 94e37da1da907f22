"""Writing a prescription, and taking it back before it is dispensed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from doctors.paper import signer
from hms.core import audit, clock, documents, numbering
from hms.core.models import Document, DocumentKind, Paper, User
from hms.core.refusals import Refused
from patients.paper import allergies as allergy_box
from patients.paper import identity
from patients.services.encounters import locked_open
from pharmacy import allergies
from pharmacy.models import AllergyCheck, Prescription, PrescriptionLine, PrescriptionStatus, Product
from pharmacy.wording import refuse_misread


@dataclass(frozen=True)
class Line:
    """One medicine to prescribe. `quantity` in the medicine's unit."""

    product_id: UUID
    dosage: str
    days: int
    quantity: int
    override_reason: str = ""


@transaction.atomic
def prescribe(actor: User, *, encounter_id: object, lines: list[Line], advice: str = "") -> Prescription:
    """Prescribe within an open visit and draw the paper.

    Refuses a medicine the patient is allergic to, unless the reason is given; a medicine twice; one
    that is out of use; a dose in words that are often misread. Where nobody asked for allergies, the line says "not checked".
    Locks: the encounter, then the number counter.
    """
    encounter = locked_open(encounter_id)
    if not lines:
        raise Refused(_("Add at least one medicine."))
    products = {
        product.pk: product
        for product in Product.objects.filter(
            pk__in=[line.product_id for line in lines], facility=encounter.facility, active=True
        ).select_related("medicine")
    }
    if len(products) != len(lines):
        raise Refused(_("A medicine is listed twice, or is not in use here. Remove it."))
    written = []
    for position, line in enumerate(lines, start=1):
        product = products[line.product_id]
        refuse_misread(line.dosage, field=f"dosage-{position}")
        checked = allergies.check(encounter.patient, product.medicine)
        if checked.conflicts and not line.override_reason.strip():
            raise Refused(
                _(
                    "The patient is allergic: %(allergy)s. Choose another medicine than %(medicine)s, or give the reason why not."
                )
                % {"allergy": "; ".join(str(found) for found in checked.conflicts), "medicine": product.medicine},
                field=f"override_reason-{position}",
            )
        written.append(
            PrescriptionLine(
                product=product,
                position=position,
                dosage=line.dosage,
                days=line.days,
                quantity=line.quantity,
                allergy_check=checked.state,
                override_reason=line.override_reason if checked.state == AllergyCheck.OVERRIDDEN else "",
            )
        )
    prescription = Prescription(
        facility=encounter.facility,
        patient=encounter.patient,
        encounter=encounter,
        prescriber=actor,
        advice=advice,
        prescribed_at=clock.now(),
        number=numbering.next_number(encounter.facility, "RX"),
    )
    prescription.save(force_insert=True)
    for line in written:
        line.prescription = prescription
    PrescriptionLine.objects.bulk_create(written)
    draw(actor, prescription)
    audit.record(
        actor,
        "pharmacy.prescription.written",
        prescription,
        detail={"lines": len(written), "checks": sorted({str(line.allergy_check) for line in written})},
    )
    return prescription


def draw(actor: User, prescription: Prescription) -> Document:
    """The A5 prescription."""
    patient, facility = prescription.patient, prescription.facility
    return documents.issue(
        actor,
        kind=DocumentKind.PRESCRIPTION,
        source=prescription,
        number=prescription.number,
        title=str(_("Prescription")),
        template="print/prescription.html",
        paper=Paper.A5,
        facility=facility,
        snapshot={
            "patient": identity(patient),
            "allergies": allergy_box(patient),
            "lines": [
                {
                    "position": line.position,
                    "medicine": str(line.product.medicine),
                    "dosage": line.dosage,
                    "days": line.days,
                    "quantity": f"{line.quantity} {line.product.medicine.unit}",
                    "override_reason": line.override_reason,
                }
                for line in prescription.lines.select_related("product__medicine")
            ],
            "advice": prescription.advice,
            "prescriber": signer(prescription.prescriber),
        },
        patient_id=patient.pk,
    )


@transaction.atomic
def cancel(actor: User, *, prescription_id: object, reason: str) -> Prescription:
    """Take a prescription back. Refuses once something was dispensed. Locks: the encounter, then the prescription,
    then its paper, which is withdrawn."""
    found = Prescription.objects.select_related("encounter").get(pk=prescription_id)
    type(found.encounter).objects.select_for_update().get(pk=found.encounter_id)
    prescription = Prescription.objects.select_for_update().get(pk=prescription_id)
    if prescription.status != PrescriptionStatus.PRESCRIBED:
        raise Refused(_("Only a prescription of which nothing was dispensed can be cancelled."))
    prescription.status = PrescriptionStatus.CANCELLED
    prescription.cancelled_reason = reason
    prescription.save(update_fields=["status", "cancelled_reason"])
    documents.withdraw(actor, source=prescription, kind=DocumentKind.PRESCRIPTION)
    audit.record(actor, "pharmacy.prescription.cancelled", prescription, reason=reason)
    return prescription
