"""What the oracle asks of the patients and their visits."""

from django.db import connection

from hms.core import numbering, oracle
from hms.core.faults import runs

# A visit and a registration may be written by two servers whose clocks differ by so much.
CLOCKS = "interval '5 minutes'"


def register() -> None:
    oracle.register(
        "numbers: MRNs",
        runs("MRNs", "MRN", "select split_part(mrn, '-', 1), split_part(mrn, '-', 2)::int from patients_patient"),
    )
    oracle.register("numbers: MRNs have their check digits", mistyped)
    oracle.register(
        "visits: nobody was seen before they were registered",
        oracle.query(
            f"""
            select e.id from patients_encounter e join patients_patient p on p.id = e.patient_id
            where not e.imported and e.started_at < p.created_at - {CLOCKS}
            """,
            "Visit {0} began before its patient was registered.",
        ),
    )
    oracle.register(
        "visits: notes and diagnoses belong to the visit's patient",
        oracle.query(
            """
            select 'Note', n.id from patients_clinicalnote n join patients_encounter e on e.id = n.encounter_id
            where n.patient_id <> e.patient_id
            union all select 'Condition', c.id from patients_condition c join patients_encounter e
            on e.id = c.encounter_id where c.patient_id <> e.patient_id
            """,
            "{0} {1} is of another patient than its visit.",
        ),
    )


def mistyped() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("select id, split_part(mrn, '-', 2), split_part(mrn, '-', 3) from patients_patient")
        return [
            f"The check digit of the MRN of patient {pk} is wrong."
            for pk, digits, check in cursor.fetchall()
            if str(numbering.check_digit(digits)) != check
        ]
