"""What the oracle asks of the books."""

from billing.models import CreditNote, Invoice, Payment
from hms.core import oracle
from hms.core.faults import acts_without_approval, gaps


def register() -> None:
    oracle.register(
        "ledger: every transaction sums to zero",
        oracle.query(
            "select transaction_id, sum(amount) from billing_ledgerentry group by 1 having sum(amount) <> 0",
            "Ledger transaction {0} sums to {1}.",
        ),
    )
    oracle.register(
        "ledger: every charge, invoice, payment, credit",
        oracle.query(
            """
            select 'charge', c.id from billing_charge c where amount <> 0 and not exists (select from
                billing_ledgertransaction t where t.source_id = c.id and t.source_type = 'billing.charge')
            union all select 'invoice', i.id from billing_invoice i where total <> 0 and not exists (select from
                billing_ledgertransaction t where t.source_id = i.id and t.source_type = 'billing.invoice')
            union all select 'payment', p.id from billing_payment p where not exists (select from
                billing_ledgertransaction t where t.source_id = p.id and t.source_type = 'billing.payment')
            union all select 'credit note', n.id from billing_creditnote n where not exists (select from
                billing_ledgertransaction t where t.source_id = n.id and t.source_type = 'billing.creditnote')
            """,
            "{0} {1} is not in the ledger.",
        ),
    )
    oracle.register(
        "ledger: receivables are the unpaid invoices",
        oracle.query(
            """
            select f.code, coalesce(l.sum, 0), coalesce(i.sum, 0) from core_facility f
            left join (select t.facility_id, sum(e.amount) from billing_ledgerentry e join billing_ledgertransaction t
                on t.id = e.transaction_id where e.account = 'receivable' group by 1) l on l.facility_id = f.id
            left join (select facility_id, sum(balance - due_back) from billing_invoice group by 1) i on i.facility_id = f.id
            where coalesce(l.sum, 0) <> coalesce(i.sum, 0)
            """,
            "Facility {0}: the ledger says {1} is owed, the invoices say {2}.",
        ),
    )
    oracle.register(
        "ledger: unbilled care is the uninvoiced charges",
        oracle.query(
            """
            select f.code, coalesce(l.sum, 0), coalesce(c.sum, 0) from core_facility f
            left join (select t.facility_id, sum(e.amount) from billing_ledgerentry e join billing_ledgertransaction t
                on t.id = e.transaction_id where e.account = 'unbilled' group by 1) l on l.facility_id = f.id
            left join (select c.facility_id, sum(c.amount) from billing_charge c left join billing_invoiceline n
                on n.charge_id = coalesce(c.reverses_id, c.id) where n.id is null group by 1) c on c.facility_id = f.id
            where coalesce(l.sum, 0) <> coalesce(c.sum, 0)
            """,
            "Facility {0}: the ledger says {1} is unbilled, the charges say {2}.",
        ),
    )
    oracle.register(
        "invoices: total, paid and credited add up",
        oracle.query(
            """
            select i.number, i.total, coalesce(l.sum, 0), i.paid, coalesce(p.sum, 0), i.credited, coalesce(n.sum, 0)
            from billing_invoice i
            left join (select invoice_id, sum(amount) from billing_invoiceline group by 1) l on l.invoice_id = i.id
            left join (select invoice_id, sum(amount) from billing_payment group by 1) p on p.invoice_id = i.id
            left join (select invoice_id, sum(amount) from billing_creditnote group by 1) n on n.invoice_id = i.id
            where i.total <> coalesce(l.sum, 0) or i.paid <> coalesce(p.sum, 0) or i.credited <> coalesce(n.sum, 0)
            """,
            "Invoice {0}: total {1} against lines {2}, paid {3} against payments {4}, credited {5} against notes {6}.",
        ),
    )
    oracle.register(
        "invoices: what is credited after it was paid is due back",
        oracle.query(
            "select number, due_back, paid + credited - total from billing_invoice"
            " where due_back <> greatest(paid + credited - total, 0)",
            "Invoice {0} says {1} is due back, and {2} is.",
        ),
    )
    oracle.register(
        "payments: a reversal takes back what it reverses",
        oracle.query(
            "select r.number from billing_payment r join billing_payment p on p.id = r.reverses_id"
            " where r.amount <> -p.amount or r.invoice_id <> p.invoice_id or p.reverses_id is not null",
            "Receipt {0} does not take back the payment that it reverses.",
        ),
    )
    oracle.register(
        "credits: an invoiced charge that was reversed is credited on its invoice, once",
        oracle.query(
            """
            select i.number, l.position from billing_charge r join billing_invoiceline l on l.charge_id = r.reverses_id
            join billing_invoice i on i.id = l.invoice_id left join billing_creditnote n on n.id = r.credit_note_id
            where (n.id is null and r.amount <> 0 and i.credited <> i.total) or n.invoice_id <> i.id
            union all select n.number, null from billing_creditnote n join billing_invoice i on i.id = n.invoice_id
            join billing_charge r on r.credit_note_id = n.id left join billing_invoiceline l on l.charge_id = r.reverses_id
            group by n.id, i.id having count(*) <> count(l.id) or n.amount > -sum(r.amount)
                or (n.amount < -sum(r.amount) and i.credited <> i.total)
            """,
            "{0}, line {1}: what was reversed is not what was credited.",
        ),
    )
    oracle.register(
        "charges: every line is its charge",
        oracle.query(
            """
            select i.number, l.position from billing_invoiceline l join billing_charge c on c.id = l.charge_id
            join billing_invoice i on i.id = l.invoice_id
            where l.amount <> c.amount or c.encounter_id <> i.encounter_id or c.reverses_id is not null
            """,
            "Invoice {0}, line {1} is not the charge it stands for.",
        ),
    )
    oracle.register(
        "charges: closed visits are invoiced",
        oracle.query(
            """
            select c.id from billing_charge c join patients_encounter e on e.id = c.encounter_id
            left join billing_invoiceline l on l.charge_id = c.id
            left join billing_charge r on r.reverses_id = c.id
            where e.status = 'finished' and l.id is null and r.id is null and c.reverses_id is null and not exists (
                select from core_outboxmessage m where m.done_at is null and m.dead_at is null
                and m.payload ->> 'encounter_id' = e.id::text)
            """,
            "Charge {0} belongs to a closed visit and stands on no invoice, and none is being made.",
        ),
    )
    acts_without_approval(
        "approvals: refunds and reversals of payments",
        "billing.payment",
        "select id, received_at as at, abs(amount) as amount, number as label from billing_payment"
        " where amount < 0 or reverses_id is not null",
    )
    acts_without_approval(
        "approvals: credit notes and discounts",
        "billing.creditnote",
        "select id, issued_at as at, amount, number as label from billing_creditnote n where not exists"
        " (select from billing_charge r where r.credit_note_id = n.id)",
    )
    acts_without_approval(
        "approvals: reversals and waivers of charges",
        "billing.charge",
        "select id, posted_at as at, abs(amount) as amount, id::text as label from billing_charge"
        " where reverses_id is not null and not act_undone",
    )
    oracle.register("numbers: invoices", gaps("Invoices", Invoice, "INV"))
    oracle.register("numbers: receipts", gaps("Receipts", Payment, "REC"))
    oracle.register("numbers: credit notes", gaps("Credit notes", CreditNote, "CN"))


def acts_without_charge(name: str, source_type: str, sql: str) -> None:
    """Register that for every act that stands (`sql` lists them, one id column named `id`) a charge stands
    as well. One that was reversed does not answer for it, unless it was waived: either the act was undone
    too, and is not listed, or it is to be charged again."""
    oracle.register(
        name,
        oracle.query(
            f"""
            select a.id from ({sql}) a where not exists (select from billing_charge c
                where c.source_id = a.id and c.source_type = '{source_type}' and c.reverses_id is null
                and not exists (select from billing_charge r where r.reverses_id = c.id and not r.waived))
            """,
            f"{source_type} {{0}} was done, and no charge stands for it.",
        ),
    )


def charges_without_act(name: str, source_type: str, table: str) -> None:
    """Register that every charge of this source has its act."""
    oracle.register(
        name,
        oracle.query(
            f"""
            select c.id from billing_charge c left join {table} a on a.id = c.source_id
            where c.source_type = '{source_type}' and a.id is null
            """,
            "Charge {0} has no act.",
        ),
    )
