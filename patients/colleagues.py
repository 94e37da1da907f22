"""Who of the patients works here: the same full name, and the same telephone number or e-mail address, as somebody who
is employed. Names are compared without accents and capital letters, numbers by their last eight digits. Said in SQL
once, for whoever is entered or changed now and for the looks of a month (`reports.findings`)."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from patients import names
from patients.models import Patient
from patients.search import StartsWords
from staff.models import Employee

PATIENT = """lower(email) as email, phone_digits, lower(unaccent(given_name)) as given,
        lower(unaccent(family_name)) as family"""
EMPLOYEE = """lower(unaccent(given_name)) as given, lower(unaccent(family_name)) as family, lower(email) as email,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 8) as phone"""
# Of a patient `s` and an employee `e`, each read as above.
SAME = """e.family = s.family and e.given = s.given
        where e.email <> '' and e.email = s.email
            or length(s.phone_digits) >= 6 and e.phone = right(s.phone_digits, 8)"""

_FOUND = f"""
with seen as (select id, {PATIENT} from patients_patient where id = any(%(patients)s)),
    employees as (select {EMPLOYEE} from staff_employee where active and (%(employee)s::uuid is null or id = %(employee)s))
select s.id from seen s join employees e on {SAME} group by s.id
"""


def among(patient_ids: list[UUID], *, employee: Employee | None = None) -> list[UUID]:
    """Those of these patients who are employed in the network, or who are this employee."""
    if not patient_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {"patients": patient_ids, "employee": employee.pk if employee else None})
        return [patient_id for (patient_id,) in cursor.fetchall()]


def records_of(employee: Employee) -> list[UUID]:
    """The records that are this employee's own: sought by the words of the name, which have an index."""
    words = names.tokens(f"{employee.given_name} {employee.family_name}")
    if not words:
        return []
    alike = Patient.objects.filter(StartsWords(words), erased_at=None).values_list("pk", flat=True)
    return among(list(alike), employee=employee)
