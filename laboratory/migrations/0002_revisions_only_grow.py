from django.db import migrations

from hms.core.appendonly import forbid_changes


class Migration(migrations.Migration):
    dependencies = [("laboratory", "0001_initial"), ("core", "0002_append_only")]

    operations = [forbid_changes("laboratory_resultrevision")]
