"""Comparing a result with what is usual for the patient's sex and age."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

from laboratory.models import Flag, RangeSex, ReferenceRange

# What `Result.value` cannot hold: a slipped key, not a result.
BEYOND = Decimal(10) ** 12


def fitting(ranges: Iterable[ReferenceRange], *, sex: str, born: date, on: date) -> ReferenceRange | None:
    """The reference range for a sex and an age on a day; one for the sex goes before one for anyone."""
    age = (on - born).days
    fits = [row for row in ranges if row.from_days <= age < row.until_days]
    return next((row for row in fits if row.sex == sex), None) or next(
        (row for row in fits if row.sex == RangeSex.ANY), None
    )


def flag(row: ReferenceRange | None, value: Decimal | None, text: str) -> Flag:
    """How a value stands to its range. Without a range it is not known, which is never "normal"."""
    if row is None:
        return Flag.UNKNOWN
    if value is None:
        if not row.usual_text:
            return Flag.UNKNOWN
        return Flag.NORMAL if text.strip().casefold() == row.usual_text.casefold() else Flag.ABNORMAL
    if row.critical_low is not None and value < row.critical_low:
        return Flag.CRITICAL_LOW
    if row.critical_high is not None and value > row.critical_high:
        return Flag.CRITICAL_HIGH
    if row.low is not None and value < row.low:
        return Flag.LOW
    if row.high is not None and value > row.high:
        return Flag.HIGH
    return Flag.NORMAL if row.low is not None or row.high is not None else Flag.UNKNOWN


def number(text: str) -> Decimal | None:
    """A result as a number: "5,2" and "5.2" are; "< 5", "haemolysed" and what no column holds are not."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < BEYOND else None
