"""A hospital of any size, for measurements: what is there now is as much in a small one as in a large one, and what
differs is how long it has been going on. Written by statements over sets, past triggers and foreign keys: nothing here
is true of anybody, and the database is thrown away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection, models

from appointments.models import Appointment
from billing.models import Invoice
from doctors.models import Doctor, Specialty
from hms.core.models import Department, Facility, Membership, User
from laboratory.models import LabOrder
from patients.models import Allergy, ClinicalNote, Encounter, Patient, PatientFacility
from pharmacy.models import Prescription
from staff.models import Employee
from wards.models import Admission, Bed, BedStay, Room, Ward

DEPARTMENTS = ["outpatients", "emergency", "medicine", "surgery", "maternity", "paediatrics", "ent", "cardiology"]
ROLES = ["doctor", "nurse", "receptionist", "cashier", "pharmacist", "lab_technician", "pathologist", "auditor"]
NOW = 400  # visits that are open at this moment
MONTH = 12_000  # visits of the last 31 days: what is over so lately still opens charts
YEARS = 10
BEDS = 240


def key(table: str, number: str) -> str:
    """The key of row `number` (SQL) of a table, in the order in which rows come, as UUIDv7 are."""
    return f"('018f{table}-0000-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


# A visit's number → its patient's and its doctor's, scattered.
def scattered(number: str, salt: int, most: int) -> str:
    return f"(abs(hashint8({number}::bigint * 7919 + {salt})::bigint) % {most})"


class Crowd:
    """One facility with people who sign in, and as many patients as it was grown to."""

    def __init__(self) -> None:
        call_command("sync_roles", verbosity=0)
        self.facility = Facility.objects.create(
            code="N", name="Bench", address="-", phone="-", registration="-", time_zone="Europe/London", currency="GBP"
        )
        self.departments = [
            Department.objects.create(facility=self.facility, code=code, name=code.title()) for code in DEPARTMENTS
        ]
        self.system = User.objects.system()
        self.specialty = Specialty.objects.create(code="gen", name="General medicine")
        self.users = {role: self._person(role) for role in ROLES}
        self.size = 0
        self._beds()

    def _person(self, role: str) -> User:
        """Works in one department, as most do; their own visits are few among all."""
        user = User.objects.create_user(username=role, first_name="Own", last_name=role.title())
        Membership.objects.create(
            user=user, facility=self.facility, role=Group.objects.get(name=role), department=self.departments[0]
        )
        Employee.objects.create(
            facility=self.facility, department=self.departments[0], user=user, number=f"E-{role}", given_name="Own",
            family_name=role.title(), profession=role, hired_on=datetime(2020, 1, 1).date(),
        )  # fmt: skip
        return user.at(self.facility)

    def _beds(self) -> None:
        from billing.services import prices

        service = prices.ensure(self.facility, code="BED", name="Bed", category="bed", price=100)
        for place, department in enumerate(self.departments):
            ward = Ward.objects.create(
                facility=self.facility,
                department=department,
                bed_service=service,
                code=f"W{place}",
                name=f"Ward {place}",
            )
            room = Room.objects.create(ward=ward, name=f"R{place}")
            Bed.objects.bulk_create([Bed(room=room, label=f"{place}-{n}") for n in range(BEDS // len(DEPARTMENTS))])

    def grow(self, size: int) -> None:
        """To so many patients, two visits each over ten years; doctors grow with them, what is there now does not."""
        first, doctors = self.size, max(10, size // 1000)
        with connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica")
            if first == 0:
                self._now(cursor, size)
            self._doctors(cursor, doctors)
            self._patients(cursor, first, size)
            self._history(cursor, first * 2, size * 2, size, doctors)
            cursor.execute("set session_replication_role = default")
            cursor.execute("vacuum analyze" if connection.get_autocommit() else "analyze")
        self.size = size

    def register(self, size: int) -> None:
        """So many patients in all, who have not been seen yet."""
        with connection.cursor() as cursor:
            cursor.execute("set session_replication_role = replica")
            self._patients(cursor, self.size, size)
            cursor.execute("set session_replication_role = default")
        self.size = size

    def _doctors(self, cursor: Any, doctors: int) -> None:
        fill(cursor, Employee, f"generate_series(1, {doctors}) n", ignore=True,
             id=key("0001", "n"), facility_id=literal(self.facility), number="'D-' || n", given_name="'Doctor'",
             family_name="n::text", profession="'doctor'", hired_on="date '2020-01-01'",
             department_id=self._department("n"))  # fmt: skip
        fill(cursor, Doctor, f"generate_series(1, {doctors}) n", ignore=True, id=key("0005", "n"),
             employee_id=key("0001", "n"), specialty_id=literal(self.specialty), licence_number="n::text")  # fmt: skip

    def _patients(self, cursor: Any, first: int, last: int) -> None:
        source = f"generate_series({first} + 1, {last}) n"
        names = {"given": scattered("n", 1, 4000), "family": scattered("n", 2, 40_000)}
        fill(cursor, Patient, source,
             id=key("0002", "n"), mrn="'N-' || lpad(n::text, 8, '0') || '-0'", registered_at_id=literal(self.facility),
             given_name=f"'Given' || {names['given']}", family_name=f"'Family' || {names['family']}", sex="'female'",
             birth_date=f"date '1930-01-01' + ({scattered('n', 3, 33_000)})::int",
             search_name=f"'given' || {names['given']} || ' family' || {names['family']}",
             name_tokens=f"array['given' || {names['given']}, 'family' || {names['family']}]",
             phone_digits="lpad(n::text, 10, '7')", confidentiality="case when n % 500 = 0 then 'staff' else 'normal' end",
             active="n % 50 <> 0", inactive_reason="case when n % 50 = 0 then 'moved' else '' end")  # fmt: skip
        fill(cursor, PatientFacility, source, id=key("0003", "n"), patient_id=key("0002", "n"),
             facility_id=literal(self.facility), added_by_id=literal(self.system))  # fmt: skip
        fill(cursor, Allergy, f"generate_series({first} + 1, {last}, 5) n", id=key("0004", "n"),
             patient_id=key("0002", "n"), substance="'Penicillin'", recorded_by_id=literal(self.system))  # fmt: skip

    def _history(self, cursor: Any, first: int, last: int, patients: int, doctors: int) -> None:
        """Visits that ended, more than a month ago, each with what was done in it."""
        ago = f"now() - interval '33 days' - ({scattered('n', 4, YEARS * 365 * 24)}) * interval '1 hour'"
        patient = key("0002", f"1 + {scattered('n', 5, patients)}")
        source = f"(select n, {ago} as at, {patient} as patient from generate_series({first} + 1, {last}) n) v"
        doctor = scattered("n", 6, doctors)
        attending = (
            f"case when {doctor} = 0 then {literal(self.users['doctor'].employee)} else {key('0001', doctor)} end"
        )
        self._visits(cursor, source, "0010", status="'finished'", ended_at="at + interval '40 minutes'",
                     attending_id=attending)  # fmt: skip
        self._work(cursor, source, "0010", order="'verified'", prescribed="'dispensed'", paid="80")
        self._booked(cursor, source, "0010", "'fulfilled'", f"1 + {doctor}")

    def _now(self, cursor: Any, patients: int) -> None:
        """What is there at this moment and was in the last month: of patients that every size has."""
        patient = key("0002", f"1 + {scattered('n', 7, patients)}")
        own = literal(self.users["doctor"].employee)
        attending = f"case when n % 20 = 0 then {own} else {key('0001', '1 + n % 10')} end"
        here = f"(select n, now() - n * interval '1 minute' as at, {patient} as patient from generate_series(1, {NOW}) n) v"
        self._visits(cursor, here, "0020", status="case when n % 3 = 0 then 'arrived' else 'in_progress' end",
                     ended_at="null", attending_id=attending)  # fmt: skip
        self._work(cursor, here, "0020", order="case when n % 2 = 0 then 'ordered' else 'collected' end",
                   prescribed="'prescribed'", paid="0")  # fmt: skip
        self._booked(cursor, here, "0020", "'arrived'", "1 + n % 10")
        lately = (
            f"(select n, now() - interval '1 day' - n * interval '216 seconds' as at, {patient} as patient"
            f" from generate_series({NOW + 1}, {NOW + MONTH}) n) v"
        )
        self._visits(cursor, lately, "0020", status="'finished'", ended_at="at + interval '40 minutes'",
                     attending_id=attending)  # fmt: skip
        self._work(cursor, lately, "0020", order="'verified'", prescribed="'dispensed'",
                   paid="case when n % 4 = 0 then 0 else 80 end")  # fmt: skip
        self._booked(cursor, lately, "0020", "'fulfilled'", "1 + n % 10")
        beds = f"(select row_number() over () as n, id as bed from wards_bed limit {BEDS}) b"
        fill(cursor, Admission, beds, id=key("0051", "n"), facility_id=literal(self.facility), patient_id=key("0002", "n"),
             encounter_id=key("0020", "n"), status="'admitted'", admitted_at="now() - interval '2 days'",
             admitted_by_id=literal(self.system))  # fmt: skip
        fill(cursor, BedStay, beds, id=key("0050", "n"), bed_id="bed", admission_id=key("0051", "n"),
             period="tstzrange(now() - interval '2 days', null)", moved_by_id=literal(self.system))  # fmt: skip

    def _visits(self, cursor: Any, source: str, table: str, **more: str) -> None:
        fill(cursor, Encounter, source, id=key(table, "n"), facility_id=literal(self.facility), patient_id="patient",
             department_id=self._department("n"), kind="'outpatient'", started_at="at", **more)  # fmt: skip
        fill(cursor, ClinicalNote, source, id=key(table.replace("0", "3", 1), "n"), encounter_id=key(table, "n"),
             patient_id="patient", author_id=literal(self.system), status="'signed'", saved_at="at",
             signed_at="at")  # fmt: skip

    def _work(self, cursor: Any, source: str, table: str, *, order: str, prescribed: str, paid: str) -> None:
        visit = key(table, "n")
        fill(cursor, LabOrder, source, id=key(table.replace("0", "4", 1), "n"), facility_id=literal(self.facility),
             patient_id="patient", encounter_id=visit, number=f"'L{table}-' || n", ordered_by_id=literal(self.system),
             ordered_at="at", status=order)  # fmt: skip
        fill(cursor, Invoice, source, id=key(table.replace("0", "5", 1), "n"), facility_id=literal(self.facility),
             patient_id="patient", encounter_id=visit, number=f"'I{table}-' || n", currency="'GBP'",
             issued_at="at + interval '1 hour'", issued_by_id=literal(self.system), total="80", paid=paid)  # fmt: skip
        fill(cursor, Prescription, source, id=key(table.replace("0", "6", 1), "n"), facility_id=literal(self.facility),
             patient_id="patient", encounter_id=visit, number=f"'P{table}-' || n", prescriber_id=literal(self.system),
             prescribed_at="at", status=prescribed)  # fmt: skip

    def _booked(self, cursor: Any, source: str, table: str, status: str, doctor: str) -> None:
        """Each visit was booked, for no longer than a moment: nobody is in two places."""
        moment = "at + n * interval '2 microseconds'"
        fill(cursor, Appointment, source, id=key(table.replace("0", "7", 1), "n"), facility_id=literal(self.facility),
             patient_id="patient", doctor_id=key("0005", doctor), encounter_id=key(table, "n"), status=status,
             period=f"tstzrange({moment}, {moment} + interval '1 microsecond')", kind="'new'",
             booked_by_id=literal(self.system))  # fmt: skip

    def _department(self, number: str) -> str:
        keys = ", ".join(literal(row) for row in self.departments)
        return f"(array[{keys}])[1 + {number} % {len(self.departments)}]"


def literal(row: models.Model) -> str:
    return f"'{row.pk}'::uuid" if isinstance(row.pk, UUID) else str(row.pk)


def fill(cursor: Any, model: type[models.Model], source: str, *, ignore: bool = False, **columns: str) -> None:
    """Rows from a set: what is not named is what the model says by itself, or empty."""
    values = {}
    for column in model._meta.concrete_fields:
        if column.column in columns:
            values[column.column] = columns.pop(column.column)
        elif not column.generated and not column.null and not _defaults_there(column):
            values[column.column] = _default(column)
    if columns:
        raise LookupError(f"{model._meta.label} has no {', '.join(columns)}")
    names = ", ".join(f'"{name}"' for name in values)
    conflict = " on conflict do nothing" if ignore else ""
    cursor.execute(
        f'insert into "{model._meta.db_table}" ({names}) select {", ".join(values.values())} from {source}{conflict}'
    )


def _defaults_there(column: models.Field) -> bool:
    return column.has_db_default() or isinstance(column, models.AutoField)


def _default(column: models.Field) -> str:
    if isinstance(column, models.DateTimeField):
        return "now()"
    if isinstance(column, models.JSONField):
        return "'{}'::jsonb"
    if isinstance(column, models.BooleanField):
        return "true" if column.has_default() and column.get_default() else "false"
    if isinstance(column, models.CharField | models.TextField):
        given = column.get_default() if column.has_default() else ""
        return "'" + str(given).replace("'", "''") + "'"
    if column.has_default():
        return f"'{column.get_default()}'"
    raise LookupError(f"{column} has to be given")
