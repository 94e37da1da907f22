"""What the oracle asks of the wards."""

from billing.faults import acts_without_charge, charges_without_act
from hms.core import oracle
from hms.core.faults import gaps
from wards.models import DischargeSummary


def register() -> None:
    acts_without_charge("charges: every bed-day", "wards.bedday", "select id from wards_bedday")
    charges_without_act("charges: no bed charge without its day", "wards.bedday", "wards_bedday")
    oracle.register(
        "beds: no two patients in one bed",
        oracle.query(
            """
            select a.id, b.id from wards_bedstay a join wards_bedstay b
            on a.bed_id = b.bed_id and a.id < b.id and a.period && b.period
            """,
            "Bed stays {0} and {1} overlap.",
        ),
    )
    oracle.register(
        "beds: who is admitted lies in one, who is not does not",
        oracle.query(
            """
            select a.id, a.status, count(s.id) from wards_admission a
            left join wards_bedstay s on s.admission_id = a.id and upper_inf(s.period)
            group by 1, 2 having count(s.id) <> (a.status = 'admitted')::int
            """,
            "Admission {0} is {1} and has {2} open bed stays.",
        ),
    )
    oracle.register(
        "beds: every night of a stay is a bed-day",
        oracle.query(
            """
            select a.id from wards_admission a join core_facility f on f.id = a.facility_id
            left join wards_bedday d on d.admission_id = a.id
            where a.status = 'discharged'
            group by a.id, f.id having count(d.id) <> greatest(1,
                (a.ended_at at time zone f.time_zone)::date - (a.admitted_at at time zone f.time_zone)::date)
            """,
            "Admission {0} has a night without a bed-day.",
        ),
    )
    oracle.register(
        "beds: every night until yesterday of who still lies in one",
        oracle.query(
            """
            select a.id from wards_admission a join core_facility f on f.id = a.facility_id
            left join wards_bedday d on d.admission_id = a.id
            where a.status = 'admitted'
            group by a.id, f.id having count(d.id) <
                ((now() - interval '1 day') at time zone f.time_zone)::date
                - (a.admitted_at at time zone f.time_zone)::date
            """,
            "Admission {0} has a night that nobody charged.",
        ),
    )
    oracle.register(
        "beds: a bed-day is charged to its own day",
        oracle.query(
            """
            select c.id, d.day from wards_bedday d join wards_admission a on a.id = d.admission_id
            join core_facility f on f.id = a.facility_id
            join billing_charge c on c.source_type = 'wards.bedday' and c.source_id = d.id and c.reverses_id is null
            where (c.occurred_at at time zone f.time_zone)::date <> d.day
            """,
            "Charge {0} of the bed-day {1} stands on another day.",
        ),
    )
    oracle.register(
        "beds: whoever lies in one, it is in use",
        oracle.query(
            """
            select b.label, b.state from wards_bed b join wards_bedstay s on s.bed_id = b.id
            where upper_inf(s.period) and b.state <> 'ready'
            """,
            "A patient lies in bed {0}, which is marked {1}.",
        ),
    )
    oracle.register(
        "stays: nobody is admitted twice at one time",
        oracle.query(
            """
            select a.id, b.id from wards_admission a join wards_admission b on a.patient_id = b.patient_id and a.id < b.id
            and tstzrange(a.admitted_at, a.ended_at) && tstzrange(b.admitted_at, b.ended_at)
            where a.status <> 'cancelled' and b.status <> 'cancelled'
            """,
            "Admissions {0} and {1} of one patient overlap.",
        ),
    )
    oracle.register(
        "numbers: discharge summaries",
        gaps("Discharge summaries", DischargeSummary, "DS", facility="admission__facility_id"),
    )
