"""The pharmacy of the demonstration: prescriptions under the allergy rule, and what is handed out."""

from __future__ import annotations

from datetime import datetime, timedelta

from billing.models import Charge
from hms.core.models import User
from hms.demo.formulary import INSTEAD
from hms.demo.scene import Scene
from patients.models import Encounter, Patient
from pharmacy import allergies
from pharmacy.allergies import Checked
from pharmacy.models import AllergyCheck, Dispense, DispenseLine, Prescription, PrescriptionLine

IN_SPITE = [
    "Took it last year without a reaction",
    "Mild rash many years ago, benefit outweighs it; patient informed",
    "No alternative in stock; first dose under observation",
]


class Counter:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.bearable = 0

    def prescribe(
        self, visit: Encounter, doctor: User, medicines: list[tuple], at: datetime, *, cancelled: bool = False
    ) -> list[PrescriptionLine]:
        """Prescribe what the story says, and return its lines; where an allergy speaks against it, something else, or with a reason."""
        scene = self.scene
        prescription = Prescription(
            facility=scene.facility,
            patient_id=visit.patient_id,
            encounter=visit,
            prescriber=doctor,
            status="cancelled" if cancelled else "prescribed",
            end_reason="Written for the wrong patient" if cancelled else "",
            prescribed_at=at,
            created_at=at,
        )
        lines: list[PrescriptionLine] = []
        for name, dosage, days, quantity in medicines:
            wanted, checked, reason = self._allowed(visit.patient, (name, dosage, days, quantity))
            if any(line.product == scene.house.products[wanted[0]] for line in lines):
                continue
            lines.append(
                PrescriptionLine(
                    prescription=prescription,
                    product=scene.house.products[wanted[0]],
                    position=len(lines) + 1,
                    dosage=wanted[1],
                    days=wanted[2],
                    quantity=wanted[3],
                    allergy_check=checked.state,
                    override_reason=reason,
                    created_at=at,
                )
            )
        scene.rows.add(scene.books.numbered(prescription, "RX", at))
        for line in lines:
            scene.rows.add(line)
        return lines

    def _allowed(self, patient: Patient, wanted: tuple) -> tuple[tuple, Checked, str]:
        """The medicine, what the rule says of it, and the reason to give it all the same."""
        checked = self._checked(patient, wanted[0])
        if not checked.conflicts:
            return wanted, checked, ""
        bearable = _bearable(checked)
        self.bearable += bearable
        other = INSTEAD.get(wanted[0])
        if (
            other
            and not (bearable and self.bearable % 3 == 1)
            and not (found := self._checked(patient, other[0])).conflicts
        ):
            return other, found, ""
        return wanted, checked, self.scene.dice.choice(IN_SPITE)

    def borne_badly(self, patient: Patient, medicines: list[tuple]) -> bool:
        """Whether one of these is against a mild allergy of theirs."""
        return any(_bearable(self._checked(patient, name)) for name, *_how in medicines)

    def _checked(self, patient: Patient, name: str) -> Checked:
        known = self.scene.allergies.get(patient.pk, [])
        asked = patient.no_known_allergies is not None
        if not known:
            return Checked(AllergyCheck.CLEAR if asked else AllergyCheck.NOT_CHECKED, [])
        return allergies.judged(known, self.scene.house.products[name].medicine, asked=asked)

    def hand_out(self, lines: list[PrescriptionLine], at: datetime, *, part: float = 1.0) -> list[Charge]:
        """Hand out what is prescribed, or that part of each line; returns the charges."""
        scene, prescription = self.scene, lines[0].prescription
        pharmacist = scene.some("pharmacist", at)
        dispense = Dispense(
            facility=scene.facility,
            patient_id=prescription.patient_id,
            prescription=prescription,
            handed_out_by=pharmacist,
            handed_out_at=at,
            created_at=at,
        )
        charges = []
        for line in lines:
            quantity = max(int((line.quantity - line.dispensed) * part), 1)
            for batch, took in scene.shelf.take(line.product, quantity, at, dispense):
                handed = scene.rows.add(
                    DispenseLine(dispense=dispense, line=line, batch=batch, quantity=took, created_at=at)
                )
                line.dispensed += took
                charges.append(
                    scene.books.charge(
                        pharmacist,
                        prescription.encounter,
                        handed,
                        line.product.service,
                        at,
                        quantity=took,
                        description=str(line.product.medicine),
                    )
                )
        if charges:
            scene.rows.add(dispense)
        left = sum(line.quantity - line.dispensed for line in lines)
        prescription.status = "dispensed" if not left else "partly_dispensed" if charges else "prescribed"
        return charges

    def end(self, lines: list[PrescriptionLine]) -> None:
        """The patient does not come for the rest."""
        prescription = lines[0].prescription
        if prescription.status == "partly_dispensed":
            prescription.status, prescription.end_reason = "ended", "Feels well, does not want the rest"

    def hand_out_wrongly(self, lines: list[PrescriptionLine], at: datetime) -> None:
        """Handed to the wrong person and taken back minutes later: stock returns, charges are reversed."""
        scene = self.scene
        charges = self.hand_out(lines, at)
        if not charges:
            return
        dispense = scene.rows.of(Dispense)[-1]
        moment = scene.past(at + timedelta(minutes=6))
        dispense.reversed_at, dispense.reversed_reason = moment, "Handed to the wrong person, unopened"
        given = scene.rows.of(DispenseLine)[-len(charges) :]
        scene.shelf.put_back([(row.batch, row.quantity) for row in given], moment, dispense, dispense.reversed_reason)
        for charge in charges:
            scene.books.take_back(dispense.handed_out_by, charge, moment, dispense.reversed_reason)
        for line in lines:
            line.dispensed = 0
        lines[0].prescription.status = "prescribed"


def _bearable(checked: Checked) -> bool:
    return bool(checked.conflicts) and all(allergy.criticality == "low" for allergy in checked.conflicts)
