"""Every change of who works here, when they are planned, and when they were there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from hms.core import audit, clock, notify, numbering, outbox, people
from hms.core.models import Department, Facility, Membership, User
from hms.core.refusals import Refused
from staff.models import WARNED_AT, Attendance, Credential, CredentialWarning, Employee, RosterEntry, Shift

DETAILS = ["department", "user", "title", "given_name", "family_name", "profession", "phone", "email", "hired_on"]
ENTERED = "staff.employee_entered"
LEFT = "staff.employee_left"
KNOWN_BY = {"given_name", "family_name", "phone", "email"}  # by which others tell who an employee is
EARLY = timedelta(hours=2)  # who clocks in this long before a shift came for that shift


@transaction.atomic
def hire(
    actor: User,
    *,
    department: Department,
    given_name: str,
    family_name: str,
    profession: str,
    hired_on: date,
    title: str = "",
    phone: str = "",
    email: str = "",
    user: User | None = None,
) -> Employee:
    """Take somebody on, and give them a staff number (NG-E-0001). The actor's facility employs.

    Refuses a department of another facility and a sign-in that belongs to an employee already.
    Locks: the facility's counter of staff numbers.
    """
    employee = Employee(
        facility=actor.facility,
        department=department,
        user=user,
        title=title,
        given_name=given_name,
        family_name=family_name,
        profession=profession,
        phone=phone,
        email=email,
        hired_on=hired_on,
    )
    _check(employee)
    employee.number = f"{actor.facility.code}-E-{numbering.next_value(actor.facility, 'E'):04d}"
    employee.save(force_insert=True)
    _name_sign_in(employee)
    audit.record(actor, "staff.employee.hired", employee)
    _announce(actor, employee)
    return employee


@transaction.atomic
def change(actor: User, *, employee_id: object, **details: Any) -> Employee:
    """Correct or move an employee. The audit names the fields that changed. Locks: the employee.

    Refuses what `hire` refuses.
    """
    employee = _locked(employee_id)
    changed = [name for name in DETAILS if name in details and getattr(employee, name) != details[name]]
    for name in changed:
        setattr(employee, name, details[name])
    if changed:
        _check(employee)
        employee.save(update_fields=changed)
        _name_sign_in(employee)
        audit.record(actor, "staff.employee.changed", employee, detail={"fields": changed})
    if KNOWN_BY.intersection(changed):
        _announce(actor, employee)
    return employee


def _announce(actor: User, employee: Employee) -> None:
    """Who works here now, or is called or reached otherwise now."""
    outbox.publish(ENTERED, employee_id=str(employee.pk), actor_id=str(actor.pk))


def _check(employee: Employee) -> None:
    if employee.department.facility_id != employee.facility_id:
        raise Refused(_("This department belongs to another facility."), field="department")
    if employee.user_id and Employee.objects.filter(user_id=employee.user_id).exclude(pk=employee.pk).exists():
        raise Refused(_("This sign-in already belongs to an employee. Pick another."), field="user")


def _name_sign_in(employee: Employee) -> None:
    """What somebody signs and what the roster says is one name: the sign-in takes the employee's."""
    if employee.user_id:
        named = {"title": employee.title, "first_name": employee.given_name, "last_name": employee.family_name}
        User.objects.filter(pk=employee.user_id).update(**named)


def _locked(employee_id: object) -> Employee:
    return Employee.objects.select_for_update(of=("self",)).select_related("facility", "department").get(pk=employee_id)


@transaction.atomic
def leave(actor: User, *, employee_id: object, left_on: date, reason: str) -> Employee:
    """The employee's last day. What is planned after it is taken off the roster, and the roles that
    their sign-in holds here end.

    Refuses a day in the future or before they were hired, and while they are clocked in.
    Locks: the employee.
    """
    employee = _locked(employee_id)
    if not employee.active:
        raise Refused(_("This employee has left already."))
    if left_on > clock.today(employee.facility):
        raise Refused(_("Record the last day once it has come."), field="left_on")
    if left_on < employee.hired_on:
        raise Refused(_("The last day lies before the first."), field="left_on")
    if employee.attendances.open().exists():
        raise Refused(_("This employee is clocked in. Clock them out first."))
    unplanned, _each = employee.roster.filter(date__gt=left_on).unattended().delete()
    employee.active = False
    employee.left_on = left_on
    employee.save(update_fields=["active", "left_on"])
    for membership in Membership.objects.filter(user_id=employee.user_id, facility=employee.facility, active=True):
        people.withdraw(actor, membership=membership)
    outbox.publish(LEFT, employee_id=str(employee.pk))
    audit.record(actor, "staff.employee.left", employee, reason=reason, detail={"unplanned": unplanned})
    return employee


