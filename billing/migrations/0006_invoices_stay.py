from django.db import migrations

from hms.core.appendonly import freeze


class Migration(migrations.Migration):
    """Of an issued invoice only what was paid and credited moves."""

    dependencies = [("billing", "0005_credit_of_a_line"), ("core", "0005_documents_stay")]

    operations = [
        freeze(
            "billing_invoice", "facility_id", "patient_id", "encounter_id", "number", "currency", "issued_at",
            "issued_by_id", "total", "created_at",
        )
    ]  # fmt: skip
