"""Comparing a result with what is usual for the patient's sex and age."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

from laboratory.models import Flag, RangeSex, ReferenceRange

# What `Result.value` cannot hold: a slipped key, not a result.
BEYOND = Decimal(10) ** 12

SLIGHTLY = Decimal("0.000001")

# How often a limit fits into a value that is more likely a slipped point than a patient. A usual value
# written ten times too large lies beyond three times its critical limit. Where no critical limit is set, a
# quantity that the body holds within narrow bounds is asked about at five times; one that has no lower
# limit, or a wide range, rises a hundredfold in ordinary illness (CRP, ferritin), so only a thousand is.
BEYOND_CRITICAL = 3
BEYOND_NARROW = 5
BEYOND_WIDE = 1000
NARROW = 3  # upper limit to lower limit


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
    """A result as a number: "5,2" and "5.2" are; "< 5", "haemolysed" and what no column holds are not. Nor
    is "1,234", which one reads as a thousand and another as one: it must be written without a doubt."""
    plain = text.strip()
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", plain):
        return None
    try:
        value = Decimal(plain.replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < BEYOND else None


def may_mean_two(text: str) -> bool:
    """Whether it is a number to everyone, but not the same: "1,234" is a thousand or one."""
    return bool(re.fullmatch(r"[+-]?\d{1,3},\d{3}", text.strip().lstrip("<>= ")))


def far(row: ReferenceRange | None, text: str) -> bool:
    """Whether a value lies so far outside that it is asked about before it is stored: more than three times
    beyond the critical limit, or far beyond the usual one where no critical limit is set. An open result
    ("> 600") is asked about only upwards: "< 0.01" is what a device cannot see."""
    value = number(text)
    value, opened = (value, False) if value is not None else (limit(text), True)
    if row is None or value is None:
        return False
    if row.critical_high is not None:
        above = row.critical_high * BEYOND_CRITICAL
    else:
        above = row.high * _beyond(row) if row.high is not None else None
    if above and value > above and not text.startswith("<"):
        return True
    if row.critical_low is not None:
        below = row.critical_low / BEYOND_CRITICAL
    else:
        below = row.low / _beyond(row) if row.low is not None else None
    return below is not None and below > 0 and value < below and not opened


def _beyond(row: ReferenceRange) -> int:
    narrow = bool(row.low and row.high and row.high / row.low <= NARROW)
    return BEYOND_NARROW if narrow else BEYOND_WIDE


def plain(text: str) -> str:
    """A number's text with a point, as the paper prints all others: "6,4" is 6.4, "< 0,5" is < 0.5."""
    return text.replace(",", ".") if number(text) is not None or limit(text) is not None else text


def limit(text: str) -> Decimal | None:
    """The limit of an open result: 600 of "> 600"; None where it is none."""
    return number(text[1:].lstrip("= ")) if text.startswith(("<", ">")) else None


def flag_open(row: ReferenceRange | None, text: str) -> Flag:
    """How an open result stands to its range: only what is certain is said. "> 600" above the range is
    high; "< 5" is low only below it, and normal only where nothing is too low."""
    at = limit(text)
    if row is None or at is None:
        return Flag.UNKNOWN
    above = text.startswith(">")
    found = flag(row, at + SLIGHTLY if above else at - SLIGHTLY, text)
    if found in ((Flag.HIGH, Flag.CRITICAL_HIGH) if above else (Flag.LOW, Flag.CRITICAL_LOW)):
        return found
    harmless = (row.high, row.critical_high) if above else (row.low, row.critical_low)
    return found if found == Flag.NORMAL and harmless == (None, None) else Flag.UNKNOWN
