"""Unusual looks at records: whose reason the auditor wants to know. Read off the audit each time it is asked.

One statement groups the looks of a period (read, printed, taken out; one record at a time) by person, patient and hour,
and what showed many at once (lists on screen, and files of them) by person and hour, and asks of the groups:

| kind | when |
|---|---|
| own record | the patient bears the person's own given and family name |
| same family name | the patient bears the person's family name |
| colleague | the record is kept as "works here", or the patient bears the full name and the telephone or e-mail of someone employed here |
| many charts | more different records within one hour by the clock than HMS_AUDIT_MANY_CHARTS |
| taken out | files within one hour by the clock that name more different patients than HMS_AUDIT_MANY_TAKEN_OUT |
| read off lists | lists on screen within one hour that name more different patients than HMS_AUDIT_MANY_LISTED |
| at night | between 22:00 and 06:00 by the facility's clock, with no shift planned and no attendance recorded within an hour of it |
| after leaving | after the person's last working day |
| emergency access | every chart that was opened in an emergency, whose verdict is given there |

Names are compared without accents and capital letters. A finding is nobody's fault: it is a question. A verdict answers
what had happened until it was given: what the same person did later that day is asked about anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from hms.core import clock
from hms.core.models import ActKind, FindingKind, FindingReview, User
from patients import colleagues
from patients.models import Patient

if TYPE_CHECKING:
    from hms.core.models import Facility

LONGEST = timedelta(days=31)
MOST = 200  # of a kind; a page that shows more is read by nobody
NIGHT, MORNING = 22, 6

_SQL = f"""
with looks as materialized (
    select actor_id, patient_id, date_trunc('hour', at, %(zone)s) as hour, count(*) as rows, min(at) as first, max(at) as last
    from core_auditevent
    where facility_id = %(facility)s and kind = any(%(kinds)s) and at >= %(since)s and at < %(until)s
        and patient_id is not null and actor_id is not null
    group by 1, 2, 3
), many as materialized (
    select actor_id, kind, date_trunc('hour', at, %(zone)s) as hour, count(*) as rows, min(at) as first, max(at) as last
    from core_auditevent
    where facility_id = %(facility)s and kind in ('read', 'export') and at >= %(since)s and at < %(until)s
        and jsonb_typeof(detail -> 'patients') = 'array' and actor_id is not null
    group by 1, 2, 3
    having sum(jsonb_array_length(detail -> 'patients'))
        > case kind when 'export' then %(many_taken_out)s else %(many_listed)s end
), named_in as materialized (
    select m.*, (
        select count(distinct p.id) from core_auditevent e
            cross join lateral jsonb_array_elements_text(e.detail -> 'patients') as p(id)
            where e.actor_id = m.actor_id and e.at >= m.first and e.at <= m.last and e.facility_id = %(facility)s
                and e.kind = m.kind and jsonb_typeof(e.detail -> 'patients') = 'array'
        ) as number
    from many m
), days as materialized (
    select actor_id, patient_id, (hour at time zone %(zone)s)::date as day, sum(rows) as rows, min(first) as first,
        max(last) as last
    from looks group by 1, 2, 3
), workers as materialized (
    select u.id, e.left_on, lower(unaccent(coalesce(nullif(e.given_name, ''), u.first_name))) as given,
        lower(unaccent(coalesce(nullif(e.family_name, ''), u.last_name))) as family
    from core_user u left join staff_employee e on e.user_id = u.id
    where u.id in (select actor_id from looks)
), seen as materialized (
    select id, confidentiality, {colleagues.PATIENT}
    from patients_patient where id in (select patient_id from looks)
), employees as materialized (
    select {colleagues.EMPLOYEE}
    from staff_employee where facility_id = %(facility)s
), colleagues as materialized (
    select id from seen where confidentiality = 'staff'
    union
    select s.id from seen s join employees e on {colleagues.SAME}
), named as materialized (
    select d.*, w.given = s.given as fully from days d join workers w on w.id = d.actor_id
        join seen s on s.id = d.patient_id and s.family = w.family where w.family <> ''
), found as (
    select case when fully then 'own_record' else 'own_name' end as kind, actor_id, patient_id, day, rows, first, last,
        0 as number
        from named
    union all
    select 'colleague', d.actor_id, d.patient_id, d.day, d.rows, d.first, d.last, 0
        from days d join colleagues c on c.id = d.patient_id
        where not exists (select from named n where n.fully and n.actor_id = d.actor_id and n.patient_id = d.patient_id)
    union all
    select 'many_charts', actor_id, null, (hour at time zone %(zone)s)::date, sum(rows), min(first), max(last), count(*)
        from looks group by actor_id, hour having count(*) > %(many)s
    union all
    select 'taken_out', actor_id, null, (hour at time zone %(zone)s)::date, rows, first, last, number
        from named_in where kind = 'export' and number > %(many_taken_out)s
    union all
    select 'many_listed', actor_id, null, (hour at time zone %(zone)s)::date, rows, first, last, number
        from named_in where kind = 'read' and number > %(many_listed)s
    union all
    select 'off_duty', l.actor_id, null, (l.hour at time zone %(zone)s)::date, sum(l.rows), min(l.first), max(l.last),
            count(distinct l.patient_id)
        from looks l left join staff_employee e on e.user_id = l.actor_id
        where (extract(hour from l.hour at time zone %(zone)s) >= %(night)s
                or extract(hour from l.hour at time zone %(zone)s) < %(morning)s)
            and not exists (select from staff_rosterentry r where r.employee_id = e.id
                and r.period && tstzrange(l.first - interval '1 hour', l.last + interval '1 hour', '[]'))
            and not exists (select from staff_attendance a where a.employee_id = e.id and not a.void
                and a.came_at <= l.last + interval '1 hour'
                and (a.left_at is null or a.left_at >= l.first - interval '1 hour'))
        group by l.actor_id, 4
    union all
    select 'after_leaving', d.actor_id, null, d.day, sum(d.rows), min(d.first), max(d.last), count(*)
        from days d join workers w on w.id = d.actor_id where d.day > w.left_on group by d.actor_id, d.day
    union all
    select 'emergency', g.user_id, g.patient_id, (g.created_at at time zone %(zone)s)::date,
            (select coalesce(sum(d.rows), 0) from days d where d.actor_id = g.user_id and d.patient_id = g.patient_id), g.created_at,
            coalesce(g.ended_at, g.until), 0
        from patients_chartgrant g where g.facility_id = %(facility)s and g.kind = 'break_glass'
            and g.created_at >= %(since)s and g.created_at < %(until)s
), ranked as (
    select *, row_number() over (partition by kind order by last desc) as place, count(*) over (partition by kind) as of_kind
    from found where %(kind)s in ('', kind) and (%(person)s::uuid is null or actor_id = %(person)s)
)
select kind, actor_id, patient_id, day, rows, first, last, number, of_kind from ranked where place <= %(most)s
    order by last desc, kind
