from django.db import migrations, models
from django.db.models import Q

STATUSES = [
    ("prescribed", "To be dispensed"),
    ("partly_dispensed", "Partly dispensed"),
    ("dispensed", "Dispensed"),
    ("cancelled", "Cancelled"),
    ("ended", "Ended early"),
]


class Migration(migrations.Migration):
    dependencies = [("pharmacy", "0002_movements_only_grow")]

    operations = [
        migrations.AlterModelOptions(
            name="prescription",
            options={
                "ordering": ["-prescribed_at", "-id"],
                "permissions": [
                    ("prescribe", "Can prescribe"),
                    ("dispense", "Can dispense"),
                    ("end_prescription", "Can cancel a prescription, or end what is left of it"),
                ],
            },
        ),
        migrations.RemoveConstraint(model_name="prescription", name="pharmacy_prescription_cancelled_says_why"),
        migrations.RemoveConstraint(model_name="prescription", name="pharmacy_prescription_status"),
        migrations.RenameField(model_name="prescription", old_name="cancelled_reason", new_name="end_reason"),
        migrations.AlterField(
            model_name="prescription",
            name="status",
            field=models.CharField(choices=STATUSES, default="prescribed", max_length=16),
        ),
        migrations.AddConstraint(
            model_name="prescription",
            constraint=models.CheckConstraint(
                condition=Q(status__in=[value for value, _label in STATUSES]), name="pharmacy_prescription_status"
            ),
        ),
        migrations.AddConstraint(
            model_name="prescription",
            constraint=models.CheckConstraint(
                condition=~Q(status__in=["cancelled", "ended"]) | ~Q(end_reason=""),
                name="pharmacy_prescription_end_says_why",
            ),
        ),
    ]
