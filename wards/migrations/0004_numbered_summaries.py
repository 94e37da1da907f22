from django.db import migrations, models

# A summary that was drawn has its number on paper. The others follow in the order in which they were signed.
NUMBERS = """
alter table wards_dischargesummary disable trigger append_only;
update wards_dischargesummary s set number = d.number from (
    select distinct on (source_id) source_id, number from core_document
    where kind = 'discharge_summary' and source_type = 'wards.dischargesummary' order by source_id, created_at
) d where d.source_id = s.id;
create temporary table summary_number on commit drop as
select s.id, a.facility_id, f.code, y.series, coalesce(c.value, 0)
    + row_number() over (partition by a.facility_id, y.series order by s.signed_at, s.id) as value
from wards_dischargesummary s
join wards_admission a on a.id = s.admission_id
join core_facility f on f.id = a.facility_id
cross join lateral (select 'DS-' || to_char(s.signed_at at time zone f.time_zone, 'YYYY') as series) y
left join core_counter c on c.facility_id = a.facility_id and c.series = y.series
where s.number is null;
update wards_dischargesummary s set number = n.code || '-' || n.series || '-' || lpad(n.value::text, 6, '0')
    from summary_number n where n.id = s.id;
insert into core_counter (facility_id, series, value)
    select facility_id, series, max(value) from summary_number group by 1, 2
    on conflict (facility_id, series) do update set value = excluded.value;
alter table wards_dischargesummary enable trigger append_only;
"""


class Migration(migrations.Migration):
    """A discharge summary has its number from the discharge on, not from when it is first printed."""

    dependencies = [("wards", "0003_one_correction"), ("core", "0011_documents_are_dated")]

    operations = [
        migrations.AddField(
            "dischargesummary",
            "number",
            models.CharField(max_length=40, null=True, editable=False, verbose_name="number"),
        ),
        migrations.RunSQL(NUMBERS, migrations.RunSQL.noop),
        migrations.AlterField(
            "dischargesummary",
            "number",
            models.CharField(max_length=40, unique=True, editable=False, verbose_name="number"),
        ),
    ]
