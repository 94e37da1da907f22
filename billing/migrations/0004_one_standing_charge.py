import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What a reversal takes back, and what a charge comes after, are of the same act and service; so no two charges
# of one act stand: each but the first uses up a reversal, and each reversal answers one charge.
SAME_ACT = """
create function billing_charge_same_act() returns trigger language plpgsql as $$
begin
    perform from billing_charge c where c.id = coalesce(new.reverses_id, new.after_id)
        and c.source_type = new.source_type and c.source_id = new.source_id and c.service_id = new.service_id
        and (c.reverses_id is null) = (new.reverses_id is not null)
        and (new.reverses_id is null or c.amount = -new.amount);
    if not found then
        raise exception 'charge % does not fit the one it reverses or comes after', new.id
            using errcode = 'check_violation', constraint = 'billing_charge_same_act';
    end if;
    return new;
end $$;
create trigger billing_charge_same_act before insert on billing_charge for each row
    when (new.reverses_id is not null or new.after_id is not null) execute function billing_charge_same_act();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_books_only_grow"),
        ("core", "0003_user_title"),
        ("patients", "0003_cancel_encounter"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="charge",
            name="billing_charge_one_per_act",
        ),
        migrations.AddField(
            model_name="charge",
            name="act_undone",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="charge",
            name="after",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="next_charges",
                to="billing.charge",
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                fields=("source_type", "source_id", "service", "after", "reverses"),
                name="billing_charge_one_per_act",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("act_undone", False), ("reverses__isnull", True)),
                    models.Q(("after__isnull", True), ("reverses__isnull", False)),
                    _connector="OR",
                ),
                name="billing_charge_first_again_or_reversal",
            ),
        ),
        migrations.RunSQL(
            SAME_ACT, "drop trigger billing_charge_same_act on billing_charge; drop function billing_charge_same_act()"
        ),
    ]
