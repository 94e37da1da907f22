"""Numbers without gaps and without repeats, and medical record numbers that catch a slip of the pen."""

from django.db import connection, transaction

from hms.core import clock
from hms.core.models import Counter, Facility


def next_value(facility: Facility, series: str) -> int:
    """The next number of the facility's series. Call it last: it locks the counter until commit.

    A transaction that fails gives its number back, so the series has no gaps.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a number is taken in the transaction of its act")
    with connection.cursor() as cursor:
        cursor.execute(
            f"insert into {Counter._meta.db_table} (facility_id, series, value) values (%s, %s, 1)"
            f" on conflict (facility_id, series) do update set value = {Counter._meta.db_table}.value + 1"
            " returning value",
            [facility.pk, series],
        )
        return cursor.fetchone()[0]


def next_number(facility: Facility, prefix: str) -> str:
    """A document number of this year: `NG-INV-2026-000001`."""
    year = clock.today(facility).year
    return f"{facility.code}-{prefix}-{year}-{next_value(facility, f'{prefix}-{year}'):06d}"


def next_mrn(facility: Facility) -> str:
    """A medical record number: `NG-204117-6`, facility, running number, check digit."""
    digits = f"{next_value(facility, 'MRN'):06d}"
    return f"{facility.code}-{digits}-{check_digit(digits)}"


def check_digit(digits: str) -> int:
    """The Luhn check digit (ISO/IEC 7812-1, annex B): finds every wrong digit and nearly every swap."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10
