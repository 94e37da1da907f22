"""What the oracle asks of the appointment book."""

from hms.core import oracle


def register() -> None:
    for who in ("doctor", "patient"):
        oracle.register(
            f"appointments: no {who} twice at one time",
            oracle.query(
                f"""
                select a.id, b.id from appointments_appointment a join appointments_appointment b
                on a.{who}_id = b.{who}_id and a.id < b.id and a.period && b.period
                where a.status in ('booked', 'arrived', 'fulfilled') and b.status in ('booked', 'arrived', 'fulfilled')
                """,
                f"Appointments {{0}} and {{1}} overlap for one {who}.",
            ),
        )
    oracle.register(
        "appointments: the visit is the one that was booked",
        oracle.query(
            """
            select a.id, a.kind, e.kind from appointments_appointment a join patients_encounter e on e.id = a.encounter_id
            where a.patient_id <> e.patient_id or a.facility_id <> e.facility_id
            or (a.kind = 'video') <> (e.kind = 'virtual')
            """,
            "Appointment {0} ({1}) has a visit of another patient, place or kind ({2}).",
        ),
    )
    oracle.register(
        "numbers: queue tokens",
        oracle.query(
            """
            select d.code, t.day, max(t.number), count(*) from appointments_queuetoken t
            join core_department d on d.id = t.department_id
            group by d.id, t.day having max(t.number) <> count(*) or min(t.number) <> 1
            """,
            "Tokens of {0} on {1}: the last is {2}, there are {3}.",
        ),
    )
