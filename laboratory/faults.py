"""What the oracle asks of the laboratory."""

from billing.faults import acts_without_charge, charges_without_act
from hms.core import oracle
from hms.core.faults import gaps, runs
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
    oracle.register(
        "numbers: specimens",
        runs(
            "Accession numbers",
            "SPECIMEN",
            "select f.code, substr(s.accession, length(f.code) + 1)::int from laboratory_specimen s"
            " join laboratory_laborder o on o.id = s.order_id join core_facility f on f.id = o.facility_id",
        ),
    )
    oracle.register(
        "laboratory: nothing is left of a rejected specimen",
        oracle.query(
            "select s.accession, r.status from laboratory_specimen s join laboratory_result r on r.specimen_id = s.id"
            " where s.rejected_at is not null and r.status <> 'cancelled'",
            "Specimen {0} was rejected, and a result of it is {1}.",
        ),
    )
    oracle.register(
        "laboratory: an order is as far as its least result",
        oracle.query(
            """
            select o.number, o.status from laboratory_laborder o join lateral (
                select case min(array_position(array['ordered','collected','entered','verified'], r.status::text))
                    when 1 then 'ordered' when 2 then 'collected' when 3 then 'entered' when 4 then 'verified'
                    else 'cancelled' end as least
                from laboratory_result r where r.order_id = o.id) r on true
            where o.status <> r.least
            """,
            "Order {0} is {1}, its results say otherwise.",
        ),
    )
