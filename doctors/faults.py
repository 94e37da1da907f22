"""What the oracle asks of the consultations."""

from billing.faults import acts_without_charge


def register() -> None:
    acts_without_charge(
        "charges: every consultation",
        "patients.encounter",
        """
        select e.id from patients_encounter e where not e.imported and e.kind <> 'inpatient' and exists (
            select from patients_clinicalnote n join staff_employee s on s.user_id = n.author_id
            join doctors_doctor d on d.employee_id = s.id
            where n.encounter_id = e.id and n.status = 'signed' and n.amends_id is null)
        """,
    )
