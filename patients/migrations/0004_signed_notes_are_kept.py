from django.db import migrations


class Migration(migrations.Migration):
    """A draft may be thrown away; a signed note, never."""

    dependencies = [("patients", "0003_cancel_encounter")]

    operations = [
        migrations.RunSQL(
            """
            create trigger signed_note_kept before delete on patients_clinicalnote
                for each row when (old.status <> 'draft') execute function hms_append_only()
            """,
            "drop trigger signed_note_kept on patients_clinicalnote",
        )
    ]
