from django.db import migrations

from hms.core.appendonly import forbid_changes

# Checked at commit, once the last entry of a transaction is there.
SUMS_TO_ZERO = """
create function billing_ledger_sums_to_zero() returns trigger language plpgsql as $$
declare
    total numeric;
begin
    select coalesce(sum(amount), 0) into total from billing_ledgerentry where transaction_id = new.transaction_id;
    if total <> 0 then
        raise exception 'ledger transaction % does not sum to zero but to %', new.transaction_id, total
            using errcode = 'check_violation', constraint = 'billing_ledger_sums_to_zero';
    end if;
    return null;
end $$;
create constraint trigger billing_ledger_sums_to_zero after insert on billing_ledgerentry
    deferrable initially deferred for each row execute function billing_ledger_sums_to_zero();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_initial"), ("core", "0002_append_only")]

    operations = [
        migrations.RunSQL(
            SUMS_TO_ZERO,
            "drop trigger billing_ledger_sums_to_zero on billing_ledgerentry; drop function billing_ledger_sums_to_zero()",
        ),
        *[
            forbid_changes(f"billing_{name}")
            for name in ("charge", "invoiceline", "payment", "creditnote", "ledgertransaction", "ledgerentry")
        ],
    ]