"""


@dataclass(frozen=True)
class Key:
    """What tells one finding from another, today and when it is computed again."""

    kind: str
    day: date
    person_id: UUID
    patient_id: UUID | None

    @property
    def parameters(self) -> dict[str, str]:
        told = {"kind": self.kind, "day": self.day.isoformat(), "person": str(self.person_id)}
        return told | ({"patient": str(self.patient_id)} if self.patient_id else {})


@dataclass(frozen=True)
class Finding:
    """`rows` looks by `person` between `first` and `last`; `number` patients, where it is about many."""

    key: Key
    person: User
    patient: Patient | None
    rows: int
    first: datetime
    last: datetime
    number: int
    of_kind: int
    review: FindingReview | None

    @property
    def when(self) -> str:
        """From when to when, by the facility's clock; one time where it is one minute, both days where it is two."""
        begun, ended = f"{self.first:%d %b %Y, %H:%M}", f"{self.last:%d %b %Y, %H:%M}"
        if begun == ended:
            return begun
        return f"{begun}–{self.last:%H:%M}" if self.first.date() == self.last.date() else f"{begun} – {ended}"

    @property
    def looks(self) -> str:
        if self.key.kind == FindingKind.TAKEN_OUT:  # a long file is told in several
            return ngettext("%(n)s row of the audit", "%(n)s rows of the audit", self.rows) % {"n": self.rows}
        return ngettext("%(n)s look", "%(n)s looks", self.rows) % {"n": self.rows}

    @property
    def act(self) -> str:
        """The kind of act whose rows show it, where it is of one."""
        return ActKind.EXPORT if self.key.kind == FindingKind.TAKEN_OUT else ""

    @property
    def query(self) -> str:
        return urlencode(self.key.parameters)

    @property
    def label(self) -> str:
        return str(FindingKind(self.key.kind).label)

    @property
    def why(self) -> str:
        """Why it was found, in one sentence."""
        many = ngettext("%(n)s record", "%(n)s records", self.number) % {"n": self.number}
        patients = ngettext("%(n)s patient", "%(n)s patients", self.number) % {"n": self.number}
        return {
            FindingKind.OWN_RECORD: _("The patient bears this person's own name."),
            FindingKind.OWN_NAME: _("The patient bears this person's family name."),
            FindingKind.COLLEAGUE: _("The patient works here."),
            FindingKind.MANY_CHARTS: _("%(many)s within one hour; %(most)s are usual at most.")
            % {"many": many, "most": settings.AUDIT_MANY_CHARTS},
            FindingKind.TAKEN_OUT: _(
                "Files with %(patients)s left the house within one hour; %(most)s are usual at most."
            )
            % {"patients": patients, "most": settings.AUDIT_MANY_TAKEN_OUT},
            FindingKind.MANY_LISTED: _("Lists showed %(patients)s within one hour; %(most)s are usual at most.")
            % {"patients": patients, "most": settings.AUDIT_MANY_LISTED},
            FindingKind.OFF_DUTY: _("%(many)s between 22:00 and 06:00, and neither a shift nor an attendance.")
            % {"many": many},
            FindingKind.AFTER_LEAVING: _("%(many)s after the last working day.") % {"many": many},
            FindingKind.EMERGENCY: _("The chart was opened in an emergency."),
        }[FindingKind(self.key.kind)]


