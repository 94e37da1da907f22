"""What the oracle asks of the pharmacy."""

from billing.faults import acts_without_charge, charges_without_act
from hms.core import oracle
from hms.core.faults import acts_without_approval, gaps
from pharmacy.models import Prescription


def register() -> None:
    oracle.register(
        "stock: balances are the sum of their movements",
        oracle.query(
            """
            select b.batch_id, b.quantity, coalesce(m.sum, 0) from pharmacy_stockbalance b
            left join (select batch_id, sum(quantity) from pharmacy_stockmovement group by 1) m on m.batch_id = b.batch_id
            where b.quantity <> coalesce(m.sum, 0)
            """,
            "Lot {0} holds {1}, its movements say {2}.",
        ),
    )
    oracle.register(
        "stock: nothing expired was handed out",
        oracle.query(
            """
            select l.id, b.number from pharmacy_dispenseline l join pharmacy_batch b on b.id = l.batch_id
            join pharmacy_dispense d on d.id = l.dispense_id where b.expires_on < d.handed_out_at::date
            """,
            "Dispense line {0} took from lot {1} after it had expired.",
        ),
    )
    oracle.register(
        "prescriptions: dispensed is what was handed out",
        oracle.query(
            """
            select p.id, p.dispensed, coalesce(sum(l.quantity), 0) from pharmacy_prescriptionline p
            left join (pharmacy_dispenseline l join pharmacy_dispense d on d.id = l.dispense_id and d.reversed_at is null)
                on l.line_id = p.id
            group by 1, 2 having p.dispensed <> coalesce(sum(l.quantity), 0)
            """,
            "Prescription line {0} says {1} were dispensed, handed out were {2}.",
        ),
    )
    acts_without_approval(
        "approvals: counts and waste of stock",
        "pharmacy.stockmovement",
        "select id, created_at as at, null::numeric as amount, id::text as label from pharmacy_stockmovement"
        " where kind in ('adjustment', 'waste')",
    )
    acts_without_charge(
        "charges: everything dispensed",
        "pharmacy.dispenseline",
        "select l.id from pharmacy_dispenseline l join pharmacy_dispense d on d.id = l.dispense_id"
        " where d.reversed_at is null",
    )
    charges_without_act("charges: no dispense charge without its act", "pharmacy.dispenseline", "pharmacy_dispenseline")
    oracle.register("numbers: prescriptions", gaps("Prescriptions", Prescription, "RX"))
    oracle.register(
        "pharmacy: nothing waits for a cancelled visit",
        oracle.query(
            """
            select w.number from pharmacy_prescription w join patients_encounter e on e.id = w.encounter_id
            where w.status in ('prescribed', 'partly_dispensed') and e.status = 'cancelled' and not exists (
                select from core_outboxmessage m where m.done_at is null and m.dead_at is null
                and m.payload ->> 'encounter_id' = e.id::text)
            """,
            "Prescription {0} waits, and its visit was cancelled.",
        ),
    )