@transaction.atomic
def come_back(actor: User, *, employee_id: object, reason: str) -> Employee:
    """Employ somebody again under their number. Their roles are granted anew by an administrator.

    Refuses one who has not left. Locks: the employee.
    """
    employee = _locked(employee_id)
    if employee.active:
        raise Refused(_("This employee has not left."))
    employee.active = True
    employee.left_on = None
    employee.save(update_fields=["active", "left_on"])
    audit.record(actor, "staff.employee.came_back", employee, reason=reason)
    _announce(actor, employee)
    return employee


@transaction.atomic
def add_credential(
    actor: User,
    *,
    employee_id: object,
    kind: str,
    number: str,
    issuer: str,
    issued_on: date,
    valid_until: date | None = None,
) -> Credential:
    """Record a licence or another paper. Refuses one that is on the list and dates that run backwards.

    Locks: the employee.
    """
    employee = _locked(employee_id)
    if valid_until and valid_until < issued_on:
        raise Refused(_("It ends before it begins. Check the two dates."), field="valid_until")
    if issued_on > clock.today(employee.facility):
        raise Refused(_("The day of issue lies in the future."), field="issued_on")
    if employee.credentials.filter(kind=kind, number=number, withdrawn_at=None).exists():
        raise Refused(_("This number is on the list already."), field="number")
    credential = Credential.objects.create(
        employee=employee, kind=kind, number=number, issuer=issuer, issued_on=issued_on, valid_until=valid_until
    )
    audit.record(actor, "staff.credential.added", credential)
    return credential


@transaction.atomic
def withdraw_credential(actor: User, *, credential_id: object, reason: str) -> Credential:
    """The paper was taken back, replaced, or recorded wrongly: it no longer counts. Locks: the credential."""
    credential = Credential.objects.select_for_update().get(pk=credential_id)
    if credential.withdrawn_at is None:
        credential.withdrawn_at = clock.now()
        credential.withdrawn_reason = reason
        credential.save(update_fields=["withdrawn_at", "withdrawn_reason"])
        audit.record(actor, "staff.credential.withdrawn", credential, reason=reason)
    return credential


def warn_of_endings() -> int:
    """Tell personnel and each holder that a paper ends within 60, 30 or 7 days, or has ended: once each, which
    the database knows. A paper that a later one has replaced is no news. Returns how many were told of."""
    return sum(_warn_here(facility) for facility in Facility.objects.order_by("code"))


@transaction.atomic
def _warn_here(facility: Facility) -> int:
    today = clock.today(facility)
    due = {}
    ending = Credential.objects.running_out(today).filter(employee__facility=facility)
    for paper in ending.select_related("employee__user").order_by("valid_until", "id"):
        left = (paper.valid_until - today).days
        step = 0 if left < 0 else min(days for days in WARNED_AT if left <= days)
        due[paper.pk] = (paper, CredentialWarning(credential=paper, days=step))
    warnings = [warning for _paper, warning in due.values()]
    CredentialWarning.objects.bulk_create(warnings, ignore_conflicts=True)
    new = set(
        CredentialWarning.objects.filter(pk__in=[one.pk for one in warnings]).values_list("credential_id", flat=True)
    )
    for paper, _warning in (due[pk] for pk in due if pk in new):
        _tell(facility, paper, today)
    return len(new)


