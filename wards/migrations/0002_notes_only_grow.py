from django.db import migrations

from hms.core.appendonly import forbid_changes


class Migration(migrations.Migration):
    dependencies = [("wards", "0001_initial"), ("core", "0002_append_only")]

    operations = [
        forbid_changes("wards_bedday"),
        forbid_changes("wards_nursingnote"),
        forbid_changes("wards_dischargesummary"),
    ]
