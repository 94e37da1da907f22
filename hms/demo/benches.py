"""The laboratory of the demonstration: orders, specimens, results, reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from billing.models import Charge
from hms.core.models import User
from hms.demo.scene import Scene
from laboratory import flags
from laboratory.models import DiagnosticReport, LabOrder, Result, Specimen, TestDefinition
from patients.models import Encounter, Observation, Patient
from patients.models.clinical import ObservationCategory

SPOILED = ["Clotted", "Haemolysed", "Not labelled at the bedside", "Too little blood"]


class Benches:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.ranges = {code: list(test.ranges.all()) for code, test in scene.house.tests.items()}

    def order(
        self,
        visit: Encounter,
        doctor: User,
        codes: list[str],
        asked: datetime,
        *,
        question: str,
        stage: str = "verified",
        spoiled: bool = False,
    ) -> list[Charge]:
        """An order that has come as far as `stage`; returns the charges that stand. With `spoiled` the
        first specimen was rejected and taken again."""
        scene = self.scene
        taken, entered = (scene.past(asked + timedelta(minutes=n)) for n in (9, 50))
        # What is measured at night is verified in the morning.
        verified = scene.when("pathologist", scene.past(asked + timedelta(minutes=75)))
        if stage == "verified" and verified > scene.now:
            stage = "entered"
        order = LabOrder(
            facility=scene.facility,
            patient_id=visit.patient_id,
            encounter=visit,
            ordered_by=doctor,
            ordered_at=asked,
            priority="urgent" if visit.kind == "emergency" or scene.dice.random() < 0.12 else "routine",
            question=question,
            status=stage,
            cancelled_reason="Ordered twice" if stage == "cancelled" else "",
            created_at=asked,
        )
        scene.rows.add(scene.books.numbered(order, "LAB", asked))
        technician = scene.some("lab_technician", taken)
        tests = [scene.house.tests[code] for code in codes]
        if stage in ("ordered", "cancelled"):
            for test in tests:
                scene.rows.add(Result(order=order, test=test, status=stage, unit=test.unit, created_at=asked))
            return []
        if spoiled:
            self._spoil(order, visit, tests[0], technician, scene.past(asked + timedelta(minutes=4)))
        charges, observed = [], []
        specimens: dict[str, Specimen] = {}
        for test in tests:
            if test.specimen not in specimens:
                specimens[test.specimen] = self._specimen(order, test, technician, taken)
            result = Result(
                order=order,
                test=test,
                specimen=specimens[test.specimen],
                status=stage,
                unit=test.unit,
                created_at=asked,
            )
            charges.append(scene.books.charge(technician, visit, result, test.service, taken, description=test.name))
            if stage != "collected":
                self._measure(result, visit.patient, entered, technician)
            if stage == "verified":
                observed.append(self._verify(result, visit, taken, verified))
            scene.rows.add(result)
        if stage == "verified":
            self._report(order, visit, observed, verified)
        return charges

    def _specimen(self, order: LabOrder, test: TestDefinition, by: User, at: datetime) -> Specimen:
        specimen = Specimen(order=order, kind=test.specimen, collected_by=by, collected_at=at, created_at=at)

        def give(value: int) -> None:
            specimen.accession = f"{self.scene.facility.code}{value:08d}"

        self.scene.books.later("SPECIMEN", at, give)
        return self.scene.rows.add(specimen)

    def _spoil(self, order: LabOrder, visit: Encounter, test: TestDefinition, by: User, at: datetime) -> None:
        scene = self.scene
        specimen = self._specimen(order, test, by, at)
        specimen.rejected_at = scene.past(at + timedelta(minutes=3))
        specimen.rejected_reason = scene.dice.choice(SPOILED)
        result = scene.rows.add(
            Result(order=order, test=test, specimen=specimen, status="cancelled", unit=test.unit, created_at=at)
        )
        charge = scene.books.charge(by, visit, result, test.service, at, description=test.name)
        scene.books.take_back(by, charge, specimen.rejected_at, specimen.rejected_reason)

    def _measure(self, result: Result, patient: Patient, at: datetime, technician: User) -> None:
        dice = self.scene.dice
        row = flags.fitting(
            self.ranges[result.test.code], sex=patient.sex, born=patient.birth_date, on=self.scene.day_of(at)
        )
        if result.test.numeric:
            low = float(row.low) if row and row.low is not None else 0.0
            high = float(row.high) if row and row.high is not None else low * 2 + 5
            middle, spread = (low + high) / 2, (high - low) / 3.4 or 1
            places = Decimal(1).scaleb(-result.test.decimals)
            result.value = Decimal(str(max(dice.gauss(middle, spread), low * 0.5, 0.1))).quantize(places)
            result.value_text = str(result.value)
        else:
            usual = row.usual_text if row else "negative"
            result.value_text = usual if dice.random() < 0.75 else "positive"
        result.range_text = row.text if row else ""
        result.flag = flags.flag(row, result.value, result.value_text)
        result.entered_by = technician
        result.entered_at = at

    def _verify(self, result: Result, visit: Encounter, taken: datetime, at: datetime) -> Observation:
        pathologist = self.scene.some("pathologist", at)
        result.verified_by = pathologist
        result.verified_at = at
        result.observation = self.scene.rows.add(
            Observation(
                patient_id=visit.patient_id,
                encounter=visit,
                recorded_by=pathologist,
                category=ObservationCategory.LABORATORY,
                code=result.test.loinc,
                display=result.test.name,
                value=result.value,
                value_text=result.value_text,
                unit=result.test.unit,
                observed_at=taken,
                created_at=at,
            )
        )
        return result.observation

    def _report(self, order: LabOrder, visit: Encounter, observed: list[Observation], at: datetime) -> None:
        report = self.scene.rows.add(
            DiagnosticReport(
                facility=self.scene.facility,
                patient_id=visit.patient_id,
                encounter=visit,
                order=order,
                issued_at=at,
                created_at=at,
            )
        )
        through = DiagnosticReport.observations.through
        for observation in observed:
            self.scene.rows.add(through(diagnosticreport_id=report.pk, observation_id=observation.pk))


def name_reports(reports: list[DiagnosticReport]) -> None:
    """A report is called after its order, once that has its number."""
    for report in reports:
        report.title = f"Laboratory report {report.order.number}"
