from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

from hms.core.appendonly import FUNCTION, forbid_changes


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FUNCTION, "drop function hms_append_only()"),
        forbid_changes("core_auditevent"),
        forbid_changes("core_auditseal"),
    ]
