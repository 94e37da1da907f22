"""Writing a prescription, and taking it back before it is dispensed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from doctors.paper import signer
from hms.core import audit, clock, documents, notify, numbering
from hms.core.models import Document, DocumentKind, Paper, User
from hms.core.refusals import Refused
from patients.models.encounter import EncounterStatus
from patients.paper import allergies as allergy_box
from patients.paper import identity, weight
from patients.services.encounters import locked, locked_open
from pharmacy import allergies
from pharmacy.models import AllergyCheck, Prescription, PrescriptionLine, PrescriptionStatus, Product
from pharmacy.wording import refuse_misread
from staff import licences

# What nobody may be handed any more, or the rest of it.
TAKEN_BACK = {PrescriptionStatus.CANCELLED, PrescriptionStatus.ENDED}


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

    Refuses a prescriber without a valid licence; a medicine the patient is allergic to, unless the reason is given; a medicine twice; one
    that is out of use; a dose in words that are often misread. Where nobody asked for allergies, the line says "not checked".
    Locks: the encounter, then the number counter.
    """
    encounter = locked_open(encounter_id)
    licences.demand(actor, act=licences.Act.PRESCRIBE)
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
    """The A5 prescription. One that was taken back before it was ever drawn is withdrawn at once."""
    patient, facility = prescription.patient, prescription.facility
    paper = documents.issue(
        actor,
        kind=DocumentKind.PRESCRIPTION,
        source=prescription,
        number=prescription.number,
        title=str(_("Prescription")),
        template="print/prescription.html",
        paper=Paper.A5,
        facility=facility,
        dated=prescription.prescribed_at,
        snapshot={
            "patient": identity(patient, at=prescription.prescribed_at),
            "allergies": allergy_box(patient),
            "weight": weight(patient, at=prescription.prescribed_at),
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
    if prescription.status in TAKEN_BACK:
        documents.withdraw(actor, source=prescription, kind=DocumentKind.PRESCRIPTION)
    return paper


def locked_prescription(prescription_id: object) -> Prescription:
    """The encounter's lock, then the prescription's."""
    locked(Prescription.objects.values_list("encounter_id", flat=True).get(pk=prescription_id))
    return (
        Prescription.objects.select_for_update(of=("self",))
        .select_related("facility", "encounter", "prescriber")
        .get(pk=prescription_id)
    )


@transaction.atomic
def cancel(actor: User, *, prescription_id: object, reason: str) -> Prescription:
    """Take a prescription back. Refuses once something was dispensed: then the rest of it is ended.

    Locks: the encounter, then the prescription, then its paper, which is withdrawn.
    """
    prescription = locked_prescription(prescription_id)
    if prescription.status == PrescriptionStatus.PARTLY:
        raise Refused(_("A part of this prescription was dispensed. End the rest of it instead."))
    if prescription.status != PrescriptionStatus.PRESCRIBED:
        raise Refused(_("Only a prescription of which nothing was dispensed can be cancelled."))
    return _end(actor, prescription, PrescriptionStatus.CANCELLED, "cancelled", reason)


@transaction.atomic
def end(actor: User, *, prescription_id: object, reason: str) -> Prescription:
    """Nothing more is handed out on a prescription that was dispensed in part; what was, stays.

    Refuses any other. Locks: the encounter, then the prescription, then its paper, which is withdrawn.
    """
    prescription = locked_prescription(prescription_id)
    if prescription.status != PrescriptionStatus.PARTLY:
        raise Refused(_("Only a prescription that was dispensed in part can be ended."))
    return _end(actor, prescription, PrescriptionStatus.ENDED, "ended", reason)


@transaction.atomic
def release(actor: User, *, encounter_id: object) -> int:
    """The visit was cancelled: of its prescriptions, those that wait are cancelled; returns how many. Done
    twice it is done once. Locks: the encounter, then each prescription, by id."""
    encounter = locked(encounter_id)
    if encounter.status != EncounterStatus.CANCELLED:
        return 0
    waiting = Prescription.objects.filter(encounter=encounter, status=PrescriptionStatus.PRESCRIBED).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True))
    for prescription_id in ids:
        reason = _("The visit was cancelled: %(reason)s") % {"reason": encounter.end_reason}
        cancel(actor, prescription_id=prescription_id, reason=reason[:300])
    return len(ids)


def _end(actor: User, prescription: Prescription, status: PrescriptionStatus, verb: str, reason: str) -> Prescription:
    prescription.status = status
    prescription.end_reason = reason
    prescription.save(update_fields=["status", "end_reason"])
    documents.withdraw(actor, source=prescription, kind=DocumentKind.PRESCRIPTION)
    if prescription.prescriber_id != actor.pk:
        notify.person(
            prescription.prescriber,
            prescription.facility,
            text=_("Prescription %(number)s: %(status)s by %(name)s")
            % {"number": prescription.number, "status": status.label.lower(), "name": actor.name},
            url=f"/pharmacy/prescriptions/{prescription.pk}/",
        )
    audit.record(actor, f"pharmacy.prescription.{verb}", prescription, reason=reason)
    return prescription
