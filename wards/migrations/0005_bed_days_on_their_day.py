from django.db import migrations

OWN_DAY = """
alter table billing_charge disable trigger append_only;
update billing_charge c set occurred_at = greatest(d.day::timestamp at time zone f.time_zone, a.admitted_at)
from wards_bedday d
join wards_admission a on a.id = d.admission_id
join core_facility f on f.id = a.facility_id
where c.source_type = 'wards.bedday' and c.source_id = d.id and c.reverses_id is null;
alter table billing_charge enable trigger append_only;
"""


class Migration(migrations.Migration):
    """A bed-day is charged when it is over, and belongs to its own day."""

    dependencies = [("wards", "0004_numbered_summaries"), ("billing", "0008_charges_have_their_day")]

    operations = [migrations.RunSQL(OWN_DAY, migrations.RunSQL.noop)]