def _tell(facility: Facility, paper: Credential, today: date) -> None:
    ended = paper.valid_until < today
    said = {
        "name": paper.employee.name[:90],
        "paper": paper.get_kind_display().lower(),
        "day": paper.valid_until.strftime("%d %b %Y"),
    }
    office = _("%(name)s: %(paper)s ended on %(day)s") if ended else _("%(name)s: %(paper)s ends on %(day)s")
    notify.everyone(
        facility,
        permission="staff.change_employee",
        text=office % said,
        url=f"/staff/{paper.employee_id}/",
        level="critical" if ended else "warning",
    )
    user = paper.employee.user
    if user and user.is_active:
        own = (
            _("Your %(paper)s ended on %(day)s. Show the renewed one to personnel.")
            if ended
            else _("Your %(paper)s ends on %(day)s. Show the renewed one to personnel.")
        )
        notify.person(user, facility, text=own % said, level="critical" if ended else "warning")


@transaction.atomic
def set_shift(
    actor: User, *, name: str, starts: time, ends: time, active: bool = True, shift_id: object | None = None
) -> Shift:
    """Make a shift of the actor's facility, or change one.

    Refuses a name that is taken, and other hours while people are planned for it: what they were
    told must stay true. Locks: the shift.
    """
    shift = Shift.objects.select_for_update().get(pk=shift_id) if shift_id else Shift(facility=actor.facility)
    if starts == ends:
        raise Refused(_("It ends when it starts. Check the hours."), field="ends")
    moved = bool(shift_id) and (shift.starts, shift.ends) != (starts, ends)
    if moved and shift.entries.filter(date__gte=clock.today(actor.facility)).exists():
        raise Refused(_("People are planned for these hours. Make a new shift instead."), field="starts")
    shift.name, shift.starts, shift.ends, shift.active = name, starts, ends, active
    try:
        with transaction.atomic():
            shift.save()
    except IntegrityError:
        raise Refused(_("Another shift has this name."), field="name") from None
    audit.record(actor, "staff.shift.set", shift, detail={"active": active})
    return shift


@dataclass(frozen=True)
class Planned:
    """What `plan_roster` did: the new entries, and the days on which the employee was planned already."""

    entries: list[RosterEntry]
    taken: list[date]


@transaction.atomic
def plan_roster(
    actor: User, *, employee_id: object, shift: Shift, days: Iterable[date], department: Department | None = None
) -> Planned:
    """Plan an employee for a shift on one or more days, in their own department unless told otherwise.

    A day on which they are planned at that time already is left out and named in the answer.
    Refuses one who has left, a shift out of use or of another facility, and when no day was free.
    Locks: the employee. Overlaps are kept out by the database.
    """
    employee = _locked(employee_id)
    department = department or employee.department
    if not employee.active:
        raise Refused(_("This employee has left."), field="employee")
    if {shift.facility_id, department.facility_id} != {employee.facility_id}:
        raise Refused(_("Shift and department belong to another facility."), field="shift")
    if not shift.active:
        raise Refused(_("This shift is no longer in use."), field="shift")
    shift.facility = employee.facility
    wanted = [
        RosterEntry(
            employee=employee,
            shift=shift,
            department=department,
            date=day,
            period=DateTimeTZRange(*shift.period_on(day)),
            planned_by=actor,
        )
        for day in sorted(set(days))
        if day >= employee.hired_on
    ]
    RosterEntry.objects.bulk_create(wanted, ignore_conflicts=True)
    kept = set(RosterEntry.objects.filter(pk__in=[entry.pk for entry in wanted]).values_list("pk", flat=True))
    entries = [entry for entry in wanted if entry.pk in kept]
    if not entries:
        raise Refused(_("%(name)s is planned at that time already.") % {"name": employee.name}, field="shift")
    audit.record(
        actor,
        "staff.roster.planned",
        employee,
        detail={"shift": str(shift.pk), "days": [entry.date.isoformat() for entry in entries]},
    )
    return Planned(entries, [entry.date for entry in wanted if entry.pk not in kept])


@transaction.atomic
def unplan(actor: User, *, entry_id: object) -> None:
    """Take an employee off a shift. Refuses once they came for it. Locks: the entry."""
    entry = RosterEntry.objects.select_for_update().get(pk=entry_id)
    if entry.attendances.exists():
        raise Refused(_("They came for this shift, so it stays on the roster."))
    audit.record(
        actor,
        "staff.roster.unplanned",
        entry,
        detail={"employee": str(entry.employee_id), "day": entry.date.isoformat(), "shift": str(entry.shift_id)},
    )
    entry.delete()


