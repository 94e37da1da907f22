from django.db import migrations, models

FILL = """
alter table billing_charge disable trigger append_only;
update billing_charge set occurred_at = posted_at;
alter table billing_charge enable trigger append_only;
"""


class Migration(migrations.Migration):
    """A charge says when its act was done, and when it was posted."""

    dependencies = [("billing", "0007_waived_charges")]

    operations = [
        migrations.AddField("charge", "occurred_at", models.DateTimeField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("charge", "occurred_at", models.DateTimeField()),
        migrations.AlterModelOptions(
            "charge",
            {
                "ordering": ["occurred_at", "id"],
                "permissions": [
                    ("reverse_charge", "Can reverse a charge"),
                    ("view_account", "Can see what a patient owes"),
                ],
            },
        ),
        migrations.RemoveIndex("charge", "billing_charge_day"),
        migrations.AddIndex("charge", models.Index(fields=["facility", "occurred_at"], name="billing_charge_of_day")),
    ]