def find(reader: User, *, first: date, last: date, kind: str = "", person_id: UUID | None = None) -> list[Finding]:
    """The findings of days of the facility the reader works in, the latest first, MOST of a kind at most."""
    facility = reader.facility
    found = _rows(facility, first, last, kind, person_id)
    people = User.objects.in_bulk({row[1] for row in found})
    wanted = {row[2] for row in found if row[2]}
    patients = {each.pk: each for each in Patient.objects.visible_to(reader).filter(pk__in=wanted)}
    reviews = _reviews(facility, first, last)
    findings = []
    for name, person_id, patient_id, day, rows, begun, ended, number, of_kind in found:
        key = Key(name, day, person_id, patient_id)
        review = reviews.get(key)
        findings.append(
            Finding(
                key=key,
                person=people[person_id],
                patient=patients.get(patient_id),
                rows=int(rows),
                first=clock.local(facility, begun),
                last=clock.local(facility, ended),
                number=number,
                of_kind=of_kind,
                review=review if review and review.made_at >= ended else None,
            )
        )
    return findings


def _rows(facility: Facility, first: date, last: date, kind: str, person_id: UUID | None) -> list[tuple]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local work_mem = '64MB'")  # a month of looks is grouped in memory
        cursor.execute(
            _SQL,
            {
                "facility": facility.pk,
                "zone": facility.time_zone,
                "kinds": ["read", "print", "export"],
                "since": clock.day_bounds(facility, first)[0],
                "until": clock.day_bounds(facility, last)[1],
                "many": settings.AUDIT_MANY_CHARTS,
                "many_taken_out": settings.AUDIT_MANY_TAKEN_OUT,
                "many_listed": settings.AUDIT_MANY_LISTED,
                "night": NIGHT,
                "morning": MORNING,
                "kind": kind,
                "person": person_id,
                "most": MOST,
            },
        )
        return cursor.fetchall()


def _reviews(facility: Facility, first: date, last: date) -> dict[Key, FindingReview]:
    """The newest verdict on each finding of these days."""
    rows = FindingReview.objects.filter(facility=facility, day__range=(first, last)).select_related("reviewer")
    return {Key(row.kind, row.day, row.person_id, row.patient_id): row for row in rows.order_by("id")}


def one(reader: User, key: Key) -> Finding | None:
    """A finding, if it is one."""
    found = find(reader, first=key.day, last=key.day, kind=key.kind, person_id=key.person_id)
    return next((finding for finding in found if finding.key == key), None)
