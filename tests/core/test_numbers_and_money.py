"""Numbers without gaps, money to the cent, days in the facility's zone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, time
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from hms.core import clock, money, numbering
from hms.core.models import Facility


def take(facility: Facility) -> int:
    try:
        with transaction.atomic():
            return numbering.next_value(facility, "TEST")
    finally:
        connection.close()


def test_numbers_taken_at_once_have_no_gap_and_no_repeat(transactional_db: None, north: Facility) -> None:
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _n: take(north), range(40)))
    assert sorted(values) == list(range(1, 41))


def test_a_failed_act_gives_its_number_back(db: None, north: Facility) -> None:
    with pytest.raises(ValueError), transaction.atomic():
        numbering.next_value(north, "TEST")
        raise ValueError
    with transaction.atomic():
        assert numbering.next_value(north, "TEST") == 1


@given(st.integers(0, 999_999), st.integers(0, 5), st.integers(1, 9))
def test_a_slip_of_one_digit_breaks_the_check_digit(number: int, place: int, by: int) -> None:
    digits = f"{number:06d}"
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert numbering.check_digit(digits) != numbering.check_digit(wrong)


def test_money_rounds_half_up_as_postgresql_does(db: None) -> None:
    for text in ("2.665", "2.675", "-2.665", "0.005", "1.004999"):
        with connection.cursor() as cursor:
            cursor.execute("select round(%s::numeric, 2)", [text])
            assert money.rounded(Decimal(text)) == cursor.fetchone()[0]


amounts = st.decimals(Decimal("0.00"), Decimal("99999.99"), places=2)


@given(amounts, st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
def test_an_allocation_loses_no_cent(total: Decimal, weights: list[int]) -> None:
    parts = money.allocate(total, [Decimal(weight) for weight in weights])
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        exact = total * weight / sum(weights)
        assert abs(part - exact) < Decimal("0.01")


def test_the_hour_that_does_not_exist_has_no_slot(north: Facility) -> None:
    assert clock.at(north, date(2026, 3, 29), time(1, 30)) is None
    assert clock.at(north, date(2026, 3, 29), time(2, 30)) is not None


def test_a_hospital_day_has_23_24_or_25_hours(north: Facility) -> None:
    def hours(day: date) -> float:
        start, end = clock.day_bounds(north, day)
        return (end.timestamp() - start.timestamp()) / 3600

    assert [hours(date(2026, 3, 29)), hours(date(2026, 6, 1)), hours(date(2026, 10, 25))] == [23, 24, 25]


@pytest.mark.parametrize(
    ("born", "text"),
    [(date(2026, 3, 1), "4 d"), (date(2026, 1, 20), "6 wk"), (date(2025, 3, 4), "12 mo"), (date(1979, 8, 12), "46 y")],
)
def test_ages_are_said_as_clinicians_say_them(born: date, text: str) -> None:
    assert clock.age_text(born, date(2026, 3, 5)) == text