@transaction.atomic
def clock_in(actor: User, *, employee_id: object, at: datetime | None = None) -> Attendance:
    """The employee came, for the shift that runs or is about to start, planned or not.

    Refuses one who has left, who is here already, and a time in the future. Locks: the employee.
    """
    employee = _locked(employee_id)
    moment = _past(at)
    if not employee.active:
        raise Refused(_("This employee has left."))
    attendance = Attendance(
        employee=employee, roster_entry=_shift_at(employee, moment), came_at=moment, recorded_by=actor
    )
    Attendance.objects.bulk_create([attendance], ignore_conflicts=True)
    if not Attendance.objects.filter(pk=attendance.pk).exists():
        raise Refused(_("%(name)s is clocked in at that time already.") % {"name": employee.name}, field="at")
    audit.record(actor, "staff.attendance.came", attendance)
    return attendance


def _shift_at(employee: Employee, moment: datetime) -> RosterEntry | None:
    near = employee.roster.filter(period__startswith__lte=moment + EARLY, period__endswith__gt=moment)
    return near.order_by("period").first()


def _past(at: datetime | None) -> datetime:
    moment = at or clock.now()
    if moment > clock.now():
        raise Refused(_("This time lies in the future."), field="at")
    return moment


@transaction.atomic
def clock_out(actor: User, *, employee_id: object, at: datetime | None = None) -> Attendance:
    """The employee left. Refuses one who is not clocked in, and a time before they came. Locks: the employee."""
    employee = _locked(employee_id)
    attendance = employee.attendances.open().first()
    if attendance is None:
        raise Refused(_("%(name)s is not clocked in.") % {"name": employee.name})
    moment = _past(at)
    if moment <= attendance.came_at:
        raise Refused(_("They cannot leave before they came."), field="at")
    attendance.left_at = moment
    attendance.save(update_fields=["left_at"])
    audit.record(actor, "staff.attendance.left", attendance)
    return attendance


@transaction.atomic
def correct_attendance(
    actor: User, *, attendance_id: object, came_at: datetime, left_at: datetime | None, reason: str
) -> Attendance:
    """Set right when somebody came and left; the audit keeps what stood before.

    Refuses a time in the future, leaving before coming, overlap with another attendance, and a void
    one. Locks: the employee, then the attendance.
    """
    attendance = _locked_attendance(attendance_id)
    if attendance.void:
        raise Refused(_("This attendance was voided."))
    _past(came_at)
    if left_at and left_at <= came_at:
        raise Refused(_("They cannot leave before they came."), field="left_at")
    if left_at and left_at > clock.now():
        raise Refused(_("This time lies in the future."), field="left_at")
    before = {
        "came_at": attendance.came_at.isoformat(),
        "left_at": attendance.left_at and attendance.left_at.isoformat(),
    }
    attendance.came_at, attendance.left_at, attendance.correction = came_at, left_at, reason
    attendance.roster_entry = _shift_at(attendance.employee, came_at)
    try:
        with transaction.atomic():
            attendance.save(update_fields=["came_at", "left_at", "correction", "roster_entry"])
    except IntegrityError:
        raise Refused(_("This overlaps another attendance of theirs."), field="came_at") from None
    audit.record(actor, "staff.attendance.corrected", attendance, reason=reason, detail=before)
    return attendance


@transaction.atomic
def void_attendance(actor: User, *, attendance_id: object, reason: str) -> Attendance:
    """This employee was not there: somebody else was meant. The row stays and no longer counts.

    Locks: the employee, then the attendance.
    """
    attendance = _locked_attendance(attendance_id)
    if not attendance.void:
        attendance.void = True
        attendance.correction = reason
        attendance.roster_entry = None
        attendance.save(update_fields=["void", "correction", "roster_entry"])
        audit.record(actor, "staff.attendance.voided", attendance, reason=reason)
    return attendance


def _locked_attendance(attendance_id: object) -> Attendance:
    _locked(Attendance.objects.values_list("employee_id", flat=True).get(pk=attendance_id))
    return Attendance.objects.select_for_update(of=("self",)).select_related("employee__facility").get(pk=attendance_id)
