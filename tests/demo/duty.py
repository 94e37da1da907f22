"""Who acted in the demonstration without being on duty."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from staff.models import RosterEntry

# Who did something, and when, on which day of which facility
ACTS = """
select e.facility_id, n.author_id, n.signed_at from patients_clinicalnote n join patients_encounter e on e.id = n.encounter_id
    where n.status = 'signed'
union all select e.facility_id, o.recorded_by_id, o.created_at from patients_observation o
    join patients_encounter e on e.id = o.encounter_id
union all select facility_id, booked_by_id, created_at from appointments_appointment
union all select facility_id, admitted_by_id, admitted_at from wards_admission
union all select a.facility_id, n.author_id, n.written_at from wards_nursingnote n join wards_admission a on a.id = n.admission_id
union all select a.facility_id, s.signed_by_id, s.signed_at from wards_dischargesummary s
    join wards_admission a on a.id = s.admission_id
union all select o.facility_id, s.collected_by_id, s.collected_at from laboratory_specimen s join laboratory_laborder o on o.id = s.order_id
union all select o.facility_id, r.entered_by_id, r.entered_at from laboratory_result r join laboratory_laborder o on o.id = r.order_id
union all select o.facility_id, r.verified_by_id, r.verified_at from laboratory_result r join laboratory_laborder o on o.id = r.order_id
union all select facility_id, prescriber_id, prescribed_at from pharmacy_prescription
union all select facility_id, handed_out_by_id, handed_out_at from pharmacy_dispense
union all select p.facility_id, m.moved_by_id, m.created_at from pharmacy_stockmovement m
    join pharmacy_batch b on b.id = m.batch_id join pharmacy_product p on p.id = b.product_id
union all select facility_id, received_by_id, received_at from billing_payment
union all select facility_id, issued_by_id, issued_at from billing_creditnote
union all select facility_id, posted_by_id, posted_at from billing_charge where source_type <> 'wards.bedday'
union all select facility_id, added_by_id, created_at from patients_patientfacility
"""
UNPLANNED = f"""
with acts as ({ACTS}), days as (
    select distinct f.code, a.author_id as who, (a.signed_at at time zone f.time_zone)::date as day, f.time_zone as zone
    from acts a join core_facility f on f.id = a.facility_id
    where a.author_id is not null and a.signed_at >= %s
)
select d.code, u.username, d.day from days d join core_user u on u.id = d.who where not exists (
    select from staff_rosterentry r join staff_employee e on e.id = r.employee_id
    join staff_attendance t on t.roster_entry_id = r.id and not t.void
    where e.user_id = d.who
        and r.period && tstzrange(d.day::timestamp at time zone d.zone, (d.day + 1)::timestamp at time zone d.zone)
) order by 1, 2, 3
"""
# A shift of a day on which patients lay in a ward and nobody nursed them
UNNURSED = """
select w.code, m.moment from wards_ward w join core_facility f on f.id = w.facility_id
cross join generate_series(%s::timestamptz, %s, interval '4 hours') as m(moment)
where exists (
    select from wards_bedstay s join wards_bed b on b.id = s.bed_id join wards_room r on r.id = b.room_id
    where r.ward_id = w.id and s.period @> m.moment
) and not exists (
    select from staff_rosterentry n join staff_employee e on e.id = n.employee_id
    join staff_attendance t on t.roster_entry_id = n.id
    where e.profession = 'nurse' and n.department_id = w.department_id and n.period @> m.moment
)
"""


def asked(statement: str, *values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def contradictions(until: datetime) -> list[tuple]:
    """Who acted on a day on which they were not planned or did not come, and wards without a nurse."""
    first = RosterEntry.objects.order_by("period").first().period.upper + timedelta(days=1)
    return asked(UNPLANNED, first) + asked(UNNURSED, first, until)
