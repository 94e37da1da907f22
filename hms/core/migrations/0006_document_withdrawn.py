from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0005_documents_stay")]

    operations = [
        migrations.RemoveConstraint("document", "core_document_status"),
        migrations.AlterField(
            "document",
            "status",
            models.CharField(
                choices=[("issued", "Issued"), ("superseded", "Superseded"), ("withdrawn", "Withdrawn")],
                default="issued",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            "document",
            models.CheckConstraint(
                condition=models.Q(("status__in", ["issued", "superseded", "withdrawn"])), name="core_document_status"
            ),
        ),
    ]
