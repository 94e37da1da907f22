from decimal import Decimal

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("doctors", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="doctor",
            name="fee",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="Empty: the price of the specialty in the price list.",
                max_digits=12,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                verbose_name="own consultation fee",
            ),
        )
    ]
