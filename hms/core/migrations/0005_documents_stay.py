from django.db import migrations

from hms.core.appendonly import freeze


class Migration(migrations.Migration):
    """An issued document is superseded or withdrawn, and printed; what stands on it never changes."""

    dependencies = [("core", "0004_looks_in_lists")]

    operations = [
        freeze(
            "core_document", "facility_id", "kind", "number", "title", "paper", "patient_id", "source_type",
            "source_id", "template", "snapshot", "content", "sha256", "code", "issued_by_id", "created_at",
        )
    ]  # fmt: skip
