"""Time as the hospital knows it. Stored in UTC, thought of in the facility's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

if TYPE_CHECKING:
    from hms.core.models import Facility


def now() -> datetime:
    """This instant, aware, in UTC."""
    return timezone.now()


def zone(facility: Facility) -> ZoneInfo:
    return ZoneInfo(facility.time_zone)


def today(facility: Facility) -> date:
    """The hospital day it is now at the facility."""
    return now().astimezone(zone(facility)).date()


def local(facility: Facility, moment: datetime) -> datetime:
    return moment.astimezone(zone(facility))


def at(facility: Facility, day: date, wall: time) -> datetime | None:
    """The instant at which the facility's clock shows `wall` on `day`; None in the hour that a
    change to summer time skips. In the hour that comes twice it is the first of the two."""
    moment = datetime.combine(day, wall, tzinfo=zone(facility))
    if moment.astimezone(ZoneInfo("UTC")).astimezone(zone(facility)).time() != wall:
        return None
    return moment


def day_bounds(facility: Facility, day: date) -> tuple[datetime, datetime]:
    """The half-open range [local midnight, next local midnight) of a hospital day."""
    tz = zone(facility)
    return (
        datetime.combine(day, time.min, tzinfo=tz),
        datetime.combine(day + timedelta(days=1), time.min, tzinfo=tz),
    )


def years_between(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def age_text(born: date, on: date) -> str:
    """An age as a clinician says it: days to 4 weeks, weeks to 3 months, months to 2 years, then years."""
    days = (on - born).days
    if days < 28:
        return f"{max(days, 0)} d"
    if days < 91:
        return f"{days // 7} wk"
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    return f"{months} mo" if months < 24 else f"{years_between(born, on)} y"


def read_day(text: str) -> date | None:
    """A day as an address carries it, 2026-03-05; None for nonsense, and for another age."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 <= day.year < 2200 else None
