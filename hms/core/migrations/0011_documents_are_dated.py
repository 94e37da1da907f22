from django.db import migrations, models

from hms.core.appendonly import freeze

FROZEN = (
    "facility_id", "kind", "number", "title", "paper", "patient_id", "source_type", "source_id", "template",
    "snapshot", "content", "sha256", "code", "issued_by_id", "created_at",
)  # fmt: skip


class Migration(migrations.Migration):
    """A document bears the date of its act, also when it was drawn later. Those that exist were dated when drawn."""

    dependencies = [("core", "0010_sessions_in_our_own_table")]

    operations = [
        migrations.AddField("document", "dated", models.DateTimeField(null=True, verbose_name="date it bears")),
        migrations.RunSQL("update core_document set dated = created_at", migrations.RunSQL.noop),
        migrations.AlterField("document", "dated", models.DateTimeField(verbose_name="date it bears")),
        migrations.RunSQL(
            "drop trigger frozen on core_document; drop trigger kept on core_document",
            freeze("core_document", *FROZEN).sql,
        ),
        freeze("core_document", *FROZEN, "dated"),
    ]
