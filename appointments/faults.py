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
