"""What the oracle asks of the laboratory."""

from billing.faults import acts_without_charge, charges_without_act
from hms.core import oracle
from hms.core.faults import gaps
from laboratory.models import LabOrder


def register() -> None:
    acts_without_charge(
        "charges: every specimen taken",
        "laboratory.result",
        "select id from laboratory_result where status in ('collected', 'entered', 'verified')",
    )
    charges_without_act("charges: no laboratory charge without its act", "laboratory.result", "laboratory_result")
    oracle.register(
        "laboratory: verified results are in the chart",
        oracle.query(
            "select id from laboratory_result where status = 'verified' and observation_id is null",
            "Result {0} is verified and not in the chart.",
        ),
    )
    oracle.register("numbers: laboratory orders", gaps("Laboratory orders", LabOrder, "LAB"))
    oracle.register(
        "laboratory: nothing waits for a cancelled visit",
        oracle.query(
            """
            select w.number from laboratory_laborder w join patients_encounter e on e.id = w.encounter_id
            where w.status in ('ordered', 'collected', 'entered') and e.status = 'cancelled' and not exists (
                select from core_outboxmessage m where m.done_at is null and m.dead_at is null
                and m.payload ->> 'encounter_id' = e.id::text)
            """,
            "Laboratory order {0} waits, and its visit was cancelled.",
        ),
    )
